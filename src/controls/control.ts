/** The contract of a control: one file, one plain object that checks, explains and documents itself. */
import type { Path, Position } from '../manifest/document.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import type { KubernetesObject, ObjectKind } from '../workload/objects.ts';
import type { User } from '../workload/user.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { PodSecurityId } from './pod-security.ts';

/** What a container is, from worst to best; `proven` is only ever given by `prove`. */
export type Verdict = 'mutable' | 'bypassable' | 'immutable' | 'proven';

/** What a specification alone can be called. */
export type SpecVerdict = Exclude<Verdict, 'proven'>;

/** Which settings of strictness report a control: each level includes those before it. */
export type Level = 'minimal' | 'standard' | 'strict';

/** The cluster that is judged for. Kubernetes 1.`minor`. */
export interface Target {
  readonly minor: number;
  /** Whether the user said so. Fields that a kubelet without them refuses are asked for only then. */
  readonly stated: boolean;
}

/** A container that shares this one's processes, judged on its own. */
export interface Neighbour {
  readonly container: Container;
  readonly verdict: SpecVerdict;
}

/** What a control of a whole pod looks at. */
export interface PodSubject {
  readonly workload: Workload;
  readonly target: Target;
  /** `YYYY-MM-DD`; undefined: nobody knows, so nothing is expired. */
  readonly today: string | undefined;
  /** The ids of all controls. */
  readonly controls: ReadonlySet<string>;
}

/** What a control of one container looks at. */
export interface Subject extends PodSubject {
  readonly container: Container;
  /** Its user, with what is known of the image. */
  readonly user: User;
  /** undefined: the image configuration was not read. */
  readonly image: ImageFacts | undefined;
  /** Containers that run at the same time and share its process namespace. */
  readonly neighbours: readonly Neighbour[];
}

/** What a control of any other object looks at: a Role, a Namespace, a ConfigMap. */
export interface ObjectSubject {
  readonly object: KubernetesObject;
  readonly target: Target;
  /** Who mounts this ConfigMap or Secret, as far as the input shows: `Deployment shop/web`, in the order of the input. */
  readonly mountedBy: readonly string[];
  /** `YYYY-MM-DD`; undefined: nobody knows, so nothing is expired. */
  readonly today: string | undefined;
  /** The ids of all controls. */
  readonly controls: ReadonlySet<string>;
}

/** What a control found: data, no words. */
export interface Finding {
  readonly control: string;
  /** Where it stands in the document, or where a missing field would be written. */
  readonly path: Path;
  /** Nearest existing place of `path` in the file; for a whole container, its name. */
  readonly position: Position;
  /** What this violation makes of the container, after its precondition was looked at; `immutable`: changes nothing. */
  readonly verdict: SpecVerdict;
  /** The specifics that the message needs. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
}

/** Before positions are known. The catalogue adds control and position. */
export type Violation = Pick<Finding, 'path' | 'verdict' | 'args'>;

export interface Reference {
  /** e.g. `CIS Kubernetes 5.2.12`, `MITRE ATT&CK T1611`, `Pod Security Standards: restricted`. */
  readonly title: string;
  readonly url?: string;
}

export type Fix =
  /** Right for every workload, needs no knowledge of the application. */
  | { readonly kind: 'safe'; readonly describe: string }
  /** Right only with what `observe` learned. */
  | { readonly kind: 'needs-evidence'; readonly describe: string }
  /** Only a person can decide; the sentence says why. */
  | { readonly kind: 'needs-human'; readonly why: string };

/** What every control says of itself, whatever it looks at. */
interface Described {
  readonly id: string;
  readonly title: string;
  /** Why it matters to immutability, in plain sentences. */
  readonly why: string;
  /** The worst that a violation can make of a container. */
  readonly verdict: SpecVerdict;
  /** The mildest level that reports it. Whatever the level, a violation counts for the verdict. */
  readonly level: Level;
  readonly references: readonly Reference[];
  /** Ids of the same idea in other tools. */
  readonly aliases: readonly string[];
  /**
   * Checks of the Pod Security Standards that this control decides, alone or with others that name the same one: it
   * fails upstream where, and only where, one of them finds something.
   */
  readonly podSecurity?: readonly PodSecurityId[];
  /** The phrase for a list ("root filesystem is writable") and the sentence with the specifics of one finding. */
  readonly phrase: string;
  message(args: Finding['args']): string;
  readonly fix: Fix;
  /**
   * Whole manifests; docs and tests at once. `bad` has one fault of this control, at the line marked `<-`; in `good` this
   * control finds nothing, and nothing that is found makes a container worse than immutable.
   */
  readonly bad: string;
  readonly good: string;
  /** The cluster that the examples are judged for, where it matters. */
  readonly exampleTarget?: Target;
}

/** The same predicate for the API server (true: holds), absent with the reason. */
type Cel = string | { readonly impossible: string };

/** Looks at each container of a pod. */
export interface ContainerControl extends Described {
  readonly on: 'container';
  check(subject: Subject): readonly Violation[];
  /** On a container `c` of a pod spec `spec`. */
  readonly cel: Cel;
  /** What the examples' image declares, where the control looks at images. */
  readonly exampleImage?: ImageFacts;
}

/** Looks at a pod as a whole: what is said once, however many containers it has. */
export interface PodControl extends Described {
  readonly on: 'pod';
  check(subject: PodSubject): readonly Violation[];
  /** On a pod spec `spec`. */
  readonly cel: Cel;
}

/** Looks at an object that makes no pods. */
export interface ObjectControl extends Described {
  readonly on: 'object';
  /** Kinds that it looks at; `check` is called with these only. */
  readonly kinds: readonly ObjectKind[];
  /**
   * It finds nothing in an object that nobody mounts. Then it is asked when everything was read, of an object of which
   * no more is left than `kind`, `namespace`, `name` and the field `immutable`.
   */
  readonly asksForMounts?: true;
  check(subject: ObjectSubject): readonly Violation[];
  /** On an `object`. */
  readonly cel: Cel;
}

export type Control = ContainerControl | PodControl | ObjectControl;

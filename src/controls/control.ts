/** The contract of a control: one file, one plain object that checks, explains and documents itself. */
import type { Path, Position } from '../manifest/document.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import type { User } from '../workload/user.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** What a container is, from worst to best; `proven` is only ever given by `prove`. */
export type Verdict = 'mutable' | 'bypassable' | 'immutable' | 'proven';

/** What a specification alone can be called. */
export type SpecVerdict = Exclude<Verdict, 'proven'>;

/** A container that shares this one's processes, judged on its own. */
export interface Neighbour {
  readonly container: Container;
  readonly verdict: SpecVerdict;
}

export interface Subject {
  readonly workload: Workload;
  readonly container: Container;
  /** Its user, with what is known of the image. */
  readonly user: User;
  /** undefined: the image configuration was not read. */
  readonly image: ImageFacts | undefined;
  /** Containers that run at the same time and share its process namespace. */
  readonly neighbours: readonly Neighbour[];
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

export interface Control {
  readonly id: string;
  readonly title: string;
  /** Why it matters to immutability, in plain sentences. */
  readonly why: string;
  /** The worst that a violation can make of a container. */
  readonly verdict: SpecVerdict;
  readonly references: readonly Reference[];
  /** Ids of the same idea in other tools. */
  readonly aliases: readonly string[];
  check(subject: Subject): readonly Violation[];
  /** The phrase for a list ("root filesystem is writable") and the sentence with the specifics of one finding. */
  readonly phrase: string;
  message(args: Finding['args']): string;
  readonly fix: Fix;
  /** The same predicate for the API server (true: holds), on a container `c` of a pod spec `spec`; absent with the reason. */
  readonly cel: string | { readonly impossible: string };
  /** Whole Pod manifests; docs and tests at once. `bad` has one fault, at the line marked `<-`; `good` has none. */
  readonly bad: string;
  readonly good: string;
  /** What the examples' image declares, where the control looks at images. */
  readonly exampleImage?: ImageFacts;
}

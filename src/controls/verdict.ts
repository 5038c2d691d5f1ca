/** Judges a workload: immutability is a combination, so every control looks at every container and the worst counts. */
import type { Path, Position } from '../manifest/document.ts';
import { positionOf } from '../manifest/position.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { knownNames } from '../workload/image-name.ts';
import type { KubernetesObject, ObjectKind } from '../workload/objects.ts';
import { type WritableVolume, writableSurface } from '../workload/surface.ts';
import { userOf } from '../workload/user.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type {
  ContainerControl,
  Control,
  Finding,
  Neighbour,
  ObjectControl,
  PodControl,
  PodSubject,
  SpecVerdict,
  Target,
  Verdict,
  Violation,
} from './control.ts';
import { controls } from './index.ts';
import { LATEST } from './kubernetes-version.ts';
import { neighboursOf } from './neighbours.ts';

export interface ContainerVerdict {
  readonly container: Container;
  readonly verdict: SpecVerdict;
  /** The chain of reasons: worst first, and the catalogue's order within. */
  readonly findings: readonly Finding[];
  /** What its manifest leaves writable on purpose. */
  readonly writable: readonly WritableVolume[];
}

export interface WorkloadVerdict {
  readonly workload: Workload;
  /** The worst of its containers and of the pod; `mutable` where no container could be read, as nothing is known of it. */
  readonly verdict: SpecVerdict;
  readonly containers: readonly ContainerVerdict[];
  /** What is said once for the whole pod, worst first. */
  readonly findings: readonly Finding[];
}

/** An object that makes no pods, with what it allows to be changed while they run. */
export interface ObjectVerdict {
  readonly object: KubernetesObject;
  readonly findings: readonly Finding[];
}

/** What a judgement knows beside the manifest. */
export interface Circumstances {
  /** By the name that the manifest writes; an image that is not there is unknown, and unknown is never good. */
  readonly images?: ReadonlyMap<string, ImageFacts>;
  /** Absent: the latest Kubernetes that Petrify knows. */
  readonly target?: Target;
  /** `YYYY-MM-DD`; absent: no exception is held to be expired. */
  readonly today?: string;
}

/** From worst to best; the index is the rank. */
const VERDICTS: readonly Verdict[] = ['mutable', 'bypassable', 'immutable', 'proven'];

const NO_IMAGES: ReadonlyMap<string, ImageFacts> = new Map();
const ALONE: readonly Neighbour[] = [];

/** Negative where `a` is worse than `b`. */
export function compareVerdicts(a: Verdict, b: Verdict): number {
  return VERDICTS.indexOf(a) - VERDICTS.indexOf(b);
}

/** Verdict and findings of a workload and of each of its containers. */
export function judge(workload: Workload, circumstances: Circumstances = {}): WorkloadVerdict {
  const { images = NO_IMAGES, target = LATEST, today } = circumstances;
  const pod: PodSubject = { workload, target, today, controls: CONTROL_IDS };
  const { containers } = workload;
  const alone = new Map<Container, SpecVerdict>();
  const verdictAlone = (container: Container): SpecVerdict => {
    let verdict = alone.get(container);
    if (verdict === undefined) {
      verdict = worst(ofContainer(pod, container, images, ALONE));
      alone.set(container, verdict);
    }
    return verdict;
  };
  const judged = containers.map((container): ContainerVerdict => {
    const neighbours = neighboursOf(workload, container).map((other) => ({
      container: other,
      verdict: verdictAlone(other),
    }));
    const findings = ofContainer(pod, container, images, neighbours);
    return { container, verdict: worst(findings), findings, writable: writableSurface(container, containers) };
  });
  const findings = ofPod(pod);
  const verdict = judged.length === 0 ? 'mutable' : worst([...judged, ...findings]);
  return { workload, verdict, containers: judged, findings };
}

/** What an object allows. `mountedBy`: who mounts this ConfigMap or Secret. */
export function judgeObject(
  object: KubernetesObject,
  circumstances: Pick<Circumstances, 'target' | 'today'> & { readonly mountedBy?: readonly string[] } = {},
): ObjectVerdict {
  const { target = LATEST, today, mountedBy = [] } = circumstances;
  const findings: Finding[] = [];
  for (const control of ON_OBJECT) {
    if (!control.kinds.includes(object.kind)) continue;
    for (const violation of control.check({ object, target, mountedBy, today, controls: CONTROL_IDS }))
      findings.push({ control: control.id, ...violation, position: positionOf(object.document, violation.path) });
  }
  return { object, findings: worstFirst(findings) };
}

/** Handed to the controls that judge exceptions: they are part of the catalogue and cannot import it. */
const CONTROL_IDS: ReadonlySet<string> = new Set(controls.map(({ id }) => id));

const ON_CONTAINER = controls.filter((control): control is ContainerControl => control.on === 'container');
const ON_POD = controls.filter((control): control is PodControl => control.on === 'pod');
const ON_OBJECT = controls.filter((control): control is ObjectControl => control.on === 'object');

/** The kinds of objects that some control looks at. */
export const JUDGED_KINDS: ReadonlySet<ObjectKind> = new Set(ON_OBJECT.flatMap(({ kinds }) => kinds));

function ofContainer(
  pod: PodSubject,
  container: Container,
  images: ReadonlyMap<string, ImageFacts>,
  neighbours: readonly Neighbour[],
): Finding[] {
  const image = imageOf(container, images);
  const user = userOf(container.settings, image);
  const subject = { ...pod, container, user, image, neighbours };
  const findings: Finding[] = [];
  for (const control of ON_CONTAINER) {
    for (const violation of control.check(subject)) findings.push(finding(control, pod.workload, container, violation));
  }
  return worstFirst(findings);
}

/** What is known of a container's image, under whichever of its names. */
function imageOf({ image }: Container, images: ReadonlyMap<string, ImageFacts>): ImageFacts | undefined {
  if (image === undefined || images.size === 0) return undefined;
  for (const name of knownNames(image)) {
    const facts = images.get(name);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

function ofPod(subject: PodSubject): Finding[] {
  const findings: Finding[] = [];
  for (const control of ON_POD) {
    for (const violation of control.check(subject)) {
      const position = positionOf(subject.workload.document, violation.path);
      findings.push({ control: control.id, ...violation, position });
    }
  }
  return worstFirst(findings);
}

/** A stable sort: the catalogue's order stays within a verdict. */
function worstFirst(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => compareVerdicts(a.verdict, b.verdict));
}

function finding(control: Control, workload: Workload, container: Container, violation: Violation): Finding {
  return {
    control: control.id,
    path: violation.path,
    position: placeOf(workload, container, violation.path),
    verdict: violation.verdict,
    args: violation.args,
  };
}

/** Nearest existing place; a container as a whole is pointed at by its name. */
function placeOf(workload: Workload, container: Container, path: Path): Position {
  const depth = container.path.length;
  const inContainer = path.length > depth && container.path.every((step, index) => path[index] === step);
  if (!inContainer) return positionOf(workload.document, path);
  const next = path[depth] as string;
  const exists = Object.hasOwn(container.spec, next) && container.spec[next] !== undefined;
  const named = Object.hasOwn(container.spec, 'name');
  return positionOf(workload.document, exists || !named ? path : [...container.path, 'name']);
}

function worst(judged: readonly { readonly verdict: SpecVerdict }[]): SpecVerdict {
  let result: SpecVerdict = 'immutable';
  for (const { verdict } of judged) if (compareVerdicts(verdict, result) < 0) result = verdict;
  return result;
}

/** Judges a workload: immutability is a combination, so every control looks at every container and the worst counts. */
import type { Path, Position } from '../manifest/document.ts';
import { positionOf } from '../manifest/position.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { type WritableVolume, writableSurface } from '../workload/surface.ts';
import { userOf } from '../workload/user.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Control, Finding, Neighbour, SpecVerdict, Verdict } from './control.ts';
import { controls } from './index.ts';
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
  /** The worst of its containers; `mutable` where no container could be read, as nothing is known of it. */
  readonly verdict: SpecVerdict;
  readonly containers: readonly ContainerVerdict[];
}

/** From worst to best; the index is the rank. */
const VERDICTS: readonly Verdict[] = ['mutable', 'bypassable', 'immutable', 'proven'];

const NO_IMAGES: ReadonlyMap<string, ImageFacts> = new Map();
const ALONE: readonly Neighbour[] = [];

/** Negative where `a` is worse than `b`. */
export function compareVerdicts(a: Verdict, b: Verdict): number {
  return VERDICTS.indexOf(a) - VERDICTS.indexOf(b);
}

/**
 * Verdict and findings of every container of a workload. `images` maps an image's name, as the manifest writes it, to
 * what is known of it; an image that is not there is unknown, and unknown is never good.
 */
export function judge(workload: Workload, images: ReadonlyMap<string, ImageFacts> = NO_IMAGES): WorkloadVerdict {
  const { containers } = workload;
  const alone = new Map<Container, SpecVerdict>();
  const verdictAlone = (container: Container): SpecVerdict => {
    let verdict = alone.get(container);
    if (verdict === undefined) {
      verdict = worst(found(workload, container, images, ALONE));
      alone.set(container, verdict);
    }
    return verdict;
  };
  const judged = containers.map((container): ContainerVerdict => {
    const neighbours = neighboursOf(workload, container).map((other) => ({
      container: other,
      verdict: verdictAlone(other),
    }));
    const findings = found(workload, container, images, neighbours);
    return { container, verdict: worst(findings), findings, writable: writableSurface(container, containers) };
  });
  return { workload, verdict: judged.length === 0 ? 'mutable' : worst(judged), containers: judged };
}

function found(
  workload: Workload,
  container: Container,
  images: ReadonlyMap<string, ImageFacts>,
  neighbours: readonly Neighbour[],
): Finding[] {
  const image = container.image === undefined ? undefined : images.get(container.image);
  const user = userOf(container.settings, image);
  const subject = { workload, container, user, image, neighbours };
  const findings: Finding[] = [];
  for (const control of controls) {
    for (const violation of control.check(subject)) findings.push(finding(control, workload, container, violation));
  }
  // A stable sort: the catalogue's order stays within a verdict.
  return findings.sort((a, b) => compareVerdicts(a.verdict, b.verdict));
}

function finding(
  control: Control,
  workload: Workload,
  container: Container,
  violation: ReturnType<Control['check']>[number],
): Finding {
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

/** Makes the ImmutabilityProfile out of what was observed of a workload's containers. */
import type { Workload } from '../workload/workload.ts';
import type { Coverage, Evidence } from './evidence.ts';
import { mergeEvidence, mergeMounted } from './merge.ts';
import type { ImageLayout, PlacedMount } from './placement.ts';
import { type ContainerProfile, type ImmutabilityProfile, PROFILE_API_VERSION, type WritablePath } from './profile.ts';
import { residualsOf } from './residual.ts';

/** Evidence kept for one directory: a profile is read by people, and the first of each kind says it all. */
const MAX_EVIDENCE = 12;

/** One observed container; `ContainerObservation` has this shape. */
export interface ObservedContainer {
  readonly name: string;
  readonly image: { readonly name: string; readonly id: string };
  readonly user: ContainerProfile['user'];
  readonly capabilities: readonly string[];
  readonly mounts: readonly PlacedMount[];
  readonly evidence: readonly Evidence[];
  readonly layout: ImageLayout;
  readonly coverage: Coverage;
}

/**
 * The profile of a workload: what needs a volume, and the volumes that it already has.
 * Containers with the same name cannot be (the API server refuses them), so names are kept as they are.
 */
export function buildProfile(
  workload: Pick<Workload, 'apiVersion' | 'kind' | 'name' | 'namespace'>,
  containers: readonly ObservedContainer[],
): ImmutabilityProfile {
  const { apiVersion, kind, name, namespace } = workload;
  return {
    apiVersion: PROFILE_API_VERSION,
    kind: 'ImmutabilityProfile',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { workload: { apiVersion, kind, name }, containers: containers.map(containerProfile) },
  };
}

function containerProfile(observed: ObservedContainer): ContainerProfile {
  const { name, image, user, capabilities, mounts, evidence, layout, coverage } = observed;
  const writable = [...mergeEvidence(evidence, layout, mounts), ...mergeMounted(evidence, layout, mounts)]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((path): WritablePath => ({ ...path, evidence: representative(path.evidence) }));
  return {
    name,
    image: image.name,
    imageId: image.id,
    user,
    capabilities: [...capabilities],
    writable,
    residual: residualsOf(writable, user.uid),
    coverage,
  };
}

/** The first of every kind by every collector, then the others in order, up to the limit. */
function representative(evidence: readonly Evidence[]): Evidence[] {
  const first = new Map<string, Evidence>();
  for (const piece of evidence) {
    const key = `${piece.collector} ${piece.what}`;
    if (!first.has(key)) first.set(key, piece);
  }
  const chosen = new Set([...first.values(), ...evidence].slice(0, first.size + evidence.length));
  const kept = new Set([...chosen].slice(0, MAX_EVIDENCE));
  return evidence.filter((piece) => kept.has(piece));
}

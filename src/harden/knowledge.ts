/** What is known of each container so far: the first observation, and what every trial since has added. */
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Evidence } from '../profile/evidence.ts';
import { mergeEvidence } from '../profile/merge.ts';
import type { ImageLayout, PlacedMount } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';

export interface ContainerKnowledge {
  readonly evidence: readonly Evidence[];
  readonly layout: ImageLayout;
}

/** By container name. */
export type Knowledge = ReadonlyMap<string, ContainerKnowledge>;

const nothing: ContainerKnowledge = {
  evidence: [],
  layout: { resolve: (path) => path, directory: () => undefined },
};

/** The knowledge with an observation added; the old one stays as it is. */
export function learn(known: Knowledge, observation: Observation): Knowledge {
  const next = new Map(known);
  for (const container of observation.containers) next.set(container.name, add(known.get(container.name), container));
  return next;
}

function add(known: ContainerKnowledge = nothing, seen: ContainerObservation): ContainerKnowledge {
  return { evidence: [...known.evidence, ...seen.evidence], layout: either(known.layout, seen.layout) };
}

/** Each layout knows the paths of its own evidence. */
function either(a: ImageLayout, b: ImageLayout): ImageLayout {
  return {
    resolve: (path) => {
      const resolved = a.resolve(path);
      return resolved === path ? b.resolve(path) : resolved;
    },
    directory: (path) => a.directory(path) ?? b.directory(path),
  };
}

/** The directories of one container that need a volume, given the mounts it has. */
export function writablePaths(known: Knowledge, container: string, mounts: readonly PlacedMount[]): WritablePath[] {
  const { evidence, layout } = known.get(container) ?? nothing;
  return mergeEvidence(evidence, layout, mounts);
}

/** As whom a path is reached; group members count as others, which is the stricter reading. */
export interface Visitor {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether a user can enter every directory above `path` that the image has: a volume below `/root` (0700) is of no use
 * to anybody but root. Directories that nothing is known of count as open.
 */
export function canReach(layout: ImageLayout, path: string, { uid, gid }: Visitor): boolean {
  if (uid === 0) return true;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const owner = layout.directory(path.slice(0, at))?.owner;
    if (owner === undefined) continue;
    const search = owner.uid === uid ? 0o100 : owner.gid === gid ? 0o010 : 0o001;
    if ((owner.mode & search) === 0) return false;
  }
  return true;
}

/** What is known of the image of one container. */
export function layoutOf(known: Knowledge, container: string): ImageLayout {
  return (known.get(container) ?? nothing).layout;
}

/** Merges evidence into the directories that must be writable: canonical, the narrowest that work, each with its proof. */
import type { Evidence } from './evidence.ts';
import { kindOf } from './kind.ts';
import { type ImageLayout, isBelow, type PlacedMount, type Placement, placeEvidence, plainPath } from './placement.ts';
import type { WritablePath } from './profile.ts';

/**
 * The directories that need a new volume, sorted by path. Paths that already lie on a volume of the manifest are left
 * out (see `mergeMounted`). `/` appears only when files are written directly into it, and never with 0 shipped files:
 * it is an obstacle, not a proposal. The order of the evidence does not matter, and merging again changes nothing.
 */
export function mergeEvidence(
  evidence: readonly Evidence[],
  layout: ImageLayout,
  mounts: readonly PlacedMount[],
): WritablePath[] {
  const groups = new Map<string, Placement[]>();
  for (const piece of evidence) {
    const placement = placeEvidence(piece, layout, mounts);
    if (placement.directory !== undefined) add(groups, placement.directory, placement);
  }
  return [...collapse(groups, layout)].map(([path, placements]) => writablePath(path, placements, layout));
}

/** The volumes that the manifest already has and the container can write to, with what was seen to be written there. */
export function mergeMounted(
  evidence: readonly Evidence[],
  layout: ImageLayout,
  mounts: readonly PlacedMount[],
): WritablePath[] {
  const groups = new Map<string, Placement[]>();
  for (const mount of mounts) {
    if (!mount.readOnly) groups.set(plainPath(layout.resolve(plainPath(mount.mountPath))), []);
  }
  const volumes = [...groups.keys()].sort((a, b) => b.length - a.length);
  for (const piece of evidence) {
    const placement = placeEvidence(piece, layout, mounts);
    if (placement.directory !== undefined || placement.because !== 'writable-volume') continue;
    const volume = volumes.find((path) => isBelow(placement.path, path));
    if (volume !== undefined) add(groups, volume, placement);
  }
  return [...groups].sort(byPath).map(([path, placements]) => ({
    ...writablePath(path, placements, layout),
    // The manifest's own volume hides whatever the image has there: that was its author's decision.
    shippedFiles: 0,
  }));
}

function add(groups: Map<string, Placement[]>, directory: string, placement: Placement): void {
  const group = groups.get(directory);
  if (group === undefined) groups.set(directory, [placement]);
  else group.push(placement);
}

const byPath = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A directory made at run time inside another volume needs none of its own. One that the image has keeps its own: the
 * outer, empty volume would hide it, and the application expects it to be there.
 */
function collapse(groups: ReadonlyMap<string, Placement[]>, layout: ImageLayout): Map<string, Placement[]> {
  const kept = new Map<string, Placement[]>();
  for (const [path, placements] of [...groups].sort(byPath)) {
    const outer = [...kept.keys()].findLast((other) => other !== '/' && isBelow(path, other));
    if (outer !== undefined && layout.directory(path) === undefined) kept.get(outer)?.push(...placements);
    else kept.set(path, [...placements]);
  }
  return kept;
}

function writablePath(path: string, placements: readonly Placement[], layout: ImageLayout): WritablePath {
  const shipped = layout.directory(path);
  const evidence = [...new Map(placements.map((placement) => [identity(placement.evidence), placement.evidence]))]
    .sort(byPath)
    .map(([, piece]) => piece);
  const sizes = new Map<string, number>();
  for (const { path: file, evidence: piece } of placements) {
    sizes.set(file, Math.max(sizes.get(file) ?? 0, piece.bytes ?? 0));
  }
  return {
    path,
    kind: kindOf(path, evidence),
    shippedFiles: Math.max(shipped?.shippedFiles ?? 0, path === '/' ? 1 : 0),
    ...(shipped === undefined ? {} : { owner: shipped.owner }),
    bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
    evidence,
  };
}

/** Equal evidence has an equal text, and texts sort: by path, then collector, kind and time. */
function identity(piece: Evidence): string {
  const time = String(piece.atMs ?? 0).padStart(12, '0');
  return JSON.stringify([
    piece.path,
    piece.collector,
    piece.what,
    time,
    piece.detail,
    piece.phase,
    piece.type,
    piece.bytes,
    piece.errno,
    piece.kind,
  ]);
}

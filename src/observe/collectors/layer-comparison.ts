/** Compares a container's upper directory with the image's layers: an overlay copies a file up before it changes it. */
import { type BigIntStats, lstatSync } from 'node:fs';
import { join } from 'node:path';

/** What really happened to a path that the image ships, as far as the layers still tell. */
export type ShippedChange = 'unchanged-directory' | 'attributes' | 'modify' | 'delete';

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** `stat` that treats a component that is no directory, or a name that is too long, as absence. */
function tolerantStat(path: string): BigIntStats | undefined {
  try {
    return statOf(path);
  } catch {
    return undefined;
  }
}

/** An overlay marks a deleted file of a lower layer by a character device 0:0. */
function isWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0n;
}

/** The image's own entry at a container path, topmost layer first; undefined: the image ships nothing there. */
export function shippedEntry(lowers: readonly string[], path: string): BigIntStats | undefined {
  for (const lower of lowers) {
    const stats = tolerantStat(join(lower, path));
    if (stats !== undefined) return isWhiteout(stats) ? undefined : stats;
  }
  return undefined;
}

/** The container's own copy at a container path; undefined: none, or a whiteout. */
export function upperEntry(upper: string, path: string): BigIntStats | undefined {
  const stats = tolerantStat(join(upper, path));
  return stats === undefined || isWhiteout(stats) ? undefined : stats;
}

/**
 * Tells a mere copy-up from a change. A file that was copied up unchanged was opened for writing, so it counts as
 * modified; a directory is copied up whenever something below it changes, so only its owner and mode count.
 * `ownersShift` is what the container's user namespace adds to the image's owners.
 */
export function shippedChange(
  shipped: BigIntStats,
  present: BigIntStats | undefined,
  ownersShift: bigint,
): ShippedChange {
  if (present === undefined) return 'delete';
  const sameAttributes =
    shipped.mode === present.mode &&
    shipped.uid + ownersShift === present.uid &&
    shipped.gid + ownersShift === present.gid;
  if (shipped.isDirectory() && present.isDirectory()) return sameAttributes ? 'unchanged-directory' : 'attributes';
  const sameContent = shipped.size === present.size && shipped.mtimeNs === present.mtimeNs;
  return sameContent && !sameAttributes ? 'attributes' : 'modify';
}

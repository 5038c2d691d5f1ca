/** Reads what the kernel says of a path: `struct statx`. */
import { Failure } from '../failure.ts';
import type { PathFacts } from './target.ts';

const STATX_MNT_ID = 0x1000;
const S_IFMT = 0o170000;
const KINDS: ReadonlyMap<number, PathFacts['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o140000, 'socket'],
  [0o060000, 'block device'],
  [0o020000, 'character device'],
]);

/** `struct statx`, by its offsets. Throws Failure `cannot-prove` where the kernel leaves the mount out. */
export function factsOf(statx: Buffer): PathFacts {
  const type = statx.readUInt16LE(28) & S_IFMT;
  if ((statx.readUInt32LE(0) & STATX_MNT_ID) === 0) {
    throw new Failure(
      'cannot-prove',
      'The kernel does not tell on which mount a file lies (statx does since Linux 5.8): what is the root file system cannot be told apart from volumes.',
    );
  }
  const kind = KINDS.get(type) ?? 'other';
  const isDevice = kind === 'block device' || kind === 'character device';
  return {
    kind,
    ...(isDevice ? { device: { major: statx.readUInt32LE(128), minor: statx.readUInt32LE(132) } } : {}),
    size: Number(statx.readBigUInt64LE(40)),
    mode: statx.readUInt16LE(28) & 0o7777,
    uid: statx.readUInt32LE(20),
    gid: statx.readUInt32LE(24),
    mountId: Number(statx.readBigUInt64LE(144)),
  };
}

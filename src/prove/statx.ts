/** Reads what the kernel says of a path: `struct statx`. */
import { Failure } from '../failure.ts';
import type { PathFacts } from './target.ts';

const STATX_MNT_ID = 0x1000;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** `struct statx`, by its offsets. Throws Failure `cannot-prove` where the kernel leaves the mount out. */
export function factsOf(statx: Buffer): PathFacts {
  const type = statx.readUInt16LE(28) & S_IFMT;
  if ((statx.readUInt32LE(0) & STATX_MNT_ID) === 0) {
    throw new Failure(
      'cannot-prove',
      'The kernel does not tell on which mount a file lies (statx does since Linux 5.8): what is the root file system cannot be told apart from volumes.',
    );
  }
  return {
    kind: type === S_IFREG ? 'file' : type === S_IFDIR ? 'directory' : 'other',
    size: Number(statx.readBigUInt64LE(40)),
    mode: statx.readUInt16LE(28) & 0o7777,
    mountId: Number(statx.readBigUInt64LE(144)),
  };
}

/** The names of the errors that a probe's calls can meet; the numbers are the same on x86-64 and arm64. */

const NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  8: 'ENOEXEC',
  9: 'EBADF',
  10: 'ECHILD',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  18: 'EXDEV',
  19: 'ENODEV',
  20: 'ENOTDIR',
  21: 'EISDIR',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  26: 'ETXTBSY',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  31: 'EMLINK',
  36: 'ENAMETOOLONG',
  38: 'ENOSYS',
  39: 'ENOTEMPTY',
  40: 'ELOOP',
  95: 'EOPNOTSUPP',
  111: 'ECONNREFUSED',
  116: 'ESTALE',
  122: 'EDQUOT',
};

/** What the kernel refused with, when something may not be written or done; everything else decides nothing. */
const REFUSALS: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** The largest number that the kernel returns as an error. */
const LARGEST_ERRNO = 4095n;

/** The error in a system call's return value; null where it succeeded. */
export function errnoOf(returned: bigint): string | null {
  if (returned >= 0n || returned < -LARGEST_ERRNO) return null;
  return NAMES[Number(-returned)] ?? `errno ${-returned}`;
}

export function isRefusal(errno: string): boolean {
  return REFUSALS.has(errno);
}

/** The system calls that a probe can make: their numbers on both architectures, and the constants that they take. */

/** [x86-64, arm64]. Only calls that both have: arm64 knows no open, unlink, rename, mknod, fork. */
const NUMBERS = {
  capget: [125, 90],
  clone: [56, 220],
  close: [3, 57],
  execve: [59, 221],
  execveat: [322, 281],
  exit_group: [231, 94],
  fchmod: [91, 52],
  ftruncate: [77, 46],
  getgid: [104, 176],
  getuid: [102, 174],
  memfd_create: [319, 279],
  mknodat: [259, 33],
  mount: [165, 40],
  openat: [257, 56],
  ppoll: [271, 73],
  read: [0, 63],
  renameat2: [316, 276],
  statx: [332, 291],
  unlinkat: [263, 35],
  wait4: [61, 260],
  write: [1, 64],
} as const;

export type SyscallName = keyof typeof NUMBERS;
export type Architecture = 'x64' | 'arm64';

export function syscallNumber(name: SyscallName, architecture: Architecture): number {
  return NUMBERS[name][architecture === 'x64' ? 0 : 1];
}

export const AT_FDCWD = -100;
export const AT_EMPTY_PATH = 0x1000;
export const STDOUT = 1;

// The open flags that both architectures share; O_DIRECTORY and O_NOFOLLOW differ between them and are not used.
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_APPEND = 0o2000;

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_BIND = 4096;

export const RENAME_EXCHANGE = 2;

export const S_IFCHR = 0o020000;

/** mode, size, owner and the mount's id. */
export const STATX_WANTED = 0x17ff;
export const STATX_BYTES = 256;

/** `_LINUX_CAPABILITY_VERSION_3` and the calling process. */
export const CAPABILITY_HEADER = Uint8Array.of(0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0);
export const CAPABILITY_BYTES = 24;

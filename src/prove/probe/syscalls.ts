/** The system calls that a probe can make: their numbers on both architectures, and the constants that they take. */

/** [x86-64, arm64]. Only calls that both have: arm64 knows no open, unlink, rename, mknod, fork. */
const NUMBERS = {
  add_key: [248, 217],
  bind: [49, 200],
  bpf: [321, 280],
  capget: [125, 90],
  chroot: [161, 51],
  clone: [56, 220],
  close: [3, 57],
  connect: [42, 203],
  copy_file_range: [326, 285],
  execve: [59, 221],
  execveat: [322, 281],
  exit_group: [231, 94],
  faccessat: [269, 48],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchown: [93, 55],
  fchownat: [260, 54],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  ftruncate: [77, 46],
  getdents64: [217, 61],
  geteuid: [107, 175],
  getgid: [104, 176],
  getuid: [102, 174],
  init_module: [175, 105],
  ioctl: [16, 29],
  keyctl: [250, 219],
  kill: [62, 129],
  linkat: [265, 37],
  listen: [50, 201],
  lseek: [8, 62],
  memfd_create: [319, 279],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  mmap: [9, 222],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  mprotect: [10, 226],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  openat: [257, 56],
  pivot_root: [155, 41],
  ppoll: [271, 73],
  prctl: [157, 167],
  pread64: [17, 67],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  pwrite64: [18, 68],
  read: [0, 63],
  readlinkat: [267, 78],
  removexattr: [197, 14],
  renameat2: [316, 276],
  setgid: [106, 144],
  setns: [308, 268],
  setuid: [105, 146],
  setxattr: [188, 5],
  socket: [41, 198],
  statx: [332, 291],
  symlinkat: [266, 36],
  syslog: [103, 116],
  truncate: [76, 45],
  umount2: [166, 39],
  unlinkat: [263, 35],
  unshare: [272, 97],
  utimensat: [280, 88],
  wait4: [61, 260],
  write: [1, 64],
} as const;

export type SyscallName = keyof typeof NUMBERS;

export const SYSCALL_NAMES = Object.keys(NUMBERS) as readonly SyscallName[];
export type Architecture = 'x64' | 'arm64';

export function syscallNumber(name: SyscallName, architecture: Architecture): number {
  return NUMBERS[name][architecture === 'x64' ? 0 : 1];
}

/** What `faccessat` asks for. */
export const W_OK = 2;
export const R_OK = 4;

export const AT_FDCWD = -100;
export const AT_EMPTY_PATH = 0x1000;
export const AT_REMOVEDIR = 0x200;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const STDOUT = 1;

// The open flags that both architectures share; O_DIRECTORY and O_NOFOLLOW differ between them and are not used.
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_RDWR = 2;
export const O_APPEND = 0o2000;
export const O_NOCTTY = 0o400;
export const O_NONBLOCK = 0o4000;

export const SEEK_END = 2;

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_NOSYMFOLLOW = 256;
export const MS_BIND = 4096;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;
export const MNT_DETACH = 2;

export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWUSER = 0x10000000;
export const CLONE_NEWNET = 0x40000000;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;

/** mode, size, owner and the mount's id. */
export const STATX_WANTED = 0x17ff;
export const STATX_BYTES = 256;

/** `_LINUX_CAPABILITY_VERSION_3` and the calling process. */
export const CAPABILITY_HEADER = Uint8Array.of(0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0);
export const CAPABILITY_BYTES = 24;

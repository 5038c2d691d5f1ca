/**
 * The system calls that are looked at: those that change files, and those that need a capability. The numbers are
 * the kernel's (arch/x86/entry/syscalls/syscall_64.tbl, scripts/syscall.tbl), the capabilities capabilities(7)'s.
 */

/** Bits of a spec: which argument (0–5) is what, three bits each; see `specOf`. */
export const SPEC = {
  first: 0,
  second: 3,
  a: 6,
  b: 9,
  directory: 12,
  kind: 15,
  /** What happens on success: two bits, see `kept`. */
  success: 17,
  kept: { no: 0, record: 1, parent: 2, directory: 3 },
  /** All bits from here on: the only value of `a` that is looked at; 0: any. */
  only: 24,
  /** The argument number that stands for AT_FDCWD. */
  workingDirectory: 6,
  /** How the first path is read. */
  kinds: { string: 0, address: 1, word: 2, how: 3 },
} as const;
/** The argument number that stands for "it has none". */
export const NO_ARGUMENT = 7;

/** What a refused call would have done to its path; `open` decides by its flags, `question` only asks whether it might. */
type Write = 'open' | 'file' | 'directory' | 'symlink' | 'remove' | 'attributes' | 'node' | 'socket' | 'question';

export interface Call {
  readonly name: string;
  /** Numbers by machine; the newer machines have only the newer calls. */
  readonly x64?: number;
  readonly arm64?: number;
  /** It changes a path in this way. */
  readonly write?: Write;
  /** The capability that makes it possible when it is refused with EPERM, as Kubernetes writes it. */
  readonly capability?: string;
  /** Its success is worth knowing: it mostly needs the capability, or it changes the identity. */
  readonly success?: true;
  /** Its success makes a process, of which the caller is remembered as the parent. */
  readonly forks?: true;
  /** Its success changes the working directory, which is remembered. */
  readonly moves?: true;
  /** Numbers of arguments. */
  readonly first?: number;
  readonly second?: number;
  readonly a?: number;
  readonly b?: number;
  /** A descriptor that the path starts at, or (without a path) that is meant. */
  readonly directory?: number;
  /** The path starts at the working directory. */
  readonly relative?: true;
  /** Only calls whose `a` is this. */
  readonly only?: number;
  readonly kind?: keyof typeof SPEC.kinds;
  /** What the arguments `a` and `b` are, for words. */
  readonly takes?: 'access' | 'flags' | 'ids' | 'uid' | 'gid' | 'mode' | 'number' | 'signal' | 'socket';
}

const path = { first: 0, relative: true } as const;
const pathAt = { directory: 0, first: 1 } as const;
const ids = { a: 0, b: 1, success: true } as const;

/** The one prctl(2) that takes a capability away for good. */
export const PR_CAPBSET_DROP = 24;

/** In the order of their subjects. */
export const CALLS: readonly Call[] = [
  // Opening: refused for writing is a write; refused for reading tells of DAC_OVERRIDE.
  { name: 'open', x64: 2, write: 'open', ...path, a: 1, takes: 'flags' },
  { name: 'openat', x64: 257, arm64: 56, write: 'open', ...pathAt, a: 2, takes: 'flags' },
  { name: 'openat2', x64: 437, arm64: 437, write: 'open', ...pathAt, a: 2, kind: 'how', takes: 'flags' },
  { name: 'access', x64: 21, write: 'question', ...path, a: 1, takes: 'access' },
  { name: 'faccessat', x64: 269, arm64: 48, write: 'question', ...pathAt, a: 2, takes: 'access' },
  { name: 'faccessat2', x64: 439, arm64: 439, write: 'question', ...pathAt, a: 2, takes: 'access' },
  { name: 'creat', x64: 85, write: 'file', ...path },
  { name: 'truncate', x64: 76, arm64: 45, write: 'file', ...path },
  { name: 'mkdir', x64: 83, write: 'directory', ...path },
  { name: 'mkdirat', x64: 258, arm64: 34, write: 'directory', ...pathAt },
  { name: 'symlink', x64: 88, write: 'symlink', first: 1, second: 0, relative: true },
  { name: 'symlinkat', x64: 266, arm64: 36, write: 'symlink', directory: 1, first: 2, second: 0 },
  { name: 'link', x64: 86, write: 'file', first: 1, second: 0, relative: true },
  { name: 'linkat', x64: 265, arm64: 37, write: 'file', directory: 2, first: 3, second: 1 },
  { name: 'rename', x64: 82, write: 'file', first: 1, second: 0, relative: true },
  { name: 'renameat', x64: 264, arm64: 38, write: 'file', directory: 2, first: 3, second: 1 },
  { name: 'renameat2', x64: 316, arm64: 276, write: 'file', directory: 2, first: 3, second: 1 },
  { name: 'unlink', x64: 87, write: 'remove', ...path },
  { name: 'unlinkat', x64: 263, arm64: 35, write: 'remove', ...pathAt },
  { name: 'rmdir', x64: 84, write: 'remove', ...path },
  { name: 'mknod', x64: 133, write: 'node', capability: 'MKNOD', success: true, ...path, a: 1, takes: 'mode' },
  {
    name: 'mknodat',
    x64: 259,
    arm64: 33,
    write: 'node',
    capability: 'MKNOD',
    success: true,
    ...pathAt,
    a: 2,
    takes: 'mode',
  },
  // Attributes.
  { name: 'chmod', x64: 90, write: 'attributes', capability: 'FOWNER', ...path, a: 1, takes: 'mode' },
  { name: 'fchmod', x64: 91, arm64: 52, write: 'attributes', capability: 'FOWNER', directory: 0, a: 1, takes: 'mode' },
  { name: 'fchmodat', x64: 268, arm64: 53, write: 'attributes', capability: 'FOWNER', ...pathAt, a: 2, takes: 'mode' },
  {
    name: 'fchmodat2',
    x64: 452,
    arm64: 452,
    write: 'attributes',
    capability: 'FOWNER',
    ...pathAt,
    a: 2,
    takes: 'mode',
  },
  {
    name: 'chown',
    x64: 92,
    write: 'attributes',
    capability: 'CHOWN',
    success: true,
    ...path,
    a: 1,
    b: 2,
    takes: 'ids',
  },
  {
    name: 'lchown',
    x64: 94,
    write: 'attributes',
    capability: 'CHOWN',
    success: true,
    ...path,
    a: 1,
    b: 2,
    takes: 'ids',
  },
  {
    name: 'fchown',
    x64: 93,
    arm64: 55,
    write: 'attributes',
    capability: 'CHOWN',
    success: true,
    directory: 0,
    a: 1,
    b: 2,
    takes: 'ids',
  },
  {
    name: 'fchownat',
    x64: 260,
    arm64: 54,
    write: 'attributes',
    capability: 'CHOWN',
    success: true,
    ...pathAt,
    a: 2,
    b: 3,
    takes: 'ids',
  },
  { name: 'utime', x64: 132, write: 'attributes', capability: 'FOWNER', ...path },
  { name: 'utimes', x64: 235, write: 'attributes', capability: 'FOWNER', ...path },
  { name: 'futimesat', x64: 261, write: 'attributes', capability: 'FOWNER', ...pathAt },
  { name: 'utimensat', x64: 280, arm64: 88, write: 'attributes', capability: 'FOWNER', ...pathAt },
  {
    name: 'setxattr',
    x64: 188,
    arm64: 5,
    write: 'attributes',
    capability: 'SYS_ADMIN',
    success: true,
    ...path,
    second: 1,
  },
  {
    name: 'lsetxattr',
    x64: 189,
    arm64: 6,
    write: 'attributes',
    capability: 'SYS_ADMIN',
    success: true,
    ...path,
    second: 1,
  },
  {
    name: 'fsetxattr',
    x64: 190,
    arm64: 7,
    write: 'attributes',
    capability: 'SYS_ADMIN',
    success: true,
    directory: 0,
    second: 1,
  },
  { name: 'removexattr', x64: 197, arm64: 14, write: 'attributes', capability: 'SYS_ADMIN', ...path, second: 1 },
  { name: 'open_by_handle_at', x64: 304, arm64: 265, capability: 'DAC_READ_SEARCH', success: true },
  // Identity.
  { name: 'setuid', x64: 105, arm64: 146, capability: 'SETUID', ...ids, b: NO_ARGUMENT, takes: 'uid' },
  { name: 'setreuid', x64: 113, arm64: 145, capability: 'SETUID', ...ids, takes: 'uid' },
  { name: 'setresuid', x64: 117, arm64: 147, capability: 'SETUID', ...ids, takes: 'uid' },
  { name: 'setgid', x64: 106, arm64: 144, capability: 'SETGID', ...ids, b: NO_ARGUMENT, takes: 'gid' },
  { name: 'setregid', x64: 114, arm64: 143, capability: 'SETGID', ...ids, takes: 'gid' },
  { name: 'setresgid', x64: 119, arm64: 149, capability: 'SETGID', ...ids, takes: 'gid' },
  {
    name: 'setgroups',
    x64: 116,
    arm64: 159,
    capability: 'SETGID',
    success: true,
    a: 0,
    first: 1,
    kind: 'word',
    takes: 'gid',
  },
  { name: 'capset', x64: 126, arm64: 91, capability: 'SETPCAP' },
  { name: 'prctl', x64: 157, arm64: 167, capability: 'SETPCAP', success: true, a: 0, b: 1, only: PR_CAPBSET_DROP },
  // Network.
  {
    name: 'bind',
    x64: 49,
    arm64: 200,
    write: 'socket',
    capability: 'NET_BIND_SERVICE',
    success: true,
    first: 1,
    b: 2,
    kind: 'address',
  },
  { name: 'socket', x64: 41, arm64: 198, capability: 'NET_RAW', success: true, a: 0, b: 1, takes: 'socket' },
  { name: 'setsockopt', x64: 54, arm64: 208, capability: 'NET_ADMIN', a: 1, b: 2, takes: 'number' },
  // Other processes, priorities, limits.
  { name: 'kill', x64: 62, arm64: 129, capability: 'KILL', a: 0, b: 1, takes: 'signal' },
  { name: 'tkill', x64: 200, arm64: 130, capability: 'KILL', a: 0, b: 1, takes: 'signal' },
  { name: 'tgkill', x64: 234, arm64: 131, capability: 'KILL', a: 1, b: 2, takes: 'signal' },
  { name: 'ptrace', x64: 101, arm64: 117, capability: 'SYS_PTRACE', a: 0, b: 1, takes: 'number' },
  { name: 'process_vm_readv', x64: 310, arm64: 270, capability: 'SYS_PTRACE', a: 0, takes: 'number' },
  { name: 'setpriority', x64: 141, arm64: 140, capability: 'SYS_NICE', a: 1, b: 2, takes: 'number' },
  { name: 'sched_setparam', x64: 142, arm64: 118, capability: 'SYS_NICE', a: 0, takes: 'number' },
  { name: 'sched_setscheduler', x64: 144, arm64: 119, capability: 'SYS_NICE', a: 0, b: 1, takes: 'number' },
  { name: 'sched_setaffinity', x64: 203, arm64: 122, capability: 'SYS_NICE', a: 0, takes: 'number' },
  { name: 'sched_setattr', x64: 314, arm64: 274, capability: 'SYS_NICE', a: 0, takes: 'number' },
  { name: 'ioprio_set', x64: 251, arm64: 30, capability: 'SYS_NICE', a: 0, b: 2, takes: 'number' },
  { name: 'mbind', x64: 237, arm64: 235, capability: 'SYS_NICE' },
  { name: 'setrlimit', x64: 160, arm64: 164, capability: 'SYS_RESOURCE', a: 0, takes: 'number' },
  { name: 'prlimit64', x64: 302, arm64: 261, capability: 'SYS_RESOURCE', a: 1, takes: 'number' },
  { name: 'mlock', x64: 149, arm64: 228, capability: 'IPC_LOCK' },
  { name: 'mlockall', x64: 151, arm64: 230, capability: 'IPC_LOCK' },
  // The machine.
  { name: 'chroot', x64: 161, arm64: 51, capability: 'SYS_CHROOT', success: true, ...path },
  { name: 'mount', x64: 165, arm64: 40, capability: 'SYS_ADMIN', success: true, first: 1, second: 0, relative: true },
  { name: 'umount2', x64: 166, arm64: 39, capability: 'SYS_ADMIN', success: true, ...path },
  { name: 'pivot_root', x64: 155, arm64: 41, capability: 'SYS_ADMIN', success: true, ...path },
  { name: 'move_mount', x64: 429, arm64: 429, capability: 'SYS_ADMIN', success: true, directory: 2, first: 3 },
  { name: 'unshare', x64: 272, arm64: 97, capability: 'SYS_ADMIN', success: true, a: 0, takes: 'number' },
  { name: 'setns', x64: 308, arm64: 268, capability: 'SYS_ADMIN', success: true, a: 1, takes: 'number' },
  { name: 'clone', x64: 56, arm64: 220, capability: 'SYS_ADMIN', forks: true, a: 0, takes: 'number' },
  { name: 'clone3', x64: 435, arm64: 435, capability: 'SYS_ADMIN', forks: true },
  { name: 'chdir', x64: 80, arm64: 49, moves: true, ...path },
  { name: 'fchdir', x64: 81, arm64: 50, moves: true },
  { name: 'fork', x64: 57, forks: true },
  { name: 'vfork', x64: 58, forks: true },
  { name: 'sethostname', x64: 170, arm64: 161, capability: 'SYS_ADMIN', success: true },
  { name: 'quotactl', x64: 179, arm64: 60, capability: 'SYS_ADMIN' },
  { name: 'swapon', x64: 167, arm64: 224, capability: 'SYS_ADMIN', success: true, ...path },
  { name: 'syslog', x64: 103, arm64: 116, capability: 'SYSLOG', a: 0, takes: 'number' },
  { name: 'bpf', x64: 321, arm64: 280, capability: 'BPF', a: 0, takes: 'number' },
  { name: 'perf_event_open', x64: 298, arm64: 241, capability: 'PERFMON' },
  { name: 'settimeofday', x64: 164, arm64: 170, capability: 'SYS_TIME', success: true },
  { name: 'clock_settime', x64: 227, arm64: 112, capability: 'SYS_TIME', success: true, a: 0, takes: 'number' },
  { name: 'adjtimex', x64: 159, arm64: 171, capability: 'SYS_TIME' },
  { name: 'acct', x64: 163, arm64: 89, capability: 'SYS_PACCT', success: true, ...path },
  { name: 'reboot', x64: 169, arm64: 142, capability: 'SYS_BOOT', a: 2, takes: 'number' },
  { name: 'init_module', x64: 175, arm64: 105, capability: 'SYS_MODULE', success: true },
  { name: 'finit_module', x64: 313, arm64: 273, capability: 'SYS_MODULE', success: true },
  { name: 'iopl', x64: 172, capability: 'SYS_RAWIO', success: true },
  { name: 'ioperm', x64: 173, capability: 'SYS_RAWIO', success: true },
  { name: 'vhangup', x64: 153, arm64: 58, capability: 'SYS_TTY_CONFIG', success: true },
];

/** Above every number of the table. */
export const CALL_NUMBERS = 512;
/** Stands for the kernel's own question whether a process has a capability, which is no call. */
export const CAPABILITY_CHECK = 511;

/** linux/capability.h, by number; as Kubernetes writes them. */
export const CAPABILITIES: readonly string[] = [
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE',
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN',
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE',
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE',
].flatMap((line) => line.split(' '));

/** What the kernel's program takes of a call, as the bits of `SPEC`. */
export function specOf(call: Call): bigint {
  const { first = NO_ARGUMENT, second = NO_ARGUMENT, a = NO_ARGUMENT, b = NO_ARGUMENT, relative } = call;
  const directory = call.directory ?? (relative ? SPEC.workingDirectory : NO_ARGUMENT);
  return BigInt(
    (first << SPEC.first) |
      (second << SPEC.second) |
      (a << SPEC.a) |
      (b << SPEC.b) |
      (directory << SPEC.directory) |
      (SPEC.kinds[call.kind ?? 'string'] << SPEC.kind) |
      (SPEC.kept[keptOf(call)] << SPEC.success) |
      ((call.only ?? 0) << SPEC.only),
  );
}

function keptOf({ forks, moves, success }: Call): keyof typeof SPEC.kept {
  if (forks) return 'parent';
  if (moves) return 'directory';
  return success ? 'record' : 'no';
}

/** Call number → call, on one machine. */
export function callsOf(machine: string): ReadonlyMap<number, Call> {
  const found = new Map<number, Call>();
  for (const call of CALLS) {
    const number = machine === 'arm64' ? call.arm64 : call.x64;
    if (number !== undefined) found.set(number, call);
  }
  return found;
}

/** What one recorded system call means: a refused write, the use of a capability, both, or nothing. Pure. */
import { posix } from 'node:path';
import type { Evidence } from '../../../profile/evidence.ts';
import { type CallRecord, type Errno, textOf } from './record.ts';
import { CAPABILITIES, type Call } from './table.ts';

/** A call that needs a capability, made by the application. */
export interface PrivilegedCall {
  /** As in the kernel's table: `chown`, `setresuid` … */
  readonly call: string;
  /** The one that the kernel wants for it, as Kubernetes writes it: `CHOWN`. */
  readonly capability: string;
  /** undefined: it succeeded. */
  readonly errno: 'EPERM' | 'EACCES' | undefined;
  /** What it was asked for: a path, a user, a port … */
  readonly detail: string;
  /** Of calls that change the identity: to which. */
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds on the observation's clock. */
  readonly atMs: number;
  readonly phase: NonNullable<Evidence['phase']>;
  /** `kernel`: the kernel said that it asked for this capability; `call`: concluded from the call and its arguments. */
  readonly source: 'kernel' | 'call';
  /** User of the caller: Kubernetes gives capabilities to uid 0 alone. */
  readonly callerUid: number;
  /** `nginx (pid 12)`, as the container counts. */
  readonly by: string;
}

/** What a call was, before anybody says when. */
export interface Judgement {
  readonly refused?: Pick<Evidence, 'path' | 'detail'> & { errno: Errno; type: NonNullable<Evidence['type']> };
  /** Nothing was written: the program asked whether it could, and was told no. */
  readonly asked?: Judgement['refused'];
  readonly privileged?: Omit<PrivilegedCall, 'atMs' | 'phase'>;
}

const O_ACCMODE = 3;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const O_NOATIME = 0o1000000;
/** `__O_TMPFILE`: the path is the directory of a file without a name. */
const O_TMPFILE = 0o20000000;
const WRITING = O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE;

const W_OK = 2;

const S_IFMT = 0o170000;
const FILE_TYPES: ReadonlyMap<number, NonNullable<Evidence['type']>> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
]);

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_RAW = 3;
/** Without the flags that Linux puts beside a socket's type. */
const SOCK_TYPE = 0xf;
/** Ports that need NET_BIND_SERVICE where the sysctl does not free them. */
const FIRST_FREE_PORT = 1024;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

const CLONE_NEWUSER = 0x10000000;
/** Mount, cgroup, UTS, IPC, pid, network and time namespaces. */
const CLONE_NAMESPACES = 0x6e020080;

/** "Leave it as it is", in chown and setresuid. */
const UNCHANGED = 0xffffffff;

/** Another process's directory there is guarded as by ptrace, not by its mode. */
const OF_A_PROCESS = /^\/proc\/(\d+|self|thread-self)\//;

const KERNEL_FILE = /^\/(proc|sys)\//;

/** What a call and its arguments are known as. */
interface Question {
  readonly record: CallRecord;
  readonly call: Call;
  /** Absolute in the container; undefined: the call has none, or it could not be resolved. */
  readonly path: string | undefined;
  /** The caller is the container's uid 0. */
  readonly root: boolean;
}

/** Judges a call. `path` is its path, resolved; `rootUid` the host's number of the container's uid 0. */
export function judge(record: CallRecord, call: Call, path: string | undefined, rootUid = 0): Judgement {
  const question = { record, call, path, root: record.uid === rootUid };
  const refused = refusedWrite(question);
  const privileged = privilegedCall(question);
  const isQuestion = call.write === 'question';
  return { ...(refused && (isQuestion ? { asked: refused } : { refused })), ...(privileged && { privileged }) };
}

/** Asked for on every allocation of memory, and never the reason that something works. */
const ASKED_BY_THE_WAY: ReadonlySet<string> = new Set(['SYS_ADMIN', 'SYS_RESOURCE']);

/**
 * What the kernel's own question for a capability means (Linux 6.14 and newer), when it was granted. `call` is the call
 * that it was for, undefined: one that is not in the table; `bounding` the container's bounding set.
 */
export function judgeCheck(
  record: CallRecord,
  call: Call | undefined,
  path: string | undefined,
  bounding: bigint,
): Judgement['privileged'] {
  // Nothing in the container can have these credentials: a layered filesystem works with those of its mounter.
  if ((record.a >> 8n) & ~bounding) return undefined;
  const capability = CAPABILITIES[Number(record.a & 0xffn)];
  if (capability === undefined || (call === undefined && ASKED_BY_THE_WAY.has(capability))) return undefined;
  // Asked for before it is known whether the new user is the old one: the call itself tells better.
  if (call?.takes === 'uid' || call?.takes === 'gid') return undefined;
  const detail = path ?? '';
  const name = call?.name ?? 'another call';
  return {
    call: name,
    capability,
    errno: undefined,
    detail,
    source: 'kernel',
    callerUid: record.uid,
    by: caller(record),
  };
}

function refusedWrite({ record, call, path }: Question): Judgement['refused'] {
  const { errno } = record;
  if (errno === undefined || path === undefined || call.write === undefined) return undefined;
  // To be the owner is missing, not a place to write.
  if (errno === 'EPERM' && (call.write === 'attributes' || call.write === 'node')) return undefined;
  if (call.write === 'question' && (errno === 'EPERM' || !(low(record.a) & W_OK))) return undefined;
  const written = call.write === 'open' ? writtenByOpen(record, path) : path;
  if (written === undefined) return undefined;
  const detail = `${call.name}(${words(record, call)}) by ${caller(record)}`;
  return { path: written, errno, type: typeOf(record, call), detail };
}

/** What an open would have written: undefined where it only reads. */
function writtenByOpen({ a }: CallRecord, path: string): string | undefined {
  const flags = low(a);
  if ((flags & WRITING) === 0) return undefined;
  return flags & O_TMPFILE ? posix.join(path, 'O_TMPFILE') : path;
}

function typeOf({ a }: CallRecord, { write }: Call): NonNullable<Evidence['type']> {
  if (write === 'directory' || write === 'symlink' || write === 'socket') return write;
  if (write === 'node') return FILE_TYPES.get(low(a) & S_IFMT) ?? 'other';
  return 'file';
}

function privilegedCall(question: Question): Judgement['privileged'] {
  const { record, call } = question;
  const { errno } = record;
  // No capability opens a read-only filesystem.
  if (errno === 'EROFS') return undefined;
  const capability = errno === undefined ? usedCapability(question) : missingCapability(question, errno);
  if (capability === undefined) return undefined;
  const identity = errno === undefined || call.takes === 'uid' || call.takes === 'gid' ? identityOf(record, call) : {};
  return {
    call: call.name,
    capability,
    errno,
    detail: detailOf(question),
    ...identity,
    source: 'call',
    callerUid: record.uid,
    by: caller(record),
  };
}

/** The capability that a call which succeeded has used, as far as its arguments tell. */
function usedCapability({ record, call, root }: Question): string | undefined {
  if (call.takes === 'ids') {
    const unchanged = low(record.a) === UNCHANGED && low(record.b) === UNCHANGED;
    // Others can only give their files to their own groups, which needs nothing.
    return unchanged || !root ? undefined : call.capability;
  }
  if (call.takes === 'uid' && identityOf(record, call).uid === record.uid) return undefined;
  return byArguments({ record, call });
}

/** The capability whose absence is the reason of a refusal. */
function missingCapability(question: Question, errno: 'EPERM' | 'EACCES'): string | undefined {
  const { record, call, path, root } = question;
  const { write } = call;
  if (errno === 'EPERM') {
    if (write === 'open') return low(record.a) & O_NOATIME ? 'FOWNER' : undefined;
    // A sticky directory, or somebody else's file that is linked.
    if (write === 'remove' || (write === 'file' && path !== undefined && isMove(call))) return 'FOWNER';
    // The kernel's own files have the modes that they have.
    if (write === 'attributes' && path !== undefined && KERNEL_FILE.test(path)) return undefined;
    return write === 'socket' ? undefined : byArguments(question);
  }
  if (write === 'socket' && addressOf(record).port !== undefined) return byArguments(question);
  // A mode refuses root only when it lacks this; for others it is no capability, but the wrong owner or mode.
  if (path !== undefined && write !== 'question')
    return root ? (OF_A_PROCESS.test(path) ? 'SYS_PTRACE' : 'DAC_OVERRIDE') : undefined;
  return write === undefined ? call.capability : undefined;
}

/** Renames and hard links: what is moved belongs to somebody. */
function isMove({ name }: Call): boolean {
  return name.startsWith('rename') || name.startsWith('link');
}

/** The call's capability, where its arguments ask for what needs one. */
function byArguments({ record, call }: Pick<Question, 'record' | 'call'>): string | undefined {
  const a = low(record.a);
  const b = low(record.b);
  switch (call.name) {
    case 'mknod':
    case 'mknodat':
      return FILE_TYPES.has(a & S_IFMT) ? undefined : call.capability;
    case 'bind': {
      const { port } = addressOf(record);
      return port !== undefined && port > 0 && port < FIRST_FREE_PORT ? call.capability : undefined;
    }
    case 'socket':
      return a === AF_PACKET || ((a === AF_INET || a === AF_INET6) && (b & SOCK_TYPE) === SOCK_RAW)
        ? call.capability
        : undefined;
    case 'setsockopt':
      return a === SOL_SOCKET && b === SO_BINDTODEVICE ? 'NET_RAW' : call.capability;
    case 'unshare':
    case 'clone':
      // A user namespace of one's own needs none, and gives the others.
      return a & CLONE_NAMESPACES && !(a & CLONE_NEWUSER) ? call.capability : undefined;
    case 'setxattr':
    case 'lsetxattr':
    case 'fsetxattr':
    case 'removexattr':
      return attributeCapability(record);
    default:
      return call.capability;
  }
}

/** xattr(7): who may set which extended attribute. */
function attributeCapability({ second, errno }: CallRecord): string | undefined {
  if (second === 'security.capability') return 'SETFCAP';
  if (second.startsWith('security.') || second.startsWith('trusted.')) return 'SYS_ADMIN';
  return errno === undefined ? undefined : 'FOWNER';
}

/** The user or group that a call changes to: the effective one of several. */
function identityOf({ a, b }: CallRecord, call: Call): { uid?: number; gid?: number } {
  if (call.takes !== 'uid' && call.takes !== 'gid') return {};
  const [first, effective] = [low(a), low(b)];
  if (call.name === 'setgroups') return first > 0 ? { gid: effective } : {};
  const single = call.name === 'setuid' || call.name === 'setgid';
  const id = single || effective === UNCHANGED ? first : effective;
  return id === UNCHANGED ? {} : { [call.takes]: id };
}

/** What it was asked for, in words. */
function detailOf({ record, call, path }: Question): string {
  const { port } = call.kind === 'address' ? addressOf(record) : {};
  if (port !== undefined) return `port ${port}`;
  const said = words(record, call);
  if (path === undefined) return said;
  return said === '' || call.write === 'open' ? path : `${path} (${said})`;
}

/** The arguments beside the path. */
function words({ a, b, second }: CallRecord, call: Call): string {
  const [first, other] = [low(a), low(b)];
  switch (call.takes) {
    case 'access':
      return 'W_OK';
    case 'flags':
      return flagWords(first);
    case 'mode':
      return (first & 0o7777).toString(8).padStart(4, '0');
    case 'ids':
      return `${idWord(first)}:${idWord(other)}`;
    case 'uid':
    case 'gid': {
      const { uid, gid } = identityOf({ a, b } as CallRecord, call);
      if (uid !== undefined) return `uid ${uid}`;
      return gid === undefined ? 'none' : `gid ${gid}`;
    }
    case 'signal':
      return `signal ${other} to pid ${first | 0}`;
    case 'socket':
      return `domain ${first}, type ${other & SOCK_TYPE}`;
    case 'number':
      return call.b === undefined ? String(first | 0) : `${first | 0}, ${other | 0}`;
    default:
      if (call.only !== undefined) return `capability ${other}`;
      return second;
  }
}

function flagWords(flags: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_RDWR'][flags & O_ACCMODE]!;
  const more = Object.entries({ O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE, O_NOATIME });
  return [access, ...more.flatMap(([name, bit]) => (flags & bit ? [name] : []))].join('|');
}

function idWord(id: number): string {
  return id === UNCHANGED ? '-1' : String(id);
}

function caller({ comm, process }: CallRecord): string {
  return `${comm} (pid ${process})`;
}

/** A C `int` from a register, whose upper half may hold anything. */
function low(register: bigint): number {
  return Number(BigInt.asUintN(32, register));
}

/** What a socket is bound to: a port of the network, or a path (none for an abstract name). */
export function addressOf({ first, b }: Pick<CallRecord, 'first' | 'b'>): { port?: number; path?: string } {
  const family = first.readUInt16LE(0);
  if (family === AF_INET || family === AF_INET6) return { port: first.readUInt16BE(2) };
  if (family !== AF_UNIX) return {};
  const path = textOf(first.subarray(2, Math.min(Math.max(low(b), 2), first.length)));
  return path === '' ? {} : { path };
}

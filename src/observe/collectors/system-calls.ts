/**
 * Sees every system call that was refused, and every use of a capability, from before a container's first instruction:
 * what fails silently is found with its path. It needs root on the engine's own host, and leaves nothing in the kernel.
 */
import { closeSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { HostInfo } from '../../host/host.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import type { Clock } from '../clock.ts';
import { type Judgement, judge, judgeCheck, type PrivilegedCall } from './calls/judge.ts';
import { type KernelSide, openKernelSide } from './calls/kernel-side.ts';
import type { CallRecord } from './calls/record.ts';
import { isMissing, linksOf, resolvePath } from './calls/resolve.ts';
import { CAPABILITY_CHECK, type Call, callsOf } from './calls/table.ts';

export type { PrivilegedCall } from './calls/judge.ts';

/** Between two looks: short enough that most processes still live when a relative path is looked up in them. */
const POLL_MS = 5;
/** One look must not keep us from everything else; the kernel hands over each call once, so this is rarely reached. */
const CALLS_PER_LOOK = 1024;
/** A whole drain: more than the kernel keeps waiting. */
const CALLS_PER_DRAIN = 8192;

/** Kept of one directory: enough to see that it is written; a flood in one must not hide the others. */
const MAX_PER_DIRECTORY = 50;
/** Kept of one container, refused calls and uses of capabilities each. */
const MAX_KEPT = 1000;

/** Processes of the container runtime that work inside the container's namespaces: what they do is not the application's. */
const RUNTIME = /^(runc(:\[.*)?|crun|conmon)$/;

/** Numbers of processes are given again: no family is followed for ever. */
const MAX_ANCESTORS = 16;

/** What a container was refused, and what it used capabilities for. */
export interface GatheredCalls {
  readonly refused: readonly Evidence[];
  /** Places about which it only asked whether it could write there. */
  readonly asked: readonly Evidence[];
  readonly privileged: readonly PrivilegedCall[];
}

export interface SystemCalls {
  /** Starts to follow a container. `pid` is its initialised first process; call it before that runs. Never throws. */
  attach(container: string, pid: number): Promise<void>;
  /** Reads everything that waits, so that what follows belongs to the next phase. */
  drain(): void;
  /** What a container was refused, and what it used capabilities for, so far. */
  gather(container: string): GatheredCalls;
  /** Whether it ran for a container, and what it could not see. */
  coverage(container: string): CollectorRun;
  /** Takes the programs out of the kernel. */
  close(): Promise<void>;
}

/** A container that is followed. */
interface Followed {
  /** Index of its pid namespace; undefined: it has ended, and its namespace may be another's by now. */
  namespace: number | undefined;
  firstPid: number;
  /** Its mount namespace tells it from others that share the pid namespace. */
  mountNamespace: string;
  /** The host's number of its uid 0. */
  rootUid: number;
  /** The capabilities that it can have at most, a bit each. */
  bounding: bigint;
  workingDirectory: string;
  readonly refused: Evidence[];
  readonly asked: Evidence[];
  readonly privileged: PrivilegedCall[];
  /** Directory → refused calls that were kept in it. */
  readonly perDirectory: Map<string, number>;
  left: number;
}

interface State {
  /** The kernel's side, or why there is none. */
  readonly kernel: KernelSide | string;
  readonly clock: Clock;
  readonly followed: Map<string, Followed>;
  /** `DEVICE:INODE` of the pid namespaces, by index. */
  readonly namespaces: string[];
  /** They are kept open: the kernel gives the number of one that is gone to the next, which may be a stranger's. */
  readonly opened: number[];
  readonly refusals: Map<string, string>;
  /** Calls of processes that share a pid namespace and had ended before their container was known. */
  unattributed: number;
  lost: number;
  timer: NodeJS.Timeout | undefined;
}

const CALLS = callsOf(process.arch);

/** Opens the collector. It always answers; `coverage` says why it could not run. */
export async function openSystemCalls(info: HostInfo, clock: Clock): Promise<SystemCalls> {
  const state: State = {
    kernel: await prepare(info),
    clock,
    followed: new Map(),
    namespaces: [],
    opened: [],
    refusals: new Map(),
    unattributed: 0,
    lost: 0,
    timer: undefined,
  };
  return {
    attach: async (container, pid) => attach(state, container, pid),
    drain: () => drain(state, CALLS_PER_DRAIN),
    gather(container) {
      drain(state, CALLS_PER_DRAIN);
      const { refused = [], asked = [], privileged = [] } = state.followed.get(container) ?? {};
      return { refused: [...refused], asked: [...asked], privileged: [...privileged] };
    },
    coverage: (container) => coverage(state, container),
    async close() {
      clearInterval(state.timer);
      if (typeof state.kernel !== 'string') state.kernel.close();
      for (const descriptor of state.opened.splice(0)) closeSync(descriptor);
    },
  };
}

/** The kernel's side, or why this machine cannot give system calls. */
async function prepare(info: HostInfo): Promise<KernelSide | string> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!info.local) return 'needs root on the machine where the engine runs its containers';
  try {
    return await openKernelSide();
  } catch (error) {
    return `eBPF cannot be used: ${(error as Error).message.split('\n')[0]}`;
  }
}

function attach(state: State, container: string, pid: number): void {
  const { kernel, followed, refusals } = state;
  if (typeof kernel === 'string') return;
  try {
    // What waits is of those that were there before.
    drain(state, CALLS_PER_DRAIN);
    retire(state);
    const namespace = indexOf(state, kernel, pid);
    const earlier = followed.get(container);
    followed.set(container, {
      namespace,
      firstPid: pid,
      mountNamespace: readlinkSync(`/proc/${pid}/ns/mnt`),
      rootUid: rootOf(readFileSync(`/proc/${pid}/uid_map`, 'utf8')),
      bounding: boundingOf(readFileSync(`/proc/${pid}/status`, 'utf8')),
      workingDirectory: readlinkSync(`/proc/${pid}/cwd`),
      refused: earlier?.refused ?? [],
      asked: earlier?.asked ?? [],
      privileged: earlier?.privileged ?? [],
      perDirectory: earlier?.perDirectory ?? new Map(),
      left: earlier?.left ?? 0,
    });
    state.timer ??= setInterval(() => drain(state, CALLS_PER_LOOK), POLL_MS).unref();
  } catch (error) {
    refusals.set(container, (error as Error).message);
  }
}

/** Containers that have ended: the kernel gives the numbers of their namespaces to new ones. */
function retire({ followed, namespaces }: State): void {
  for (const container of followed.values()) {
    if (container.namespace === undefined) continue;
    try {
      if (identityOf(container.firstPid) === namespaces[container.namespace]) continue;
    } catch {
      // Its first process is gone.
    }
    container.namespace = undefined;
  }
}

function identityOf(pid: number): string {
  const { dev, ino } = statSync(`/proc/${pid}/ns/pid`);
  return `${dev}:${ino}`;
}

function indexOf({ namespaces, opened }: State, kernel: KernelSide, pid: number): number {
  const identity = identityOf(pid);
  const known = namespaces.indexOf(identity);
  if (known >= 0) return known;
  // Of our own, every process of this machine would be the container's.
  if (identity === identityOf(process.pid)) throw new Error('the container shares the process namespace of the host');
  opened.push(openSync(`/proc/${pid}/ns/pid`, 'r'));
  const [device, inode] = identity.split(':').map(Number);
  kernel.follow(namespaces.length, device!, inode!);
  return namespaces.push(identity) - 1;
}

/** The bounding set in a `/proc/PID/status`; everything where it says nothing. */
export function boundingOf(status: string): bigint {
  const written = /^CapBnd:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  return written === undefined ? ~0n : BigInt(`0x${written}`);
}

/** The outside number of uid 0 in a `/proc/PID/uid_map`; 0 where it says nothing. */
export function rootOf(map: string): number {
  for (const line of map.split('\n')) {
    const [inside, outside] = line.trim().split(/\s+/);
    if (inside === '0') return Number(outside);
  }
  return 0;
}

function drain(state: State, most: number): void {
  const { kernel } = state;
  if (typeof kernel === 'string') return;
  for (let calls = 0; calls < most; calls++) {
    const record = kernel.next();
    if (record === undefined) break;
    if (!RUNTIME.test(record.comm)) keep(state, kernel, record);
  }
  state.lost = kernel.lost();
}

function keep(state: State, kernel: KernelSide, record: CallRecord): void {
  const isCheck = record.number === CAPABILITY_CHECK;
  const call = CALLS.get(isCheck ? Number(record.b) : record.number);
  const container = ownerOf(state, record);
  if (container === undefined || (call === undefined && !isCheck)) return;
  const { firstPid, rootUid, bounding, workingDirectory } = container;
  const fallback = () => lastDirectory(kernel, record, firstPid) ?? workingDirectory;
  const path = call && resolvePath(record, call, linksOf(firstPid, record.process), fallback);
  if (call === undefined || isCheck) keepUse(state, container, judgeCheck(record, call, path, bounding));
  else if (!isVain(record, call, path, firstPid)) {
    const { refused, asked, privileged } = judge(record, call, path, rootUid);
    if (refused !== undefined) keepRefused(state, container, refused, container.refused);
    if (asked !== undefined) keepRefused(state, container, asked, container.asked);
    // The kernel knows better what a call that succeeded has needed; whom it became is told by the call alone.
    const told = kernel.tellsCapabilities && privileged?.errno === undefined;
    if (!told || privileged?.uid !== undefined || privileged?.gid !== undefined) keepUse(state, container, privileged);
  }
}

function keepRefused(
  { clock }: State,
  container: Followed,
  refused: NonNullable<Judgement['refused']>,
  kept: Evidence[],
): void {
  if (!hasRoom(container, refused.path, kept)) return;
  const when = { atMs: clock.atMs(), phase: clock.phase() };
  kept.push({ collector: 'system-calls', what: 'refused', ...refused, ...when });
}

function keepUse({ clock }: State, container: Followed, privileged: Judgement['privileged']): void {
  if (privileged === undefined) return;
  if (container.privileged.length >= MAX_KEPT) container.left++;
  else container.privileged.push({ ...privileged, atMs: clock.atMs(), phase: clock.phase() });
}

/** Whether one more refused call is kept; counts it either way. */
function hasRoom(container: Followed, path: string, of: readonly Evidence[]): boolean {
  const { perDirectory } = container;
  const directory = posix.dirname(path);
  const kept = perDirectory.get(directory) ?? 0;
  if (kept >= MAX_PER_DIRECTORY || of.length >= MAX_KEPT) {
    container.left++;
    return false;
  }
  perDirectory.set(directory, kept + 1);
  return true;
}

/** A read-only filesystem refuses to remove or rename what is not there as well: on a writable one, nothing would happen. */
function isVain(
  { errno, second }: CallRecord,
  { name, write }: Call,
  path: string | undefined,
  firstPid: number,
): boolean {
  if (errno !== 'EROFS') return false;
  const taken = write === 'remove' ? path : name.startsWith('rename') && second.startsWith('/') ? second : undefined;
  return taken !== undefined && isMissing(`/proc/${firstPid}/root`, taken);
}

/** The working directory of a process that is gone: where it went itself, or else where its nearest ancestor is. */
function lastDirectory(kernel: KernelSide, { namespace, process: ended }: CallRecord, firstPid: number) {
  const steps: string[] = [];
  let process: number | undefined = ended;
  for (let generation = 0; process !== undefined && generation < MAX_ANCESTORS; generation++) {
    const directory = linksOf(firstPid, process)('cwd') ?? kernel.changedTo(namespace, process);
    if (directory) steps.unshift(directory);
    if (directory?.startsWith('/')) return posix.join(...steps);
    process = kernel.parent(namespace, process);
  }
  return undefined;
}

/** Whose call it was. */
function ownerOf(state: State, record: CallRecord): Followed | undefined {
  const candidates = [...state.followed.values()].filter(({ namespace }) => namespace === record.namespace);
  if (candidates.length < 2) return candidates[0];
  const mounts = linksOf(candidates[0]!.firstPid, record.process)('ns/mnt');
  const owner = candidates.find(({ mountNamespace }) => mountNamespace === mounts);
  // The pod's pause container is in there too, and is nobody's.
  if (mounts === undefined) state.unattributed++;
  return owner;
}

function coverage(state: State, name: string): CollectorRun {
  const { kernel, refusals, followed, unattributed, lost } = state;
  const collector = 'system-calls';
  if (typeof kernel === 'string') return { collector, ran: false, note: kernel };
  const refusal = refusals.get(name);
  if (refusal !== undefined) return { collector, ran: false, note: refusal };
  const container = followed.get(name);
  if (container === undefined)
    return { collector, ran: false, note: 'the container was not initialised before it started' };
  const notes = [
    container.left > 0 && `${container.left} more refused calls were not kept`,
    lost > 0 && `at least ${lost} found no room in the kernel`,
    unattributed > 0 && `${unattributed} were of processes that ended before it was known whose they are`,
  ].filter((note) => note !== false);
  return notes.length > 0 ? { collector, ran: true, note: notes.join('; ') } : { collector, ran: true };
}

/**
 * Sees every system call that was refused, and every use of a capability, from before a container's first instruction:
 * what fails silently is found with its path. It needs root on the engine's own host, and leaves nothing in the kernel.
 */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import type { EngineInfo } from '../../engine/engine.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import type { Clock } from '../clock.ts';
import { judge, type PrivilegedCall } from './calls/judge.ts';
import { type KernelSide, openKernelSide } from './calls/kernel-side.ts';
import type { CallRecord } from './calls/record.ts';
import { linksOf, resolvePath } from './calls/resolve.ts';
import { callsOf } from './calls/table.ts';

export type { PrivilegedCall } from './calls/judge.ts';

/** Between two looks: short enough that most processes still live when a relative path is looked up in them. */
const POLL_MS = 5;
/** One look must not keep us from everything else; the kernel hands over each call once, so this is rarely reached. */
const CALLS_PER_LOOK = 1024;
/** A whole drain: more than the kernel keeps waiting. */
const CALLS_PER_DRAIN = 8192;

/** Processes of the container runtime that work inside the container's namespaces: what they do is not the application's. */
const RUNTIME = /^(runc(:\[.*)?|crun|conmon)$/;

export interface SystemCalls {
  /** Starts to follow a container. `pid` is its initialised first process; call it before that runs. Never throws. */
  attach(container: string, pid: number): Promise<void>;
  /** Reads everything that waits, so that what follows belongs to the next phase. */
  drain(): void;
  /** What a container was refused, and what it used capabilities for, so far. */
  gather(container: string): { refused: Evidence[]; privileged: PrivilegedCall[] };
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
  workingDirectory: string;
  readonly refused: Evidence[];
  readonly privileged: PrivilegedCall[];
}

interface State {
  /** The kernel's side, or why there is none. */
  readonly kernel: KernelSide | string;
  readonly clock: Clock;
  readonly followed: Map<string, Followed>;
  /** `DEVICE:INODE` of the pid namespaces, by index. */
  readonly namespaces: string[];
  readonly refusals: Map<string, string>;
  /** Calls of processes that share a pid namespace and had ended before their container was known. */
  unattributed: number;
  lost: number;
  timer: NodeJS.Timeout | undefined;
}

const CALLS = callsOf(process.arch);

/** Opens the collector. It always answers; `coverage` says why it could not run. */
export async function openSystemCalls(info: EngineInfo, clock: Clock): Promise<SystemCalls> {
  const state: State = {
    kernel: await prepare(info),
    clock,
    followed: new Map(),
    namespaces: [],
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
      const { refused = [], privileged = [] } = state.followed.get(container) ?? {};
      return { refused: [...refused], privileged: [...privileged] };
    },
    coverage: (container) => coverage(state, container),
    async close() {
      clearInterval(state.timer);
      if (typeof state.kernel !== 'string') state.kernel.close();
    },
  };
}

/** The kernel's side, or why this machine cannot give system calls. */
async function prepare(info: EngineInfo): Promise<KernelSide | string> {
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
    const namespace = indexOf(state, kernel, identityOf(pid));
    const earlier = followed.get(container);
    followed.set(container, {
      namespace,
      firstPid: pid,
      mountNamespace: readlinkSync(`/proc/${pid}/ns/mnt`),
      rootUid: rootOf(readFileSync(`/proc/${pid}/uid_map`, 'utf8')),
      workingDirectory: readlinkSync(`/proc/${pid}/cwd`),
      refused: earlier?.refused ?? [],
      privileged: earlier?.privileged ?? [],
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

function indexOf({ namespaces }: State, kernel: KernelSide, identity: string): number {
  const known = namespaces.indexOf(identity);
  if (known >= 0) return known;
  // Of our own, every process of this machine would be the container's.
  if (identity === identityOf(process.pid)) throw new Error('the container shares the process namespace of the host');
  const [device, inode] = identity.split(':').map(Number);
  kernel.follow(namespaces.length, device!, inode!);
  return namespaces.push(identity) - 1;
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
    if (!RUNTIME.test(record.comm)) keep(state, record);
  }
  state.lost = kernel.lost();
}

function keep(state: State, record: CallRecord): void {
  const call = CALLS.get(record.number);
  const container = ownerOf(state, record);
  if (call === undefined || container === undefined) return;
  const { firstPid, rootUid, workingDirectory } = container;
  const path = resolvePath(record, call, linksOf(firstPid, record.process), workingDirectory);
  const { refused, privileged } = judge(record, call, path, rootUid);
  const when = { atMs: state.clock.atMs(), phase: state.clock.phase() };
  if (refused !== undefined)
    container.refused.push({ collector: 'system-calls', what: 'refused', ...refused, ...when });
  if (privileged !== undefined) container.privileged.push({ ...privileged, ...when });
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

function coverage(state: State, container: string): CollectorRun {
  const { kernel, refusals, followed, unattributed, lost } = state;
  const collector = 'system-calls';
  if (typeof kernel === 'string') return { collector, ran: false, note: kernel };
  const refusal = refusals.get(container);
  if (refusal !== undefined) return { collector, ran: false, note: refusal };
  const note = 'the container was not initialised before it started';
  if (!followed.has(container)) return { collector, ran: false, note };
  if (lost > 0) return { collector, ran: true, note: `at least ${lost} refused calls found no room` };
  if (unattributed > 0)
    return {
      collector,
      ran: true,
      note: `${unattributed} calls were of processes that had ended before they were told apart`,
    };
  return { collector, ran: true };
}

/**
 * Sees every change of a container's files from the kernel: transient files and volumes too, from before the first
 * instruction. One listener per filesystem serves all containers of the pod; it needs root on the engine's own host.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostInfo } from '../../host/host.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import type { Clock } from '../clock.ts';
import { type FanotifyCalls, type FilesystemListener, listenToFilesystem, loadFanotify } from './fanotify.ts';
import { FAN, type FanotifyEvent } from './fanotify-events.ts';
import {
  type ContainerMounts,
  containerMounts,
  type Location,
  locate,
  type MountLine,
  parseMountinfo,
  rebase,
  toContainerPath,
  widestMount,
} from './mountinfo.ts';
import { addSightings, evidenceOf, measure, type SeenPath } from './sightings.ts';
import { rootOf } from './system-calls.ts';

/** Between two looks at the kernel's queue: short enough to still name many of the processes, 200 cheap calls a second. */
const POLL_MS = 5;
/** Different paths kept per container; a container that writes more is described well enough by these. */
const MAX_PATHS = 20_000;
/** A container that writes faster than we read must not keep us reading for ever. */
const BATCHES_PER_DRAIN = 16;

export interface KernelEvents {
  /** Starts to follow a container. `pid` is its initialised first process; call it before that runs. Never throws. */
  attach(container: string, pid: number): void;
  /** Reads everything that is queued, so that what follows belongs to the next phase. */
  drain(): void;
  /** Looks at the size of everything that was seen, before a shutdown removes it. */
  measure(): void;
  /** What a container changed so far. Its layer must still exist: copies are compared with the image's files. */
  gather(container: string): Evidence[];
  /** Whether it ran for a container, and what it could not see. */
  coverage(container: string): CollectorRun;
  /** Closes every descriptor. */
  close(): void;
}

/** A filesystem that is listened to, through the mount that shows the most of it. */
interface Listening {
  readonly mount: MountLine;
  readonly listener: FilesystemListener;
}

interface Watched {
  readonly mounts: ContainerMounts;
  readonly seen: Map<string, SeenPath>;
  tooMany: boolean;
}

/** All that the open collector knows. */
interface State {
  /** The calls, or why there are none. */
  readonly calls: FanotifyCalls | string;
  readonly clock: Clock;
  readonly listeners: Map<string, Listening>;
  readonly watched: Map<string, Watched>;
  /** Containers that could not be followed, with the reason. */
  readonly refusals: Map<string, string>;
  overflowed: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Opens the collector. It always answers; `coverage` says why it could not run. */
export async function openKernelEvents(info: HostInfo, clock: Clock): Promise<KernelEvents> {
  const calls = await prepare(info);
  const state: State = {
    calls,
    clock,
    listeners: new Map(),
    watched: new Map(),
    refusals: new Map(),
    overflowed: false,
    timer: undefined,
  };
  return {
    attach: (container, pid) => attach(state, container, pid),
    drain: () => drain(state),
    measure() {
      for (const { seen } of state.watched.values()) for (const path of seen.values()) measure(path);
    },
    gather(container) {
      drain(state);
      const followed = state.watched.get(container);
      if (followed === undefined) return [];
      return [...followed.seen].flatMap(([path, seen]) => evidenceOf(path, seen, followed.mounts));
    },
    coverage: (container) => coverage(state, container),
    close() {
      clearInterval(state.timer);
      for (const { listener } of state.listeners.values()) listener.close();
      state.listeners.clear();
    },
  };
}

/** The calls, or why this machine cannot give kernel events. */
async function prepare(info: HostInfo): Promise<FanotifyCalls | string> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!info.local) return 'needs root on the machine where the engine runs its containers';
  try {
    return await loadFanotify();
  } catch (error) {
    return `the optional package koffi cannot be used: ${(error as Error).message.split('\n')[0]}`;
  }
}

function attach(state: State, container: string, pid: number): void {
  const { calls, listeners, watched } = state;
  if (typeof calls === 'string') return;
  try {
    // Read now: device numbers of mounts that are gone are given to new ones.
    const host = readMounts('self');
    const mounts = containerMounts(readMounts(pid), host, rootOf(readFileSync(`/proc/${pid}/uid_map`, 'utf8')));
    if (mounts.upper === undefined) throw new Error("the engine's storage driver has no upper directory");
    // A virtual machine or another process namespace behind the socket: that pid is somebody else's.
    if (!existsSync(mounts.upper)) throw new Error('the container does not run on this machine');
    for (const device of new Set(mounts.roots.map((root) => root.device))) {
      const mount = widestMount(device, host);
      if (mount === undefined || listeners.has(device)) continue;
      const listener = listenOrLeave(calls, mount, device === mounts.roots.find(({ layer }) => layer)?.device);
      if (listener !== undefined) listeners.set(device, { mount, listener });
    }
    watched.set(container, { mounts, seen: new Map(), tooMany: false });
    state.timer ??= setInterval(() => drain(state), POLL_MS).unref();
  } catch (error) {
    state.refusals.set(container, (error as Error).message);
  }
}

/** The container's layer must be heard; a mount of another filesystem that cannot be (or is gone again) is only not watched. */
function listenOrLeave(calls: FanotifyCalls, mount: MountLine, needed: boolean): FilesystemListener | undefined {
  try {
    return listenToFilesystem(calls, mount.mountPoint);
  } catch (error) {
    if (needed) throw error;
    return undefined;
  }
}

function drain(state: State): void {
  for (const { listener, mount } of state.listeners.values()) {
    for (let batches = 0, more = true; more && batches < BATCHES_PER_DRAIN; batches++) {
      const batch = listener.read();
      more = batch.more;
      // Handles are resolved to present paths, so remembering them is right only within one batch.
      const resolved = new Map<string, Location | undefined>();
      for (const event of batch.events) {
        if (event.mask & FAN.Q_OVERFLOW) state.overflowed = true;
        if (event.directory === undefined) continue;
        const key = event.directory.toString('latin1');
        if (!resolved.has(key)) resolved.set(key, locationOf(listener.resolve(event.directory), mount));
        const directory = resolved.get(key);
        // Gone already: its own creation was reported in a directory that is still there.
        if (directory !== undefined) record(state, event, directory, mount);
      }
    }
  }
}

function record(state: State, event: FanotifyEvent, directory: Location, mount: MountLine): void {
  const location = event.name === '.' ? directory : { ...directory, path: join(directory.path, event.name) };
  for (const container of state.watched.values()) {
    const place = toContainerPath(location, container.mounts.roots);
    if (place === undefined) continue;
    let seen = container.seen.get(place.path);
    if (seen === undefined) {
      if (container.seen.size >= MAX_PATHS) {
        container.tooMany = true;
        continue;
      }
      const hostPath = rebase(location.path, mount.root, mount.mountPoint);
      seen = { layer: place.root.layer, hostPath, directory: false, bytes: undefined, sightings: new Map() };
      container.seen.set(place.path, seen);
    }
    addSightings(seen, event, state.clock);
  }
}

function coverage({ calls, refusals, watched, overflowed }: State, container: string): CollectorRun {
  const collector = 'kernel-events';
  if (typeof calls === 'string') return { collector, ran: false, note: calls };
  const refusal = refusals.get(container);
  if (refusal !== undefined) return { collector, ran: false, note: refusal };
  const followed = watched.get(container);
  if (followed === undefined)
    return { collector, ran: false, note: 'the container was not initialised before it started' };
  if (overflowed) return { collector, ran: true, note: "the kernel's queue overflowed: some events are missing" };
  if (followed.tooMany) return { collector, ran: true, note: `only the first ${MAX_PATHS} paths were kept` };
  return { collector, ran: true };
}

function readMounts(process: number | 'self'): MountLine[] {
  return parseMountinfo(readFileSync(`/proc/${process}/mountinfo`, 'utf8'));
}

/** A resolved path as a location of the filesystem that was listened to; undefined: gone, or not below the mount. */
function locationOf(path: string | undefined, mount: MountLine): Location | undefined {
  return path === undefined ? undefined : locate(path, [mount]);
}

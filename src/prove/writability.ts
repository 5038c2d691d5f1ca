/** Tries to write wherever a container can write at all: every mount, the files of the kubelet, devices, the kernel's own files. */
import { parseQuantity } from '../engine/quantity.ts';
import { objectOr } from '../workload/value.ts';
import type { Mount } from '../workload/workload.ts';
import type { Hands } from './attack.ts';
import { newName } from './dropping.ts';
import { layerOf } from './layer.ts';
import type { MountPoint } from './mounts.ts';
import { isRefusal } from './probe/errno.ts';
import { type Call, call, resultOf } from './probe/program.ts';
import { AT_FDCWD, O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_WRONLY } from './probe/syscalls.ts';
import type { ClosedPlace, Writability } from './proof.ts';
import {
  declaredAt,
  KERNEL_FILE_SYSTEMS,
  messagePath,
  OWN_MOUNT,
  type PathFacts,
  rootMount,
  type Target,
  wayTo,
} from './target.ts';

/** Places that are one line of the list together. */
interface Group {
  readonly what: string;
  readonly why: string;
  /** Every container has it, whatever its manifest says. */
  readonly everyContainer: boolean;
}

const NOTHING_KEPT: Group = {
  what: '/dev: devices without memory',
  why: 'devices that keep nothing of what is written to them',
  everyContainer: true,
};
const TERMINALS: Group = {
  what: '/dev: terminals',
  why: 'what is written to a terminal is shown to who looks at it, and not kept',
  everyContainer: true,
};

/**
 * Devices whose opening has no effect, by their numbers, because a path alone says nothing: null, zero, full, random and
 * urandom keep nothing; /dev/tty is refused to who has none; ptmx gives a terminal that goes with its descriptor; and
 * terminals of pseudo devices, which O_NOCTTY keeps from becoming one's own. No other device is ever opened.
 */
const HARMLESS_DEVICES: readonly { readonly major: number; readonly minor?: number; readonly group: Group }[] = [
  ...[3, 5, 7, 8, 9].map((minor) => ({ major: 1, minor, group: NOTHING_KEPT })),
  ...[0, 2].map((minor) => ({ major: 5, minor, group: TERMINALS })),
  { major: 136, group: TERMINALS },
];

/** Those that every container has, and the terminal of one that asks for it. */
const DEVICES: readonly string[] = [
  ...['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'],
  ...['/dev/tty', '/dev/ptmx', '/dev/pts/ptmx', '/dev/pts/0', '/dev/console'],
];

/** What the kubelet and the runtime make for each container. */
const KUBELET_FILES: readonly string[] = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
/** Podman's mark is none of Kubernetes, and its runtime mounts it read-only. */
const RUNTIME_PLACES: ReadonlySet<string> = new Set([
  ...['/dev', '/dev/shm', '/dev/mqueue', '/dev/pts', '/proc', '/sys', '/run/.containerenv'],
]);
/** What runtimes mount there covers what nobody shall see or write. */
const COVERED = /^\/(?:proc|sys)\//;

const OWN_PROCESSES = '/proc/self';

/** Opened without a byte being written: the kernel has checked the permissions by then. */
const KERNEL_FILES: readonly (Group & { readonly paths: readonly string[] })[] = [
  {
    what: OWN_PROCESSES,
    why: 'attributes of its own processes, which end with them',
    everyContainer: true,
    paths: [
      ...['attr/current', 'autogroup', 'clear_refs', 'comm', 'coredump_filter', 'loginuid', 'mem', 'oom_score_adj'],
      ...['sched', 'setgroups', 'timerslack_ns', 'uid_map'],
    ].map((name) => `/proc/self/${name}`),
  },
  {
    what: '/proc/pressure',
    why: 'who opens it asks to be told of pressure, and changes nothing',
    everyContainer: true,
    paths: ['cpu', 'io', 'memory'].map((name) => `/proc/pressure/${name}`),
  },
  {
    what: '/proc/sys',
    why: 'settings of the kernel, and with it of the host',
    everyContainer: false,
    paths: ['/proc/sys/vm/swappiness', '/proc/sys/kernel/core_pattern'],
  },
  {
    what: '/proc/irq',
    why: 'which processor of the host answers which device',
    everyContainer: false,
    paths: ['/proc/irq/default_smp_affinity'],
  },
  {
    what: '/sys',
    why: 'settings of the kernel and of the devices of the host',
    everyContainer: false,
    paths: ['/sys/kernel/uevent_helper', '/sys/kernel/mm/transparent_hugepage/enabled'],
  },
];

/** What must be looked at before anything is tried: `target.paths`. */
export const WRITABLE_CANDIDATES: readonly string[] = [
  ...DEVICES,
  ...KUBELET_FILES,
  ...KERNEL_FILES.flatMap(({ paths }) => paths),
];

/** Of a control group's own files, the one that every version has. */
const CGROUP_FILE = 'cgroup.procs';
const CONTROL_GROUP: Group = {
  what: '/sys/fs/cgroup',
  why: 'control groups, with which the host bounds containers',
  everyContainer: false,
};
const CGROUPS: ReadonlySet<string> = new Set(['cgroup', 'cgroup2']);

/** What is tried at one place. */
interface Trial {
  readonly path: string;
  readonly calls: readonly Call[];
  readonly decisive: Call;
  readonly facts: PathFacts;
  readonly group?: Group;
}

/** A place that could be written, as it was found. */
export interface OpenPlace {
  readonly what: string;
  /** Of a group, those that could be opened. */
  readonly paths: readonly string[];
  readonly group: Group | undefined;
  readonly declared: Mount | undefined;
  readonly noexec: boolean;
  /** Files can be made there, a file can be changed, or there are none. */
  readonly holds: 'files' | 'itself' | 'nothing';
  readonly writability: Omit<Writability, 'execution'>;
}

export interface Surface {
  readonly open: readonly OpenPlace[];
  readonly closed: readonly ClosedPlace[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/** One probe tries all of it where there are no more mounts than usual. Throws Failure `cannot-prove` when it does not report. */
export async function surfaceOf(target: Target, hands: Hands): Promise<Surface> {
  const { trials, skipped } = trialsOn(target);
  const errnos = new Map<Trial, string | null>();
  for (const some of inProbes(trials)) {
    const report = await hands.probe(some.flatMap(({ calls }) => calls));
    for (const trial of some) errnos.set(trial, report.errno(trial.decisive));
  }
  const open: OpenPlace[] = [];
  const closed: ClosedPlace[] = [];
  const undecided: Surface['skipped'][number][] = [];
  for (const trial of trials) {
    const errno = errnos.get(trial) ?? null;
    const { path, group } = trial;
    if (errno === null) open.push(openPlace(target, trial));
    else if (NOT_THERE.has(errno)) continue;
    else if (!isRefusal(errno)) {
      undecided.push({ id: `writability:${path}`, reason: `whether it can be written is not known: ${errno}` });
    } else if (group?.everyContainer !== true) {
      const readOnly = mountOf(target, trial)?.writable === false;
      const layer = layerOf(errno, trial.decisive, target);
      closed.push({ path, source: sourceOf(target, trial), readOnly, errno, layer });
    }
  }
  return { open: grouped(open), closed, skipped: [...skipped, ...undecided] };
}

/** Bounds of one probe, which is at most 64 KiB: a path may have 4 KiB, and stands in a program once. */
const TRIALS_AT_ONCE = 80;
const PATH_BYTES_AT_ONCE = 32 * 1024;

function inProbes(trials: readonly Trial[]): readonly (readonly Trial[])[] {
  const probes: Trial[][] = [];
  let bytes = 0;
  for (const trial of trials) {
    bytes += Buffer.byteLength(trial.path);
    const last = probes.at(-1);
    if (last !== undefined && last.length < TRIALS_AT_ONCE && bytes < PATH_BYTES_AT_ONCE) last.push(trial);
    else {
      probes.push([trial]);
      bytes = Buffer.byteLength(trial.path);
    }
  }
  return probes;
}

/** It is not there, or there is nothing behind it: a terminal of one's own, a driver. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV', 'EIO']);

/** What is tried on this container, and what is left alone for which reason. */
export function trialsOn(target: Target): { readonly trials: readonly Trial[]; readonly skipped: Surface['skipped'] } {
  const trials = new Map<string, Trial>();
  const skipped: Surface['skipped'][number][] = [];
  const add = (trial: Trial | undefined) => {
    if (trial !== undefined && !trials.has(trial.path)) trials.set(trial.path, trial);
  };
  for (const mount of target.mounts.slice(0, MOUNTS)) {
    const way = wayTo(target, mount);
    const facts = way === undefined ? undefined : target.paths.get(way);
    // Hidden by another mount, or out of reach: there is no path to it. The runner's own mount is none of the container's.
    if (way === undefined || facts === undefined || mount.path === OWN_MOUNT) continue;
    if (facts.kind === 'directory') add(onDirectory(target, { ...mount, path: way }, facts));
    else if (facts.kind === 'file') add(openForAppending(way, facts));
    else if (facts.kind === 'character device' || facts.kind === 'block device') {
      // Runtimes mask files of /proc and /sys with /dev/null.
      if (COVERED.test(mount.path) || harmless(facts) !== undefined) continue;
      skipped.push({
        id: `writability:${mount.path}`,
        reason: 'a device that is not known to be harmless is not opened',
      });
    }
  }
  for (const path of [...KUBELET_FILES, messagePath(target.container)]) {
    const facts = target.paths.get(path);
    if (facts?.kind === 'file') add(openForAppending(path, facts));
  }
  for (const path of DEVICES) {
    const facts = target.paths.get(path);
    const group = facts === undefined ? undefined : harmless(facts);
    if (facts !== undefined && group !== undefined) add({ ...opening(path, HARMLESS_FLAGS, facts), group });
  }
  for (const group of KERNEL_FILES) {
    for (const path of group.paths) {
      const facts = target.paths.get(path);
      if (facts?.kind === 'file') add({ ...opening(path, O_WRONLY, facts), group });
    }
  }
  const { tty, stdin } = target.container.spec;
  if ((tty === true || stdin === true) && !target.paths.has('/dev/console')) {
    const reason = 'the manifest asks for a terminal or standard input, which the sandbox does not give';
    skipped.push({ id: 'writability:/dev/console', reason });
  }
  return { trials: [...trials.values()], skipped };
}

/** A hostile manifest may have any number. */
const MOUNTS = 1_000;

function onDirectory(target: Target, mount: MountPoint, facts: PathFacts): Trial | undefined {
  if (CGROUPS.has(mount.fileSystem)) {
    return { ...opening(`${mount.path}/${CGROUP_FILE}`, O_WRONLY, facts), group: CONTROL_GROUP };
  }
  // The kernel's other file systems hold no files of anybody's: what can be written there is in a list of its own.
  if (KERNEL_FILE_SYSTEMS.has(mount.fileSystem) && mount.fileSystem !== 'mqueue') return undefined;
  const name = newName(target, mount.path, '-w');
  const made = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  const calls = [made, call('close', resultOf(made)), call('unlinkat', AT_FDCWD, name, 0)];
  return { path: mount.path, calls, decisive: made, facts };
}

function opening(path: string, flags: number, facts: PathFacts): Trial {
  const opened = call('openat', AT_FDCWD, path, flags);
  return { path, calls: [opened, call('close', resultOf(opened))], decisive: opened, facts };
}

const openForAppending = (path: string, facts: PathFacts) => opening(path, O_WRONLY | O_APPEND, facts);

/** A terminal that is opened does not become one's own, and nobody is waited for. */
const HARMLESS_FLAGS = O_WRONLY | O_NOCTTY | O_NONBLOCK;

function harmless({ kind, device }: Pick<PathFacts, 'kind' | 'device'>): Group | undefined {
  if (kind !== 'character device' || device === undefined) return undefined;
  return HARMLESS_DEVICES.find(
    ({ major, minor }) => major === device.major && (minor === undefined || minor === device.minor),
  )?.group;
}

function grouped(open: readonly OpenPlace[]): readonly OpenPlace[] {
  const byName = new Map<string, OpenPlace>();
  for (const place of open) {
    const earlier = byName.get(place.what);
    byName.set(place.what, earlier === undefined ? place : { ...earlier, paths: [...earlier.paths, ...place.paths] });
  }
  return [...byName.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
}

function openPlace(target: Target, trial: Trial): OpenPlace {
  const { path, facts, group } = trial;
  const mount = mountOf(target, trial);
  const declared = mount === undefined ? undefined : declaredAt(target, mount);
  const source = sourceOf(target, trial);
  const writability = {
    by: group?.what === OWN_PROCESSES ? ('this user' as const) : byWhom(target, facts),
    fileSystem: mount?.fileSystem ?? 'unknown',
    source,
    sizeLimit: group === undefined ? sizeLimitOf(mount, declared) : null,
    survives: survivalOf(source, trial),
  };
  const noexec = mount?.options.includes('noexec') ?? false;
  const holds = group !== undefined ? 'nothing' : facts.kind === 'directory' ? 'files' : 'itself';
  return {
    what: group?.what ?? path,
    paths: [path],
    group,
    declared,
    noexec,
    holds,
    writability,
  };
}

function mountOf({ mounts }: Target, { facts }: Trial): MountPoint | undefined {
  return mounts.find(({ id }) => id === facts.mountId);
}

/** Where a place comes from: the kind of a volume, or who has made it. */
function sourceOf(target: Target, trial: Trial): string {
  const mount = mountOf(target, trial);
  const declared = mount === undefined ? undefined : declaredAt(target, mount);
  if (declared !== undefined) return declared.volumeKind ?? 'unknown volume';
  if (trial.group !== undefined) return trial.path.startsWith('/dev/') ? 'runtime' : 'kernel';
  if (mount === undefined) return 'undeclared';
  if (RUNTIME_PLACES.has(mount.path) || COVERED.test(mount.path)) return 'runtime';
  const ofKubelet = [...KUBELET_FILES, messagePath(target.container)];
  if (ofKubelet.includes(trial.path)) return 'kubelet';
  if (mount.id === rootMount(target).id) return 'root file system';
  const ofImage = target.image?.volumes.some((path) => target.paths.get(path)?.mountId === mount.id);
  return ofImage === true ? 'VOLUME of the image' : 'undeclared';
}

/** Who may do the same without any capability: the permissions of the place say it. */
export function byWhom({ uid }: Pick<Target, 'uid'>, facts: PathFacts): Writability['by'] {
  if ((facts.mode & 0o002) !== 0) return 'everybody';
  if (uid === 0) return 'only root';
  // Whoever could write without being the owner is let by a group: the first, or a supplementary one.
  return facts.uid !== uid && (facts.mode & 0o020) !== 0 ? 'this group' : 'this user';
}

const SIZE = /^size=(\d+)([kmg]?)$/i;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** The mount's own limit, else what the manifest says, which Kubernetes enforces by evicting the pod. */
export function sizeLimitOf(
  mount: Pick<MountPoint, 'fileSystem' | 'superOptions'> | undefined,
  declared: Pick<Mount, 'volume'> | undefined,
): Writability['sizeLimit'] {
  for (const option of mount?.fileSystem === 'tmpfs' ? mount.superOptions : []) {
    const [, amount, unit = ''] = SIZE.exec(option) ?? [];
    if (amount !== undefined) return { bytes: Number(amount) * UNITS[unit.toLowerCase()]!, by: 'mount' };
  }
  const bytes = parseQuantity(objectOr(declared?.volume?.emptyDir).sizeLimit);
  return bytes === undefined || bytes < 1 ? null : { bytes: Math.floor(bytes), by: 'manifest' };
}

/** Made anew for every container: the kubelet writes its files at each start. */
const OF_THE_CONTAINER: ReadonlySet<string> = new Set([
  ...['kubelet', 'root file system', 'VOLUME of the image', 'undeclared'],
]);
/** Volumes that are made with the pod and go with it. */
const OF_THE_POD: ReadonlySet<string> = new Set([
  ...['emptyDir', 'ephemeral', 'configMap', 'secret', 'downwardAPI', 'projected', 'unknown volume'],
]);
/** They belong to the namespaces that all containers of a pod share. */
const SHARED_IN_POD: ReadonlySet<string> = new Set(['/dev/shm', '/dev/mqueue']);

const GOES: Writability['survives'] = { container: false, pod: false };

function survivalOf(source: string, { path, group }: Trial): Writability['survives'] {
  // What is set in the kernel stays set until the host is started again; the control group is the container's own.
  if (group !== undefined)
    return group.everyContainer || group === CONTROL_GROUP ? GOES : { container: true, pod: true };
  if (source === 'runtime') return { container: SHARED_IN_POD.has(path), pod: false };
  if (OF_THE_CONTAINER.has(source)) return GOES;
  return { container: true, pod: !OF_THE_POD.has(source) };
}

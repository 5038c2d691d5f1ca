/** What an attacker finds on looking around in a container: who he is, what is mounted, what exists. */
import { programPlace } from '../controls/program-places.ts';
import type { ImageConfig } from '../engine/engine.ts';
import { cleanPath, isWithin } from '../workload/file-path.ts';
import { codeOfEnvironment } from '../workload/program.ts';
import { textOf } from '../workload/value.ts';
import type { Container, Mount } from '../workload/workload.ts';
import type { MountPoint } from './mounts.ts';
import type { Architecture, SyscallName } from './probe/syscalls.ts';

/** Where the runner mounts its own files, read-only: probes and the local package repository. */
export const OWN_MOUNT = '/.petrify';

/** An empty directory of Petrify's own that everybody may write to: there an attack shows that it works, without harm. */
export const CONTROL_MOUNT = '/.petrify-control';

/** The volume of a pod in a cluster that holds the runner. */
export const RUNNER_VOLUME = 'petrify-probe';

/** Where `terminationMessagePath` points when the manifest does not say, and where nobody but a reader of messages looks. */
const TERMINATION_LOG = '/dev/termination-log';

export interface PathFacts {
  readonly kind: 'file' | 'directory' | 'socket' | 'block device' | 'character device' | 'other';
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The mount that it lies on, symlinks followed. */
  readonly mountId: number;
  /** The numbers of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Another container of the pod, with one of its processes that can be seen. */
export interface Neighbour {
  readonly container: Container;
  readonly pid: number;
  /** The process's user. */
  readonly uid: number;
}

export interface Target {
  /** As written in the manifest; a twin keeps the original's. */
  readonly container: Container;
  readonly image: ImageConfig | undefined;
  readonly architecture: Architecture;
  /** Part of every name that an attack creates, so that it meets nothing of the container's own. */
  readonly token: string;
  readonly uid: number;
  readonly gid: number;
  /** The effective set, one bit a capability. */
  readonly capabilities: bigint;
  readonly mounts: readonly MountPoint[];
  /** Whether it has a user namespace of its own: capabilities are then none of the host. */
  readonly userNamespace: boolean;
  /** The label under which a security module confines it; undefined: none does. */
  readonly lsm: string | undefined;
  readonly noNewPrivileges: boolean;
  /** The calls that a seccomp filter refuses, as far as that can be told without making them. */
  readonly filtered: ReadonlySet<SyscallName>;
  /** The first bytes of the files that attacks want to read, where it may. */
  readonly contents: ReadonlyMap<string, Buffer>;
  /** What is there of the paths that were looked for. */
  readonly paths: ReadonlyMap<string, PathFacts>;
  /** The file that the container runs, where it could be found. */
  readonly entrypoint: string | undefined;
  /** The other files that its command runs: scripts, what a wrapper starts. */
  readonly scripts: readonly string[];
  /** The other containers of the pod whose processes can be seen; a string says why there are none. */
  readonly neighbours: readonly Neighbour[] | string;
  /** The container's own first process, by the number that it has in its process namespace. */
  readonly firstProcess: number;
  /** The weakened copy that serves as positive control. */
  readonly twin: boolean;
  /** May the host be changed? A string says why not. */
  readonly hostAttacks: true | string;
  /** How it stands in a cluster, whose API server can be asked to reach into it; absent: it runs in none. */
  readonly outside?: InCluster;
}

export interface InCluster {
  /** A pod that serves, not a copy of it: only what is harmless may be done to it. */
  readonly live: boolean;
  /** A TCP port that the pod declares. */
  readonly port: number | undefined;
}

/** The mount of `/`: the last one there hides the others. */
export function rootMount(target: Target): MountPoint {
  const root = target.mounts.findLast(({ path }) => path === '/');
  if (root === undefined) throw new Error('a container without a root mount');
  return root;
}

/** Whether something is mounted at exactly this path: its name can then be neither renamed nor removed. */
export function isMount({ mounts }: Target, path: string): boolean {
  return mounts.some((mount) => mount.path === path);
}

export function isDirectory(target: Target, path: string): boolean {
  return target.paths.get(path)?.kind === 'directory';
}

/** An existing directory that lies on the root file system itself and not on a volume. */
export function isDirectoryOnRoot(target: Target, path: string): boolean {
  return isDirectory(target, path) && target.paths.get(path)?.mountId === rootMount(target).id;
}

/** A mount that the kernel would let somebody write to, and what it means to write there. */
export interface WritablePlace {
  readonly mount: MountPoint;
  readonly facts: PathFacts;
  readonly kind: 'volume' | 'kernel-interface';
  readonly gain: 'succeeded' | 'residual';
  readonly why: string;
  /** A hostPath; in a sandbox something empty stands in for the host's. */
  readonly ofHost: boolean;
}

/** The kernel's own file systems: what can be written there are settings and queues, no files. */
export const KERNEL_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'devpts',
  'mqueue',
  'bpf',
  'debugfs',
  'tracefs',
  'securityfs',
]);

export function isKernelFileSystem(fileSystem: string): boolean {
  return KERNEL_FILE_SYSTEMS.has(fileSystem);
}

/**
 * Mounts with attacks of their own; and Podman's mark, which no Kubernetes has. The runtime mounts name and resolver
 * read-only where the root is, and belongs to it otherwise.
 */
const SEPARATE: ReadonlySet<string> = new Set([
  ...['/', '/dev', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/run/.containerenv'],
]);

/**
 * Where a runtime enters the working directory as root, a process stands in one to which no path leads for its own user,
 * and reaches it all the same.
 */
export const WORKING_DIRECTORY = '/proc/self/cwd';

/** The path by which a mount is reached: its own, else the working directory; undefined: there is no way to it. */
export function wayTo({ paths }: Pick<Target, 'paths'>, { id, path }: MountPoint): string | undefined {
  return [path, WORKING_DIRECTORY].find((way) => paths.get(way)?.mountId === id);
}

/**
 * Every mount with an ordinary file system that can be reached and written to, by path; and the emptyDirs
 * and paths of the host that the manifest mounts read-only, because that they are must show as well.
 */
export function writablePlaces(target: Target): readonly WritablePlace[] {
  const places = target.mounts.flatMap((mount): WritablePlace[] => {
    const way = wayTo(target, mount);
    const facts = way === undefined ? undefined : target.paths.get(way);
    // Runtimes mask paths of /proc and /sys with /dev/null: nothing can be kept there.
    const masked = facts?.kind === 'character device' && /^\/(proc|sys)\//.test(mount.path);
    if (way === undefined || facts === undefined || masked) return [];
    if (KERNEL_FILE_SYSTEMS.has(mount.fileSystem) || SEPARATE.has(mount.path)) return [];
    const declared = declaredAt(target, mount);
    if (!mount.writable && !SHOWN_READ_ONLY.has(declared?.volumeKind)) return [];
    const ofHost = declared?.volumeKind === 'hostPath';
    const { why, ...means } = meaning(target, mount, declared);
    const reached = way === mount.path ? '' : `, mounted at ${mount.path} and reached as the working directory alone`;
    return [{ mount: { ...mount, path: way }, facts, ofHost, ...means, why: `${why}${reached}` }];
  });
  return places.sort((a, b) => (a.mount.path < b.mount.path ? -1 : 1));
}

/** Those of the paths of the host. */
export function hostPlaces(target: Target): readonly WritablePlace[] {
  return writablePlaces(target).filter(({ ofHost }) => ofHost);
}

/** Volumes that the twin has writable: that they are not must show as well where the manifest mounts them read-only. */
const SHOWN_READ_ONLY: ReadonlySet<string | undefined> = new Set(['emptyDir', 'hostPath']);

/** The mount of the manifest that is this one. */
export function declaredAt({ container, paths }: Target, mount: MountPoint): Mount | undefined {
  return container.mounts.find(({ mountPath }) => {
    const path = cleanPath(mountPath);
    const facts = paths.get(path);
    // What cannot be looked at is what the kernel has at this very path.
    return facts === undefined ? path === mount.path : facts.mountId === mount.id;
  });
}

function meaning(
  target: Target,
  mount: MountPoint,
  declared: Mount | undefined,
): Pick<WritablePlace, 'kind' | 'gain' | 'why'> {
  if (declared !== undefined) return { kind: 'volume', ...meaningOfVolume(target.container, declared, mount) };
  if (mount.path === '/dev/shm') {
    return { kind: 'kernel-interface', gain: 'residual', why: 'shared memory, which every container has' };
  }
  const message = messagePath(target.container);
  if (target.paths.get(message)?.mountId === mount.id) {
    const own = isWithin(message, '/dev') || writableVolumeAround(target.container, message);
    const why = `the file for the termination message, which ${own ? 'every container has' : `the manifest puts at ${message}`}`;
    return { kind: 'kernel-interface', gain: own ? 'residual' : 'succeeded', why };
  }
  const ofImage = target.image?.volumes.some((path) => target.paths.get(path)?.mountId === mount.id) ?? false;
  const why = ofImage
    ? 'a VOLUME of the image over which the manifest mounts nothing'
    : 'a writable mount that the manifest does not declare';
  return { kind: 'volume', gain: 'succeeded', why };
}

/** Where the kubelet mounts a file that everybody may write. */
export function messagePath({ spec }: Container): string {
  return cleanPath(textOf(spec.terminationMessagePath) || TERMINATION_LOG);
}

/** Whether the innermost volume around a path is one that the manifest lets the container write anyway. */
function writableVolumeAround(container: Container, path: string): boolean {
  return innermost(container, path)?.readOnly === false;
}

/** Where a dropped file decides what runs: the same places as the control `writable-program-directory` has. */
const PROGRAMS: ReadonlySet<string | undefined> = new Set(['programs', 'start-up']);
export const decidesWhatRuns = (path: string) => PROGRAMS.has(programPlace(path));

/** Whether PATH or LD_PRELOAD of the manifest point into a mount, and not into another one below it. */
function isSearched(container: Container, { mountPath }: Mount): boolean {
  return codeOfEnvironment(container).some((path) => innermost(container, path)?.mountPath === mountPath);
}

/** The volume on which a clean path lies. */
function innermost({ mounts }: Container, path: string): Mount | undefined {
  const around = mounts.filter(({ mountPath }) => isWithin(path, cleanPath(mountPath)));
  return around.sort((a, b) => cleanPath(b.mountPath).length - cleanPath(a.mountPath).length)[0];
}

function meaningOfVolume(
  container: Container,
  declared: Mount,
  { path }: MountPoint,
): Pick<WritablePlace, 'gain' | 'why'> {
  const { volumeKind, volumeName, readOnly, mountPath } = declared;
  if (volumeKind === 'hostPath') return { gain: 'succeeded', why: `volume ${volumeName} is a directory of the host` };
  if (readOnly) return { gain: 'succeeded', why: `volume ${volumeName} is declared read-only and yet writable` };
  // By the path as written and as the kernel resolved it: `/bin` is `/usr/bin` in most images, and not in all.
  const isProgramPlace = [cleanPath(mountPath), path].some(decidesWhatRuns) || isSearched(container, declared);
  if (isProgramPlace) return { gain: 'succeeded', why: `volume ${volumeName} lies where programs are found` };
  return { gain: 'residual', why: `volume ${volumeName} (${volumeKind ?? 'undeclared'})` };
}

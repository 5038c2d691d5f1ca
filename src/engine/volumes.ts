/** A pod's volumes as host directories: what the kubelet would have prepared before it starts a container. */
import { chmod, chown, link, lstat, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join, posix } from 'node:path';
import { Failure } from '../failure.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import type { Container, Mount, Workload } from '../workload/workload.ts';
import type { Configuration } from './configuration.ts';
import type { Bind, IdRange, Tmpfs } from './engine.ts';
import { expand, type PodFacts } from './environment.ts';
import { realHostPath } from './host-path.ts';
import { isId } from './identity.ts';
import { filesOf, makeDirectory, type Projection, project } from './projection.ts';
import { parseQuantity } from './quantity.ts';
import { findSubPath, type SubPath } from './sub-path.ts';
import { giveToPod } from './user-namespace.ts';

/** Said where the disk is another machine's and nobody can look. */
const NO_SIZE_LIMITS = 'The sizeLimit of an emptyDir is not enforced here; Kubernetes evicts a pod that exceeds it.';

/** Said where the pod has a user namespace of its own: for the node's own mounts, Kubernetes maps the ids. */
const OWN_MEMORY =
  'its tmpfs belongs to the pod’s user namespace here, whose root may remount it; in Kubernetes it is the node’s.';
const OWNERS_STAY =
  'what is the host’s root’s there is nobody’s in the pod here; in Kubernetes it is the root’s of the pod.';

/** Kubernetes allows no longer name; a file name holds 255 bytes. */
const LONGEST_NAME = 63;

export interface PodVolumes {
  /** The ids of the host that stand for the pod's own; undefined: the pod's are the host's. */
  readonly ids: IdRange | undefined;
  /** Volume name to host directory; a memory volume of a single container has none. */
  readonly directories: ReadonlyMap<string, string>;
  readonly memory: ReadonlyMap<string, Tmpfs['options']>;
  readonly differences: readonly string[];
  /** What containers may write, with what Kubernetes allows it in bytes. */
  readonly written: readonly { name: string; path: string; sizeLimit: number | undefined }[];
}

export interface VolumeInput {
  readonly workload: Workload;
  readonly facts: PodFacts;
  readonly configuration: Configuration;
  /** A directory of the run; the volumes become directories in it. */
  readonly directory: string;
  /** The containers are on this machine: somebody watches how large the directories grow. */
  readonly local: boolean;
  /** Volumes whose hostPath is really given, by name. */
  readonly hostPaths: readonly string[];
  readonly ids: IdRange | undefined;
}

/** Prepares every volume that a container mounts. Throws Failure('bad-manifest') for what cannot be resolved. */
export async function prepareVolumes(input: VolumeInput): Promise<PodVolumes> {
  const { workload, ids } = input;
  const directories = new Map<string, string>();
  const memory = new Map<string, Tmpfs['options']>();
  const differences: string[] = [];
  const written: PodVolumes['written'][number][] = [];
  const fsGroup = objectOr(workload.podSpec.securityContext).fsGroup;
  const group = isId(fsGroup) ? fsGroup : undefined;
  for (const [name, users] of mountsByVolume(workload)) {
    const { volume = {}, volumeKind: kind = '' } = users[0]!.mount;
    const source = objectOr(volume[kind]);
    if (kind === 'emptyDir' && source.medium === 'Memory') {
      if (users.length === 1 && users[0]!.mount.subPath === undefined) {
        memory.set(name, memoryOptions(source, group));
        if (ids) differences.push(`Volume ${name}: ${OWN_MEMORY}`);
        continue;
      }
      differences.push(`Volume ${name} is shared memory in Kubernetes; a directory on disk stands in.`);
    }
    if (kind === 'hostPath' && input.hostPaths.includes(name)) {
      if (!input.local)
        throw new Failure('bad-usage', `Volume ${name}: the engine's containers are not on this machine.`, {
          hint: 'leave out --allow-host-path',
        });
      directories.set(name, await realHostPath(name, source));
      if (ids) differences.push(`Volume ${name}: ${OWNERS_STAY}`);
      continue;
    }
    const directory = join(
      input.directory,
      `${directories.size}-${name.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, LONGEST_NAME)}`,
    );
    const { facts, configuration, local } = input;
    const { container } = users[0]!;
    await fillVolume({ name, kind, source, directory, container, group, differences, local, facts, configuration });
    await giveToPod(directory, ids);
    directories.set(name, directory);
    written.push({ name, path: directory, sizeLimit: sizeLimitOf(kind, source) });
  }
  return { ids, directories, memory, differences, written };
}

/** The mounts of one container: binds of the prepared directories and of parts of them, and tmpfs. */
export async function mountsFor(
  container: Container,
  volumes: PodVolumes,
  variables: ReadonlyMap<string, string>,
): Promise<{ binds: Bind[]; tmpfs: Tmpfs[]; subPaths: SubPath[] }> {
  const binds: Bind[] = [];
  const subPaths: SubPath[] = [];
  const tmpfs: Tmpfs[] = [];
  for (const mount of container.mounts) {
    const target = posix.resolve('/', mount.mountPath);
    const options = volumes.memory.get(mount.volumeName);
    if (options) {
      tmpfs.push({ target, options: [mount.readOnly ? 'ro' : 'rw', ...options] });
      continue;
    }
    const directory = volumes.directories.get(mount.volumeName)!;
    if (mount.subPath === undefined) binds.push({ source: directory, target, readOnly: mount.readOnly });
    else subPaths.push(await findSubPath(directory, expand(mount.subPath, variables), mount, volumes.ids));
  }
  return { binds, tmpfs, subPaths };
}

interface Use {
  readonly container: Container;
  readonly mount: Mount;
}

function mountsByVolume(workload: Workload): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const container of workload.containers) {
    if (container.role === 'ephemeral') continue;
    for (const mount of container.mounts) {
      if (mount.volumeKind === undefined) {
        throw new Failure(
          'bad-manifest',
          `${workload.source.file}: container ${container.name} mounts volume "${mount.volumeName}", which the pod does not have.`,
        );
      }
      uses.set(mount.volumeName, [...(uses.get(mount.volumeName) ?? []), { container, mount }]);
    }
  }
  return uses;
}

function memoryOptions(source: JsonObject, group: number | undefined): string[] {
  const size = sizeLimitOf('emptyDir', source);
  return [
    'exec',
    'suid',
    'dev',
    group === undefined ? 'mode=0777' : 'mode=2777',
    ...(group === undefined ? [] : [`gid=${group}`]),
    ...(size === undefined ? [] : [`size=${size}`]),
  ];
}

/** In bytes; 0 means no limit to Kubernetes. */
function sizeLimitOf(kind: string, source: JsonObject): number | undefined {
  const size = kind === 'emptyDir' ? parseQuantity(source.sizeLimit) : undefined;
  return size === undefined || size < 1 ? undefined : Math.floor(size);
}

interface Filling extends Projection {
  readonly directory: string;
  readonly group: number | undefined;
  readonly local: boolean;
}

async function fillVolume(filling: Filling): Promise<void> {
  const { kind, name, source, directory, group, differences } = filling;
  if (kind === 'hostPath') return standInForHost(filling);
  await makeDirectory(directory, 0o777);
  if (['configMap', 'secret', 'downwardAPI', 'projected'].includes(kind)) {
    await project(directory, filesOf(filling));
    if (group !== undefined) await giveToGroup(directory, group, 0o440);
    return;
  }
  if (kind !== 'emptyDir') {
    await chmod(directory, 0o755);
    const what = kind === 'persistentVolumeClaim' ? 'a persistent volume' : `a ${kind} volume`;
    differences.push(`Volume ${name} is ${what} in Kubernetes; a fresh, empty directory stands in.`);
    if (kind === 'image' || source.readOnly === true) return;
  }
  if (kind === 'emptyDir' && source.sizeLimit !== undefined && !filling.local) {
    if (!differences.includes(NO_SIZE_LIMITS)) differences.push(NO_SIZE_LIMITS);
  }
  if (group !== undefined) await giveToGroup(directory, group, 0o660);
}

/** The host is not given to a container unasked: something fresh and empty of the same type stands in. */
async function standInForHost({ name, source, directory, differences }: Filling): Promise<void> {
  const path = textOf(source.path) ?? '';
  const type = textOf(source.type) ?? '';
  const isSocket = type === 'Socket' || (type === '' && path.endsWith('.sock'));
  const isFile = ['File', 'FileOrCreate', 'CharDevice', 'BlockDevice'].includes(type) || path.endsWith('.sock');
  if (isSocket) {
    await mkdir(dirname(directory), { recursive: true });
    await deafSocket(directory);
  } else if (isFile) {
    await mkdir(dirname(directory), { recursive: true });
    await writeFile(directory, '');
    await chmod(directory, 0o644);
  } else {
    await makeDirectory(directory, 0o755);
  }
  differences.push(
    `Volume ${name} is the host's ${path} in Kubernetes; ${isSocket ? 'a socket on which nobody listens' : `an empty ${isFile ? 'file' : 'directory'}`} stands in (--allow-host-path ${name} gives the real one).`,
  );
}

/** As runtimes make theirs. */
const SOCKET_MODE = 0o660;

/**
 * A socket of root's on which nobody listens: who may connect is told so, others are refused. Node removes the name of a
 * socket that it closes, so another name is made for it before; the directory's descriptor keeps the address short enough.
 */
async function deafSocket(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  const server = createServer();
  try {
    const name = `/proc/self/fd/${directory.fd}/${basename(path)}`;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(`${name}~`, resolve));
    await link(`${path}~`, path);
    await chmod(path, SOCKET_MODE);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await directory.close();
  }
}

/** What the kubelet does for `fsGroup`: the group owns everything, may use it as `mask` says, and new files inherit it. */
async function giveToGroup(path: string, group: number, mask: number): Promise<void> {
  const seen = await lstat(path);
  if (seen.isSymbolicLink()) return;
  await chown(path, seen.uid, group);
  await chmod(path, (seen.mode & 0o7777) | mask | (seen.isDirectory() ? 0o2110 : 0));
  if (!seen.isDirectory()) return;
  for (const entry of await readdir(path)) await giveToGroup(join(path, entry), group, mask);
}

/** What an image ships, and where: read from a container that is created, never started, and removed. */

import { archiveEntries } from '../engine/archive.ts';
import type { ContainerRequest, Engine, PathStat } from '../engine/engine.ts';
import { RUN_LABEL } from '../engine/engine.ts';
import type { ShippedDirectory } from '../profile/placement.ts';
import type { Image } from './config.ts';
import { hostTree } from './host-tree.ts';
import { indexLayers } from './layers.ts';
import { resolvePath } from './resolve.ts';
import { countShipped } from './shipped.ts';

/** What an image has at a path. */
export interface TreeStat extends Pick<PathStat, 'type' | 'mode'> {
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a regular file; 0 for everything else. */
  readonly size: number;
}

export interface ImageTree {
  /** Follows the image's symlinks, bounded as in the kernel; what the image lacks stays as written. */
  resolve(path: string): Promise<string>;
  /** Cheap: only looks whether a canonical path is a directory. */
  isDirectory(path: string): Promise<boolean>;
  /** undefined: no directory at this canonical path. */
  directory(path: string): Promise<ShippedDirectory | undefined>;
  /** undefined: the image has nothing at this canonical path. */
  stat(path: string): Promise<TreeStat | undefined>;
  /** A file's first bytes; undefined: no such file. */
  read(path: string, limit: number): Promise<Buffer | undefined>;
  /** Empty directories that are open to everybody, as /tmp is (sticky), sorted, at most 50. Absent: they cannot be listed. */
  openDirectories?(): Promise<readonly string[]>;
  /** Ends the looking. */
  close(): Promise<void>;
  /** Why nobody can look into the image, as a sentence; then every path stays as written and nothing is known of it. */
  readonly unreadable?: string;
}

/** The tree of an image that cannot be looked into. */
export function unreadableTree(sentence: string): ImageTree {
  return {
    resolve: async (path) => path,
    isDirectory: async () => false,
    directory: async () => undefined,
    stat: async () => undefined,
    read: async () => undefined,
    close: async () => {},
    unreadable: sentence,
  };
}

/** The least that a container needs to be looked into. */
function lookingRequest(image: string, run: string): ContainerRequest {
  return {
    name: `petrify-${run}-layout-${Math.random().toString(36).slice(2, 8)}`,
    image,
    entrypoint: ['/never-started'],
    command: [],
    env: {},
    workingDir: undefined,
    user: '0',
    groups: [],
    readOnlyRoot: true,
    privileged: false,
    capabilities: [],
    noNewPrivileges: true,
    seccomp: 'default',
    unmaskedProc: false,
    binds: [],
    tmpfs: [],
    sysctls: {},
    network: 'none',
    pidOf: undefined,
    hostname: undefined,
    labels: { [RUN_LABEL]: run },
    memoryBytes: undefined,
    pidsLimit: 1,
    imageVolumes: 'hidden',
  };
}

/** Opens an image's file tree. `run` labels its container, so that an interrupted run can be cleaned up. */
export async function openImageTree(engine: Engine, image: Pick<Image, 'name'>, run: string): Promise<ImageTree> {
  const id = await engine.create(lookingRequest(image.name, run));
  try {
    return { ...(await filesOf(engine, id, image.name)), close: () => engine.remove(id) };
  } catch (error) {
    await engine.remove(id);
    throw error;
  }
}

/** As files where they can be had; else from one archive with true owners; else path by path. */
async function filesOf(engine: Engine, id: string, name: string): Promise<Omit<ImageTree, 'close'>> {
  const root = await engine.mounted?.(id);
  if (root !== undefined) return hostTree(root);
  if (engine.exported === undefined) return archiveTree(engine, id);
  return (await indexLayers(1, async () => ({ bytes: await engine.exported!(id) }), name)).tree;
}

/** Asks the engine for each path: for Docker, whose archives name the true owners. Podman's name the container's user. */
function archiveTree(engine: Engine, id: string): Omit<ImageTree, 'close'> {
  const stats = new Map<string, Promise<PathStat | undefined>>();
  const directories = new Map<string, Promise<ShippedDirectory | undefined>>();
  const owned = new Map<string, Promise<TreeStat | undefined>>();
  const statOf = (path: string) => remember(stats, path, () => engine.stat(id, path));
  return {
    resolve: (path) => resolvePath(path, statOf),
    isDirectory: async (path) => path === '/' || (await statOf(path))?.type === 'directory',
    directory: (path) =>
      remember(directories, path, async () => {
        const stat = path === '/' ? ROOT : await statOf(path);
        return stat?.type === 'directory' ? describeDirectory(await engine.copyOut(id, path), stat) : undefined;
      }),
    stat: (path) =>
      remember(owned, path, async () => {
        const stat = path === '/' ? ROOT : await statOf(path);
        if (stat === undefined) return undefined;
        const { type, mode, size } = stat;
        return { type, mode, size: type === 'file' ? size : 0, ...(await ownerIn(await engine.copyOut(id, path))) };
      }),
    async read(path, limit) {
      const resolved = await resolvePath(path, statOf);
      if ((await statOf(resolved))?.type !== 'file') return undefined;
      for await (const entry of archiveEntries(await engine.copyOut(id, resolved))) return entry.content(limit);
      return undefined;
    },
  };
}

const ROOT: PathStat = { type: 'directory', mode: 0o755, size: 0, linkTarget: undefined };

function remember<T>(known: Map<string, Promise<T>>, path: string, make: () => Promise<T>): Promise<T> {
  let value = known.get(path);
  if (value === undefined) {
    value = make();
    known.set(path, value);
  }
  return value;
}

/** An archive's first entry is the directory itself; the others' names begin with its name. */
async function describeDirectory(archive: NodeJS.ReadableStream, stat: PathStat): Promise<ShippedDirectory> {
  let owner = { uid: 0, gid: 0, mode: stat.mode };
  const count = countShipped();
  let top: string | undefined;
  for await (const entry of archiveEntries(archive)) {
    if (top === undefined) {
      top = entry.name.replace(/\/?$/, '/');
      if (entry.type === 'directory') owner = { uid: entry.uid, gid: entry.gid, mode: entry.mode };
      continue;
    }
    const path = entry.name.startsWith(top) ? entry.name.slice(top.length) : entry.name;
    if (!count.add({ ...entry, path: path.replace(/\/$/, '') })) break;
  }
  return count.of(owner);
}

/** The engine's stat has no owner: the archive's first header has. */
async function ownerIn(archive: NodeJS.ReadableStream): Promise<{ uid: number; gid: number }> {
  for await (const { uid, gid } of archiveEntries(archive)) return { uid, gid };
  return { uid: 0, gid: 0 };
}

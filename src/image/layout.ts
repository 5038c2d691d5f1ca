/** What an image ships, and where: read from a container that is created, never started, and removed. */
import type { ContainerRequest, Engine, PathStat } from '../engine/engine.ts';
import { RUN_LABEL } from '../engine/engine.ts';
import type { ShippedDirectory } from '../profile/placement.ts';
import { archiveEntries } from './archive.ts';
import type { Image } from './config.ts';

/** More than this many files below a directory say no more than this many. */
const MAX_SHIPPED = 1000;
/** A directory of few but huge files must not be streamed whole. */
const MAX_STREAMED_BYTES = 32 * 1024 * 1024;
/** As many symlinks as the kernel follows in one path. */
const MAX_SYMLINKS = 40;
/** Deepest path that is followed; PATH_MAX holds 2048 one-letter components, no real tree a tenth of that. */
const MAX_COMPONENTS = 256;

export interface ImageTree {
  /** Follows the image's symlinks, bounded as in the kernel; what the image lacks stays as written. */
  resolve(path: string): Promise<string>;
  /** Cheap: only looks whether a canonical path is a directory. */
  isDirectory(path: string): Promise<boolean>;
  /** undefined: no directory at this canonical path. */
  directory(path: string): Promise<ShippedDirectory | undefined>;
  /** A file's first bytes; undefined: no such file. */
  read(path: string, limit: number): Promise<Buffer | undefined>;
  /** Removes the container. */
  close(): Promise<void>;
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
  const stats = new Map<string, Promise<PathStat | undefined>>();
  const directories = new Map<string, Promise<ShippedDirectory | undefined>>();
  const statOf = (path: string) => remember(stats, path, () => engine.stat(id, path));
  return {
    resolve: (path) => resolvePath(path, statOf),
    isDirectory: async (path) => path === '/' || (await statOf(path))?.type === 'directory',
    directory: (path) =>
      remember(directories, path, async () => {
        const stat = path === '/' ? ROOT : await statOf(path);
        return stat?.type === 'directory' ? describeDirectory(await engine.copyOut(id, path), stat) : undefined;
      }),
    async read(path, limit) {
      const resolved = await resolvePath(path, statOf);
      if ((await statOf(resolved))?.type !== 'file') return undefined;
      for await (const entry of archiveEntries(await engine.copyOut(id, resolved))) return entry.content(limit);
      return undefined;
    },
    close: () => engine.remove(id),
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

/** Resolves component by component, so that only the image's own links count and never the host's. */
export async function resolvePath(
  path: string,
  statOf: (path: string) => Promise<Pick<PathStat, 'type' | 'linkTarget'> | undefined>,
): Promise<string> {
  let pending = path.split('/');
  const done: string[] = [];
  let missing = false;
  for (let links = 0; pending.length > 0; ) {
    const part = pending.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      missing = false;
      continue;
    }
    const here = `/${[...done, part].join('/')}`;
    const stat: Pick<PathStat, 'type' | 'linkTarget'> | undefined =
      missing || done.length >= MAX_COMPONENTS ? undefined : await statOf(here);
    missing ||= stat === undefined;
    if (stat?.type === 'symlink' && stat.linkTarget !== undefined && links < MAX_SYMLINKS) {
      links++;
      if (stat.linkTarget.startsWith('/')) done.length = 0;
      pending = [...stat.linkTarget.split('/'), ...pending];
    } else {
      done.push(part);
    }
  }
  return `/${done.join('/')}`;
}

/** Counts what a directory's archive holds; its first entry is the directory itself. */
async function describeDirectory(archive: NodeJS.ReadableStream, stat: PathStat): Promise<ShippedDirectory> {
  let owner = { uid: 0, gid: 0, mode: stat.mode };
  let shippedFiles = 0;
  let bytes = 0;
  let first = true;
  for await (const entry of archiveEntries(archive)) {
    if (first && entry.type === 'directory') owner = { uid: entry.uid, gid: entry.gid, mode: entry.mode };
    first = false;
    if (entry.type !== 'directory') shippedFiles++;
    bytes += entry.size;
    if (shippedFiles >= MAX_SHIPPED || bytes > MAX_STREAMED_BYTES) break;
  }
  return { shippedFiles, owner };
}

/** Reads an image's files where a local engine has mounted them: nothing there runs, so nothing changes meanwhile. */
import { constants } from 'node:fs';
import { lstat, open, opendir, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShippedDirectory } from '../profile/placement.ts';
import type { ImageTree, TreeStat } from './layout.ts';
import { resolvePath } from './resolve.ts';
import { countShipped, isOpenToAll, MAX_NAMED, type ShippedCount } from './shipped.ts';

/** Directories that are looked at for open ones; the largest images have some 30,000. */
const MAX_DIRECTORIES = 100_000;
/** Deepest directory that is counted; PATH_MAX allows no tree of files much deeper than any real one. */
const MAX_DEPTH = 128;

/** Links are followed inside of `root` only, component by component. Callers give canonical paths where ImageTree says so. */
export function hostTree(root: string): Omit<ImageTree, 'close'> {
  const stat = (path: string) => statBelow(root, path);
  const linkOf = async (path: string) => {
    const known = await stat(path);
    if (known?.type !== 'symlink') return known && { type: known.type, linkTarget: undefined };
    return { type: known.type, linkTarget: await readlink(join(root, path)) };
  };
  return {
    resolve: (path) => resolvePath(path, linkOf),
    isDirectory: async (path) => (await stat(path))?.type === 'directory',
    stat,
    async directory(path) {
      const own = await stat(path);
      if (own?.type !== 'directory') return undefined;
      const count = countShipped();
      await countBelow(join(root, path), '', count, 0);
      return count.of(ownerOf(own));
    },
    openDirectories: () => openBelow(root),
    async read(path, limit) {
      const resolved = await resolvePath(path, linkOf);
      return (await stat(resolved))?.type === 'file' ? readFirst(join(root, resolved), limit) : undefined;
    },
  };
}

const ownerOf = ({ uid, gid, mode }: TreeStat): ShippedDirectory['owner'] => ({ uid, gid, mode });

async function statBelow(root: string, path: string): Promise<TreeStat | undefined> {
  const seen = await lstat(join(root, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG') return undefined;
    throw error;
  });
  if (seen === undefined) return undefined;
  const type = seen.isFile() ? 'file' : seen.isDirectory() ? 'directory' : seen.isSymbolicLink() ? 'symlink' : 'other';
  const { uid, gid } = seen;
  return { type, mode: seen.mode & 0o7777, uid, gid, size: type === 'file' ? seen.size : 0 };
}

/** In the order of names, so that the same image always counts the same files. False: enough is known. */
async function countBelow(directory: string, prefix: string, count: ShippedCount, depth: number): Promise<boolean> {
  if (depth > MAX_DEPTH) return true;
  const entries = [];
  for await (const entry of await opendir(directory)) entries.push(entry.name);
  for (const name of entries.sort()) {
    const at = join(directory, name);
    const path = `${prefix}${name}`;
    const { type, mode, size } = (await statBelow(at, ''))!;
    const linkTarget = type === 'symlink' ? await readlink(at) : undefined;
    if (!count.add({ path, type, mode, size, linkTarget })) return false;
    if (type === 'directory' && !(await countBelow(at, `${path}/`, count, depth + 1))) return false;
  }
  return true;
}

async function openBelow(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const pending = [''];
  for (let seen = 0; pending.length > 0 && seen < MAX_DIRECTORIES && found.length < MAX_NAMED; seen++) {
    const path = pending.pop()!;
    const entries = await readdir(join(root, path), { withFileTypes: true });
    const { mode } = await lstat(join(root, path));
    if (entries.length === 0 && isOpenToAll(mode)) found.push(path);
    for (const entry of entries) if (entry.isDirectory()) pending.push(`${path}/${entry.name}`);
  }
  return found.sort();
}

async function readFirst(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(limit, size)), 0, undefined, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

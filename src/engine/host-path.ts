/** The real path of the host behind a hostPath volume that a user has allowed by name, checked as the kubelet checks it. */
import type { Stats } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Failure } from '../failure.ts';
import { type JsonObject, textOf } from '../workload/value.ts';

/** What must be there for each type, as `stat` sees it through links; the kubelet does not look where there is no type. */
const TYPES: Readonly<Record<string, readonly [(seen: Stats) => boolean, string]>> = {
  Directory: [(seen) => seen.isDirectory(), 'a directory'],
  DirectoryOrCreate: [(seen) => seen.isDirectory(), 'a directory'],
  File: [(seen) => seen.isFile(), 'a file'],
  FileOrCreate: [(seen) => seen.isFile(), 'a file'],
  Socket: [(seen) => seen.isSocket(), 'a socket'],
  CharDevice: [(seen) => seen.isCharacterDevice(), 'a character device'],
  BlockDevice: [(seen) => seen.isBlockDevice(), 'a block device'],
};

/**
 * What the manifest's `…OrCreate` asks for is made, as the kubelet makes it. A path without a type that is not there would
 * be made by the runtime; here nothing is. Throws Failure('bad-manifest') where the kubelet would refuse the mount.
 */
export async function realHostPath(name: string, source: JsonObject): Promise<string> {
  const path = textOf(source.path) ?? '';
  const type = textOf(source.type) ?? '';
  if (!isAbsolute(path) || path.split('/').includes('..'))
    throw new Failure('bad-manifest', `Volume ${name}: the hostPath "${path}" is not an absolute path without "..".`);
  if (type !== '' && !Object.hasOwn(TYPES, type))
    throw new Failure('bad-manifest', `Volume ${name}: there is no hostPath type "${type}".`);
  if (type === 'DirectoryOrCreate') await makeDirectory(path);
  if (type === 'FileOrCreate') await makeFile(name, path);
  const seen = await stat(path).catch(() => undefined);
  if (seen === undefined) {
    throw new Failure('bad-manifest', `Volume ${name}: this host has no ${path}.`, {
      hint: `Make it, or leave out --allow-host-path ${name}.`,
    });
  }
  const wanted = TYPES[type];
  if (wanted && !wanted[0](seen))
    throw new Failure('bad-manifest', `Volume ${name}: ${path} of this host is not ${wanted[1]}.`);
  return path;
}

async function makeDirectory(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chmod(path, 0o755);
}

/** Its directory must be there already. */
async function makeFile(name: string, path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  try {
    await (await open(path, 'wx', 0o644)).close();
  } catch (cause) {
    throw new Failure('bad-manifest', `Volume ${name}: ${path} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

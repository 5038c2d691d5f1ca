/** The `subPath` of a mount: found inside its volume, and held against what the runtime has really mounted. */
import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Failure } from '../failure.ts';
import type { Mount } from '../workload/workload.ts';
import type { Bind, IdRange } from './engine.ts';
import type { RunningContainer } from './pod.ts';
import { within } from './within.ts';

/** A bind of a part of a volume, and which file or directory that part is. */
export interface SubPath extends Bind {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Made as a directory of the pod's root where nothing is there, as the kubelet does. Throws Failure('bad-manifest') for one that leaves its volume. */
export async function findSubPath(
  volume: string,
  subPath: string,
  mount: Mount,
  ids: IdRange | undefined,
): Promise<SubPath> {
  const subject = `The subPath "${subPath}" of the mount at ${mount.mountPath}`;
  if (posix.isAbsolute(subPath) || subPath.split('/').includes('..')) {
    throw new Failure('bad-manifest', `${subject} leaves its volume.`);
  }
  const { mode } = await stat(volume);
  return within(volume, subPath, { subject, make: { mode: mode & 0o7777, ids } }, async ({ handle, path }) => {
    const { dev, ino } = await handle.stat({ bigint: true });
    const target = posix.resolve('/', mount.mountPath);
    return { source: join(volume, path), target, readOnly: mount.readOnly, device: dev, inode: ino };
  });
}

/** Host directories of the pod's volumes that these containers can write. */
export function writableBy(running: readonly RunningContainer[]): readonly string[] {
  return running.flatMap(({ container, volumes }) =>
    container.mounts.flatMap(({ mountPath, readOnly }) =>
      readOnly ? [] : (volumes.get(posix.resolve('/', mountPath)) ?? []),
    ),
  );
}

/** The first sub-path that somebody could exchange while the runtime mounts it: a step of it lies in what they can write. */
export function exchangeable(subPaths: readonly SubPath[], writable: readonly string[]): SubPath | undefined {
  return subPaths.find(({ source }) => writable.some((directory) => isBelow(source, directory)));
}

/** The first sub-path whose mount point itself lies in what others can write: what is mounted there cannot be told for sure. */
export function uncertain(
  subPaths: readonly SubPath[],
  binds: readonly Bind[],
  writable: readonly string[],
): SubPath | undefined {
  const touched = (source: string) =>
    writable.some((other) => source === other || isBelow(source, other) || isBelow(other, source));
  return subPaths.find(({ target }) => binds.some((bind) => isBelow(target, bind.target) && touched(bind.source)));
}

/** Whether exactly this is mounted at `path` of the process `pid`. */
export function isMounted({ device, inode }: SubPath, pid: number, path: string): Promise<boolean> {
  return within(`/proc/${pid}/root`, path, { subject: `The path ${path}` }, async ({ handle }) => {
    const { dev, ino } = await handle.stat({ bigint: true });
    return dev === device && ino === inode;
  });
}

const isBelow = (path: string, directory: string) =>
  path.startsWith(directory === '/' ? '/' : `${directory}/`) && path !== directory;

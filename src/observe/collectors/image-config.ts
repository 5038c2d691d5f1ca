/** What the image's configuration declares: its VOLUMEs are meant to be written, its WORKDIR may be. */
import type { ImageConfig } from '../../engine/engine.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';

/** Evidence of the image's declarations, of any image. */
export function declaredPaths(config: Pick<ImageConfig, 'volumes' | 'workingDir'>): Evidence[] {
  const declared = (path: string, detail: 'VOLUME' | 'WORKDIR'): Evidence[] =>
    path.startsWith('/') ? [{ collector: 'image-config', path, what: 'declared', detail, type: 'directory' }] : [];
  return [
    ...config.volumes.flatMap((path) => declared(path, 'VOLUME')),
    ...(config.workingDir === '/' ? [] : declared(config.workingDir, 'WORKDIR')),
  ];
}

/** What every base system has for everybody: it says nothing of the application. */
const OF_THE_SYSTEM: ReadonlySet<string> = new Set(['/tmp', '/var/tmp', '/run/lock', '/dev/shm', '/dev/mqueue']);

/** Evidence of directories that the image's author opened to everybody: they are meant to be written, seen or not. */
export function openedPaths(paths: readonly string[]): Evidence[] {
  const detail = 'empty, and open to everybody in the image';
  return paths
    .filter((path) => !OF_THE_SYSTEM.has(path))
    .map((path) => ({ collector: 'image-config', path, what: 'declared', kind: 'scratch', type: 'directory', detail }));
}

export const IMAGE_CONFIG_RUN: CollectorRun = { collector: 'image-config', ran: true };

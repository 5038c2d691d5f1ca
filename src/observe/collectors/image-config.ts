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

export const IMAGE_CONFIG_RUN: CollectorRun = { collector: 'image-config', ran: true };

/** An engine's sandbox as a place where pods run. */
import { removeLeftovers, removeRun } from '../engine/cleanup.ts';
import type { Engine } from '../engine/engine.ts';
import { runPod } from '../engine/sandbox.ts';
import { readImage } from '../image/config.ts';
import { openImageTree } from '../image/layout.ts';
import type { PodHost } from './host.ts';

const ENGINE_NAMES = { podman: 'Podman', docker: 'Docker' } as const;

export function sandboxHost(engine: Engine): PodHost {
  const { name, version } = engine.info;
  const where = `in a ${ENGINE_NAMES[name]} ${version} sandbox`;
  return {
    info: engine.info,
    where,
    placeOf: () => where,
    image: (image, options) => readImage(engine, image, options),
    openTree: (image, run) => openImageTree(engine, image, run),
    runPod: (workload, options) => runPod(engine, workload, options),
    removeRun: (run) => removeRun(engine, run),
    removeLeftovers: () => removeLeftovers(engine),
  };
}

/** The images of a pod's containers, pulled where they are not there yet. */
import { Failure } from '../failure.ts';
import { completeImageName } from '../workload/image-name.ts';
import type { Workload } from '../workload/workload.ts';
import type { Engine, ImageConfig } from './engine.ts';
import type { PodOptions } from './pod.ts';

/** Image name as written to its configuration. Throws Failure('image-missing') for one that cannot be had. */
export async function imagesOf(
  engine: Engine,
  workload: Workload,
  options: PodOptions,
): Promise<Map<string, ImageConfig>> {
  const images = new Map<string, ImageConfig>();
  for (const { image, name, role, spec } of workload.containers) {
    if (role === 'ephemeral' || (image !== undefined && images.has(image))) continue;
    if (image === undefined) {
      throw new Failure('bad-manifest', `${workload.source.file}: container ${name} has no image.`);
    }
    images.set(image, await imageOf(engine, image, spec.imagePullPolicy !== 'Never', options));
  }
  return images;
}

async function imageOf(engine: Engine, written: string, mayPull: boolean, options: PodOptions): Promise<ImageConfig> {
  const complete = completeImageName(written);
  const present = (await engine.image(complete)) ?? (await engine.image(written));
  if (present) return present;
  let reason = 'imagePullPolicy is Never';
  if (mayPull) {
    options.progress?.(`pulling ${complete}`);
    const pulled = await engine.pull(complete, options.signal);
    const image = pulled.ok ? await engine.image(complete) : undefined;
    if (image) return image;
    if (!pulled.ok) reason = pulled.reason;
  }
  throw new Failure('image-missing', `Image ${written} is not on the engine and could not be pulled: ${reason}`, {
    hint: `Build or load it under this very name on ${engine.info.address}, or check the name and the registry.`,
  });
}

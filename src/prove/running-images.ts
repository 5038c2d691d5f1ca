/** What is known of the images that really run: their configuration, and the user that a name in USER stands for. */
import type { Engine, ImageConfig } from '../engine/engine.ts';
import type { SandboxPod } from '../engine/pod.ts';
import type { Container } from '../workload/workload.ts';
import type { Attacked } from './campaign.ts';
import type { ProvenImage } from './proof.ts';

/** By the name that the manifest writes; the image that really runs, whatever else has the name by now. */
export async function imagesOf({
  engine,
  pod,
}: {
  readonly engine: Pick<Engine, 'image'>;
  readonly pod: Pick<SandboxPod, 'containers' | 'state'>;
}): Promise<ReadonlyMap<string, ImageConfig>> {
  const images = new Map<string, ImageConfig>();
  for (const inside of pod.containers) {
    const { image } = inside.container;
    if (image === undefined || images.has(image)) continue;
    const config = await engine.image((await pod.state(inside)).imageId);
    if (config !== undefined) images.set(image, config);
  }
  return images;
}

/** Adds the uid of an image, read back in a container that runs as the image says. */
export function withUids(
  images: ReadonlyMap<string, ImageConfig>,
  entered: ReadonlyMap<Container, Attacked | string>,
): ReadonlyMap<string, ImageConfig & { readonly uid?: number }> {
  const facts = new Map<string, ImageConfig & { readonly uid?: number }>(images);
  for (const [{ image = '', settings }, own] of entered) {
    const config = images.get(image);
    if (config === undefined || typeof own === 'string' || settings.runAsUser.value !== undefined) continue;
    facts.set(image, { ...config, uid: own.target.uid });
  }
  return facts;
}

/** What a proof says of the image of a container. */
export function provenImage({ image = '' }: Container, images: ReadonlyMap<string, ImageConfig>): ProvenImage {
  const known = images.get(image);
  if (known === undefined) return { name: image, id: '', digests: [], user: null, volumes: [] };
  const { id, digests, user, volumes } = known;
  return { name: image, id, digests, user, volumes };
}

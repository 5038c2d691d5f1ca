/** `--images`: what is known of images before manifests are judged, from files or from the engine. */
import type { ImageFacts } from '../workload/image-facts.ts';
import type { Io } from './io.ts';

/** The word that stands for the images that the local engine has; anything else is a path. */
const ENGINE = 'engine';

/** Later sources do not change what earlier ones said. Rooms that read images are loaded only when something is to be read. */
export async function imagesFrom(sources: readonly string[], io: Io): Promise<ReadonlyMap<string, ImageFacts>> {
  const images = new Map<string, ImageFacts>();
  for (const source of sources) {
    for (const [name, facts] of await (source === ENGINE ? ofEngine(io) : ofFile(source))) {
      if (!images.has(name)) images.set(name, facts);
    }
  }
  return images;
}

async function ofEngine(io: Io): Promise<ReadonlyMap<string, ImageFacts>> {
  const { withEngine } = await import('./with-engine.ts');
  const { engineImages } = await import('../image/known.ts');
  return withEngine('auto', io, "reading the engine's images", ({ engine, run }) => engineImages(engine, run));
}

async function ofFile(path: string): Promise<ReadonlyMap<string, ImageFacts>> {
  const { savedImages } = await import('../image/saved.ts');
  return savedImages(path);
}

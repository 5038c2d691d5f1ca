/** Opens one image's configuration and files without any engine: from an OCI layout, a saved archive, or a registry. */
import { imageConfigFrom } from '../engine/images.ts';
import { Failure } from '../failure.ts';
import { knownNames } from '../workload/image-name.ts';
import { objectOr } from '../workload/value.ts';
import { exposedTcpPorts, type Image } from './config.ts';
import { indexLayers } from './layers.ts';
import type { ImageTree } from './layout.ts';
import { openRegistryImage } from './registry.ts';
import { imagesIn, type SavedImage } from './saved.ts';
import { openStore, type Store } from './store.ts';

/** The word for the registry that an image's own name says; anything else is a path. */
export const REGISTRY = 'registry';

export interface OpenedImage {
  readonly image: Image;
  readonly tree: ImageTree;
  /** See `IndexedLayers`. */
  emptyDirectoriesOf(uid: number): readonly string[];
}

/**
 * The image of that name, as a manifest writes it, from `registry` or from the path of a saved archive or OCI layout.
 * Throws Failure('image-missing') where the source cannot be read, or has no such image.
 */
export async function openImage(
  source: string,
  name: string,
  options: { readonly signal?: AbortSignal | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<OpenedImage> {
  if (source === REGISTRY) {
    const { id, config, layers, open } = await openRegistryImage(name, options);
    return { image: imageFrom(name, id, config), ...(await indexLayers(layers, open, name)) };
  }
  const store = await openStore(source);
  const found = await savedImage(store, name);
  const { config, layers } = found;
  const open = async (at: number) => {
    const layer = await store.layer(layers[at]!);
    if (layer === undefined) throw incomplete(name, source, `layer ${at + 1}`);
    return { bytes: layer };
  };
  const written = await store.json(config);
  if (written === undefined) throw incomplete(name, source, 'its configuration');
  return { image: imageFrom(name, idOf(found), written), ...(await indexLayers(layers.length, open, name)) };
}

async function savedImage(store: Store, name: string): Promise<SavedImage> {
  const images = await imagesIn(store);
  for (const known of knownNames(name)) {
    const found = images.find(({ names }) => names.includes(known));
    if (found !== undefined) return found;
  }
  const names = images.flatMap((image) => image.names.slice(0, 1)).slice(0, 5);
  throw new Failure('image-missing', `${store.from}: holds no image ${name}`, {
    hint: names.length === 0 ? 'it holds no image with a name' : `it holds ${names.join(', ')}`,
  });
}

const incomplete = (name: string, source: string, what: string): Failure =>
  new Failure('image-missing', `${source}: image ${name} is not complete: ${what} is missing`, {
    hint: 'save the image again',
  });

/** The digest where the store has one, else the name of its configuration, which both engines make of its hash. */
function idOf({ names, config }: SavedImage): string {
  return names.find((name) => name.includes('@')) ?? config.replace(/^blobs\/sha256\//, '').replace(/\.json$/, '');
}

function imageFrom(name: string, id: string, written: unknown): Image {
  const digests = id.includes('@') ? [id] : [];
  const config = imageConfigFrom({ Id: id, RepoDigests: digests, Config: objectOr(objectOr(written).config) });
  return { name, id, config, ports: exposedTcpPorts(config.exposedPorts) };
}

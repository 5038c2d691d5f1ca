/** Images in files: what `docker save` and `podman save` leave, OCI archives, and OCI layout directories. Nothing is unpacked. */
import { archiveEntries } from '../engine/archive.ts';
import { Failure } from '../failure.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { completeImageName } from '../workload/image-name.ts';
import { listOf, objectOr, textsOf } from '../workload/value.ts';
import { byPlatform } from './platform.ts';
import { openStore, plainName, type Store } from './store.ts';
import { unpacked } from './unpacked.ts';
import { resolveUser } from './user.ts';

/** Images of one archive or layout. */
const MAX_IMAGES = 1_000;
/** Indexes inside of indexes: one for platforms is usual. */
const MAX_INDEX_DEPTH = 4;
/** /etc/passwd of the largest images is below 10 kB. */
const MAX_PASSWD_BYTES = 1024 * 1024;

/** One image of a store: what it is called, and where its parts are. */
export interface SavedImage {
  readonly names: readonly string[];
  readonly config: string;
  readonly layers: readonly string[];
}

/**
 * What is known of every image at `path`, by its complete name.
 * Throws Failure('image-missing') where there is no image in it, or it cannot be read.
 */
export async function savedImages(path: string): Promise<ReadonlyMap<string, ImageFacts>> {
  const store = await openStore(path);
  const facts = new Map<string, ImageFacts>();
  for (const { names, config, layers } of await imagesIn(store)) {
    const wanted = names.filter((name) => !facts.has(name));
    if (wanted.length === 0) continue;
    const known = await factsOf(store, config, layers);
    for (const name of wanted) facts.set(name, known);
  }
  if (facts.size === 0) {
    throw new Failure('image-missing', `${path}: holds no image with a name`, {
      hint: 'give what `docker save`, `podman save` or `skopeo copy … oci:DIRECTORY:NAME` wrote',
    });
  }
  return facts;
}

/** Every image of a store that has a name; where an index has several platforms, this machine's comes first. */
export async function imagesIn(store: Store): Promise<readonly SavedImage[]> {
  return [...(await dockerImages(store)), ...(await ociImages(store))].slice(0, MAX_IMAGES);
}

/** `manifest.json`, as `docker save` writes it. */
async function dockerImages(store: Store): Promise<SavedImage[]> {
  const listed = listOf(await store.json('manifest.json')).slice(0, MAX_IMAGES);
  return listed.flatMap((entry) => {
    const { Config, RepoTags, Layers } = objectOr(entry);
    if (typeof Config !== 'string') return [];
    return [{ names: textsOf(RepoTags).map(completeImageName), config: Config, layers: textsOf(Layers) }];
  });
}

/** `index.json` of an OCI layout: a manifest, or an index of platforms, with its name in an annotation. */
async function ociImages(store: Store): Promise<SavedImage[]> {
  const found: SavedImage[] = [];
  const visit = async (descriptor: unknown, names: readonly string[], depth: number): Promise<void> => {
    if (found.length >= MAX_IMAGES || depth > MAX_INDEX_DEPTH) return;
    const { digest, annotations } = objectOr(descriptor);
    const own = namesIn(objectOr(annotations));
    const all = own.length > 0 ? own : names;
    const manifest = objectOr(await store.json(blob(digest)));
    for (const inner of byPlatform(listOf(manifest.manifests))) await visit(inner, all, depth + 1);
    const config = blob(objectOr(manifest.config).digest);
    if (config === '' || all.length === 0) return;
    const layers = listOf(manifest.layers).map((layer) => blob(objectOr(layer).digest));
    found.push({ names: [...all, ...digested(all, digest)], config, layers });
  };
  const index = objectOr(await store.json('index.json'));
  for (const descriptor of byPlatform(listOf(index.manifests))) await visit(descriptor, [], 0);
  return found;
}

/** containerd writes the complete name; the OCI's own annotation may be no more than a tag. */
function namesIn(annotations: Readonly<Record<string, unknown>>): string[] {
  const complete = annotations['io.containerd.image.name'];
  const reference = annotations['org.opencontainers.image.ref.name'];
  if (typeof complete === 'string') return [completeImageName(complete)];
  return typeof reference === 'string' && /[/:]/.test(reference) ? [completeImageName(reference)] : [];
}

/** The same names by digest, as a manifest may pin them. */
function digested(names: readonly string[], digest: unknown): string[] {
  if (typeof digest !== 'string') return [];
  return names.filter((name) => !name.includes('@')).map((name) => `${name.replace(/:[^:/]*$/, '')}@${digest}`);
}

/** Where a layout keeps the content of a digest; empty for what is no digest, so that no path can be made of one. */
function blob(digest: unknown): string {
  const [, algorithm, hash] = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(String(digest)) ?? [];
  return hash === undefined ? '' : `blobs/${algorithm}/${hash}`;
}

async function factsOf(store: Store, configName: string, layers: readonly string[]): Promise<ImageFacts> {
  const config = objectOr(objectOr(await store.json(configName)).config);
  const user = typeof config.User === 'string' ? config.User : '';
  const volumes = Object.keys(objectOr(config.Volumes)).sort();
  const name = user.split(':', 1)[0] ?? '';
  const isName = name !== '' && name !== 'root' && !/^\d+$/.test(name);
  const uid = isName ? resolveUser(user.split(':', 1)[0]!, await passwd(store, layers), '')?.uid : undefined;
  return uid === undefined ? { user, volumes } : { user, volumes, uid };
}

/** The image's /etc/passwd: that of the last layer that has one. */
async function passwd(store: Store, layers: readonly string[]): Promise<string> {
  for (const layer of [...layers].reverse()) {
    const text = await passwdOf(await store.layer(layer));
    if (text !== undefined) return text;
  }
  return '';
}

async function passwdOf(layer: NodeJS.ReadableStream | undefined): Promise<string | undefined> {
  if (layer === undefined) return undefined;
  try {
    for await (const entry of archiveEntries(await unpacked(layer))) {
      if (plainName(entry.name).replace(/^\//, '') === 'etc/passwd')
        return (await entry.content(MAX_PASSWD_BYTES)).toString('utf8');
    }
  } catch {
    // A layer in another compression, or broken: what it holds is not known.
  }
  return undefined;
}

/** Images in files: what `docker save` and `podman save` leave, OCI archives, and OCI layout directories. Nothing is unpacked. */
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { archiveEntries } from '../engine/archive.ts';
import { Failure } from '../failure.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { completeImageName } from '../workload/image-name.ts';
import { resolveUser } from './user.ts';

/** Indexes, manifests and configurations are a few kB each; a layer is none of them. */
const MAX_JSON_BYTES = 1024 * 1024;
/** Small entries of one archive together: they are in memory at once. */
const MAX_ARCHIVE_JSON_BYTES = 64 * 1024 * 1024;
/** Images of one archive or layout. */
const MAX_IMAGES = 1_000;
/** Indexes inside of indexes: one for platforms is usual. */
const MAX_INDEX_DEPTH = 4;
/** /etc/passwd of the largest images is below 10 kB. */
const MAX_PASSWD_BYTES = 1024 * 1024;

/** Where the parts of an image are looked up. */
interface Store {
  readonly from: string;
  json(name: string): Promise<unknown>;
  /** undefined: there is no such part. */
  layer(name: string): Promise<NodeJS.ReadableStream | undefined>;
}

interface SavedImage {
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
  const images = [...(await dockerImages(store)), ...(await ociImages(store))];
  const facts = new Map<string, ImageFacts>();
  for (const { names, config, layers } of images.slice(0, MAX_IMAGES)) {
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

async function openStore(path: string): Promise<Store> {
  try {
    return (await stat(path)).isDirectory() ? directoryStore(path) : await archiveStore(path);
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    throw new Failure('image-missing', `${path}: cannot be read as images: ${error.message}`, {
      hint: 'give a saved archive or an OCI layout directory',
      cause: error,
    });
  }
}

function directoryStore(path: string): Store {
  return {
    from: path,
    async json(name) {
      if (!isInside(name)) return undefined;
      const at = join(path, name);
      const size = await stat(at).then(
        ({ size }) => size,
        () => undefined,
      );
      return size === undefined || size > MAX_JSON_BYTES ? undefined : parse(await readFile(at));
    },
    async layer(name) {
      if (!isInside(name)) return undefined;
      const at = join(path, name);
      return (await stat(at).catch(() => undefined))?.isFile() ? createReadStream(at) : undefined;
    },
  };
}

/** The names come from the layout's own index: none may lead out of it. */
const isInside = (name: string): boolean => name !== '' && !name.startsWith('/') && !name.split('/').includes('..');

async function archiveStore(path: string): Promise<Store> {
  const small = new Map<string, Buffer>();
  let bytes = 0;
  for await (const entry of archiveEntries(await archiveStream(path))) {
    if (entry.type !== 'file' || entry.size > MAX_JSON_BYTES || bytes + entry.size > MAX_ARCHIVE_JSON_BYTES) continue;
    const content = await entry.content(MAX_JSON_BYTES);
    const isJson = content[0] === 0x7b || content[0] === 0x5b;
    if (!isJson) continue;
    bytes += content.length;
    small.set(plainName(entry.name), content);
  }
  return {
    from: path,
    json: async (name) => parse(small.get(name)),
    async layer(name) {
      for await (const entry of archiveEntries(await archiveStream(path))) {
        if (plainName(entry.name) === name) return Readable.from(await entry.content(MAX_LAYER_BYTES));
      }
      return undefined;
    },
  };
}

/** A layer of an archive is looked into only for /etc/passwd, and only so far. */
const MAX_LAYER_BYTES = 256 * 1024 * 1024;

async function archiveStream(path: string): Promise<NodeJS.ReadableStream> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  await file.close();
  const stream = createReadStream(path);
  return isGzip(buffer) ? gunzipped(stream) : stream;
}

/** An error of either end is an error of what is read. */
function gunzipped(stream: Readable): NodeJS.ReadableStream {
  return pipeline(stream, createGunzip(), () => {});
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
const plainName = (name: string): string => name.replace(/^\.\//, '');

function parse(bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** `manifest.json`, as `docker save` writes it. */
async function dockerImages(store: Store): Promise<SavedImage[]> {
  const listed = listOf(await store.json('manifest.json')).slice(0, MAX_IMAGES);
  return listed.flatMap((entry) => {
    const { Config, RepoTags, Layers } = objectOf(entry);
    if (typeof Config !== 'string') return [];
    return [{ names: textsOf(RepoTags).map(completeImageName), config: Config, layers: textsOf(Layers) }];
  });
}

/** `index.json` of an OCI layout: a manifest, or an index of platforms, with its name in an annotation. */
async function ociImages(store: Store): Promise<SavedImage[]> {
  const found: SavedImage[] = [];
  const visit = async (descriptor: unknown, names: readonly string[], depth: number): Promise<void> => {
    if (found.length >= MAX_IMAGES || depth > MAX_INDEX_DEPTH) return;
    const { digest, annotations, platform } = objectOf(descriptor);
    if (objectOf(platform).os === 'unknown') return;
    const own = namesIn(objectOf(annotations));
    const all = own.length > 0 ? own : names;
    const manifest = objectOf(await store.json(blob(digest)));
    for (const inner of listOf(manifest.manifests)) await visit(inner, all, depth + 1);
    const config = blob(objectOf(manifest.config).digest);
    if (config === '' || all.length === 0) return;
    const layers = listOf(manifest.layers).map((layer) => blob(objectOf(layer).digest));
    found.push({ names: [...all, ...digested(all, digest)], config, layers });
  };
  for (const descriptor of listOf(objectOf(await store.json('index.json')).manifests)) await visit(descriptor, [], 0);
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
  const config = objectOf(objectOf(await store.json(configName)).config);
  const user = typeof config.User === 'string' ? config.User : '';
  const volumes = Object.keys(objectOf(config.Volumes)).sort();
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
    for await (const entry of archiveEntries(await unzipped(layer))) {
      if (plainName(entry.name).replace(/^\//, '') === 'etc/passwd')
        return (await entry.content(MAX_PASSWD_BYTES)).toString('utf8');
    }
  } catch {
    // A layer in another compression, or broken: what it holds is not known.
  }
  return undefined;
}

async function unzipped(layer: NodeJS.ReadableStream): Promise<NodeJS.ReadableStream> {
  const iterator = layer[Symbol.asyncIterator]();
  const first = await iterator.next();
  const chunks = async function* () {
    if (first.done) return;
    yield first.value;
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      yield next.value;
    }
  };
  const whole = Readable.from(chunks());
  return !first.done && isGzip(Buffer.from(first.value)) ? gunzipped(whole) : whole;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

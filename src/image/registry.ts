/** Reads one image from its registry (OCI distribution): manifest, configuration and layers, each held against its digest. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Failure } from '../failure.ts';
import { listOf, objectOr } from '../workload/value.ts';
import type { LayerSource } from './layers.ts';
import { byPlatform } from './platform.ts';
import { DIGEST, parseReference, type Reference } from './reference.ts';
import { type Answer, registryClient } from './registry-client.ts';

/** The specification's own recommendation for manifests; configurations are smaller still. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** Compressed; larger than any layer that a registry takes by default. */
const MAX_LAYER_BYTES = 10 * 1024 ** 3;
/** Indexes inside of indexes: one for platforms is usual. */
const MAX_INDEX_DEPTH = 4;

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export interface RegistryImage {
  /** `registry/repository@sha256:…` of what the name says, an index of platforms included. */
  readonly id: string;
  /** The image's configuration, as JSON. */
  readonly config: unknown;
  /** How many layers there are. */
  readonly layers: number;
  readonly open: LayerSource;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** Throws Failure('image-missing') with the registry's reason, or 'interrupted'. */
export async function openRegistryImage(
  name: string,
  options: { readonly signal?: AbortSignal | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<RegistryImage> {
  const reference = parseReference(name);
  const client = registryClient(name, reference, options.env ?? process.env, options.signal);
  const wrong = (why: string): Failure =>
    new Failure('image-missing', `image ${name} cannot be read from ${reference.host}: ${why}`, {
      hint: 'an engine may be able to pull it: read the image from there',
    });
  const blob = ({ digest }: Descriptor) => client.get(`blobs/${digest}`);
  const { manifest, digest } = await manifestOf(client.get, reference, wrong);
  const config = descriptorOf(manifest.config, wrong);
  const layers = listOf(manifest.layers).map((layer) => {
    const type = String(objectOr(layer).mediaType ?? '');
    if (type.includes('encrypted')) throw wrong('its layers are encrypted');
    return descriptorOf(layer, wrong);
  });
  if (config.size > MAX_MANIFEST_BYTES) throw wrong('its configuration is too large');
  return {
    id: `${reference.host}/${reference.repository}@${digest}`,
    config: parse(await whole(await blob(config), config, wrong), wrong),
    layers: layers.length,
    async open(at) {
      const layer = layers[at]!;
      return verifiedStream(await blob(layer), layer, (why) => wrong(`layer ${at + 1} ${why}`));
    },
  };
}

type Wrong = (why: string) => Failure;

/** The manifest for this machine's platform, and the digest of what the name itself says. */
async function manifestOf(
  get: (path: string, accept: string) => Promise<Answer>,
  { reference }: Reference,
  wrong: Wrong,
) {
  let expected = DIGEST.test(reference) ? reference : undefined;
  let next = reference;
  let named: string | undefined;
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth++) {
    const answer = await get(`manifests/${next}`, MANIFESTS);
    const bytes = await upTo(answer, MAX_MANIFEST_BYTES, wrong);
    const digest = expected ?? `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (digestOf(bytes, digest) !== digest) throw wrong(`its manifest is not what ${digest} names`);
    named ??= digest;
    const manifest = objectOr(parse(bytes, wrong));
    if (Array.isArray(manifest.layers)) return { manifest, digest: named };
    const [best] = byPlatform(listOf(manifest.manifests));
    if (best === undefined)
      throw wrong(Array.isArray(manifest.manifests) ? 'it is not made for Linux' : 'it is no image');
    expected = descriptorOf(best, wrong).digest;
    next = expected;
  }
  throw wrong('its indexes lead from one to the next without end');
}

function descriptorOf(value: unknown, wrong: Wrong): Descriptor {
  const { digest, size } = objectOr(value);
  if (typeof digest !== 'string' || !DIGEST.test(digest)) throw wrong('its manifest names a part without a digest');
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw wrong('its manifest names a part without a size');
  if ((size as number) > MAX_LAYER_BYTES) throw wrong(`a part of it has ${size} bytes`);
  return { digest, size: size as number };
}

const digestOf = (bytes: Buffer, like: string): string => {
  const algorithm = like.split(':', 1)[0]!;
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
};

async function upTo({ body }: Answer, limit: number, wrong: Wrong): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limit) throw wrong('the registry answers with more than an image can have');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function whole(answer: Answer, descriptor: Descriptor, wrong: Wrong): Promise<Buffer> {
  const bytes = await upTo(answer, descriptor.size, wrong);
  if (digestOf(bytes, descriptor.digest) !== descriptor.digest)
    throw wrong('its configuration is not what it should be');
  return bytes;
}

function parse(bytes: Buffer, wrong: Wrong): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw wrong('the registry answers with what is no JSON');
  }
}

/** Every byte is counted and hashed, those too that nobody reads any more: `verified` settles only after the last. */
function verifiedStream({ body }: Answer, { digest, size }: Descriptor, wrong: Wrong) {
  const hash = createHash(digest.split(':', 1)[0]!);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever reads the stream sees the error there; asking afterwards is not a must.
  promise.catch(() => {});
  const chunks = body[Symbol.asyncIterator]();
  let bytes = 0;
  async function next(): Promise<Uint8Array | undefined> {
    const { done, value } = await chunks.next();
    if (done) {
      if (bytes < size) throw wrong(`ends after ${bytes} of ${size} bytes`);
      if (`${digest.split(':', 1)[0]}:${hash.digest('hex')}` !== digest) throw wrong(`is not what ${digest} names`);
      return undefined;
    }
    bytes += value.length;
    if (bytes > size) throw wrong(`has more than ${size} bytes`);
    hash.update(value);
    return value;
  }
  async function* read(): AsyncGenerator<Uint8Array> {
    let ended = false;
    try {
      for (let chunk = await next(); chunk !== undefined; chunk = await next()) yield chunk;
      ended = true;
      resolve();
    } catch (error) {
      ended = true;
      reject(error);
      throw error;
    } finally {
      if (!ended) await rest().then(resolve, reject);
      await chunks.return?.();
    }
  }
  async function rest(): Promise<void> {
    while ((await next()) !== undefined);
  }
  return { bytes: Readable.from(read(), { objectMode: false }), verified: () => promise };
}

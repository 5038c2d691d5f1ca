/** Where the parts of images in files are looked up: an OCI layout directory, or an archive that somebody saved. Nothing is unpacked. */
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { archiveEntries } from '../engine/archive.ts';
import { Failure } from '../failure.ts';
import { unpacked } from './unpacked.ts';

/** Indexes, manifests and configurations are a few kB each; a layer is none of them. */
export const MAX_JSON_BYTES = 1024 * 1024;
/** Small entries of one archive together: they are in memory at once. */
const MAX_ARCHIVE_JSON_BYTES = 64 * 1024 * 1024;
/** Parts of one archive: a thousand images with all of their layers have fewer. */
const MAX_PARTS = 100_000;

export interface Store {
  /** As a person named it. */
  readonly from: string;
  /** undefined: there is no such part, or it is no JSON. */
  json(name: string): Promise<unknown>;
  /** undefined: there is no such part. */
  layer(name: string): Promise<NodeJS.ReadableStream | undefined>;
}

/** Throws Failure('image-missing') where nothing can be read there. */
export async function openStore(path: string): Promise<Store> {
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
  const fileAt = async (name: string): Promise<{ at: string; size: number } | undefined> => {
    if (!isInside(name)) return undefined;
    const at = join(path, name);
    const seen = await stat(at).catch(() => undefined);
    if (seen?.isFile() !== true) return undefined;
    // A layout from a stranger may hold links: nothing outside of it is read.
    const [real, root] = await Promise.all([realpath(at), realpath(path)]);
    return real.startsWith(join(root, '/')) ? { at, size: seen.size } : undefined;
  };
  return {
    from: path,
    async json(name) {
      const file = await fileAt(name);
      return file === undefined || file.size > MAX_JSON_BYTES ? undefined : parse(await readFile(file.at));
    },
    async layer(name) {
      const file = await fileAt(name);
      return file && createReadStream(file.at);
    },
  };
}

/** The names come from the layout's own index: none may lead out of it. */
const isInside = (name: string): boolean => name !== '' && !name.startsWith('/') && !name.split('/').includes('..');

async function archiveStore(path: string): Promise<Store> {
  const small = new Map<string, Buffer>();
  const parts = new Set<string>();
  /** Docker before version 25 saves a layer that two images share once, and links to it. */
  const links = new Map<string, string>();
  let bytes = 0;
  for await (const entry of archiveEntries(await archiveStream(path))) {
    const name = plainName(entry.name);
    if (parts.size + links.size >= MAX_PARTS) break;
    if (entry.linkTarget !== undefined) links.set(name, linkedName(name, entry.type, entry.linkTarget));
    if (entry.type !== 'file') continue;
    parts.add(name);
    if (entry.size > MAX_JSON_BYTES || bytes + entry.size > MAX_ARCHIVE_JSON_BYTES) continue;
    const content = await entry.content(MAX_JSON_BYTES);
    const isJson = content[0] === 0x7b || content[0] === 0x5b;
    if (!isJson) continue;
    bytes += content.length;
    small.set(name, content);
  }
  const real = (name: string) => links.get(name) ?? name;
  return {
    from: path,
    json: async (name) => parse(small.get(real(name))),
    async layer(name) {
      const wanted = real(name);
      return parts.has(wanted) ? Readable.from(partOf(path, wanted), { objectMode: false }) : undefined;
    },
  };
}

async function* partOf(path: string, wanted: string): AsyncGenerator<Uint8Array> {
  for await (const entry of archiveEntries(await archiveStream(path))) {
    if (entry.type !== 'file' || plainName(entry.name) !== wanted) continue;
    yield* entry.chunks();
    return;
  }
}

const archiveStream = async (path: string): Promise<NodeJS.ReadableStream> => unpacked(createReadStream(path));

export const plainName = (name: string): string => name.replace(/^\.\//, '');

const linkedName = (name: string, type: string, target: string): string =>
  plainName(type === 'symlink' ? posix.join(posix.dirname(name), target) : target);

function parse(bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** An image's files from its layers alone: applied in order as a runtime does, keeping headers and few small contents. */
import { Readable } from 'node:stream';
import { type ArchiveEntry, archiveEntries } from '../engine/archive.ts';
import { Failure } from '../failure.ts';
import type { ShippedDirectory } from '../profile/placement.ts';
import type { ImageTree, TreeStat } from './layout.ts';
import { resolvePath } from './resolve.ts';
import { countShipped, isOpenToAll, MAX_NAMED, type ShippedCount } from './shipped.ts';
import { unpacked } from './unpacked.ts';

/** What one image may have in all of its layers together. */
export interface LayerLimits {
  readonly entries: number;
  /** Unpacked. */
  readonly bytes: number;
}

/**
 * The largest images of data science have some 300,000 files; a bomb has no end. More bytes than any image that starts in
 * reasonable time, and little enough to end.
 */
const LIMITS: LayerLimits = { entries: 600_000, bytes: 16 * 1024 ** 3 };
/** PATH_MAX of Linux. */
const MAX_PATH = 4096;
/** NAME_MAX of Linux's file systems. */
const MAX_NAME = 255;
/** As many symlinks as the kernel follows in one path. */
const MAX_SYMLINKS = 40;
/** Layers of one image; containerd's overlay takes some 500, Docker 127. */
const MAX_LAYERS = 512;
/** Scripts and account files are far smaller; kept while indexing so that no layer is read twice for them. */
const MAX_KEPT_FILE = 128 * 1024;
/** Kept contents of one image together. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** AUFS' own files, never of the image. */
const AUFS = '.wh..wh.';

/** One file of the tree; directories have children. */
interface Node {
  readonly type: TreeStat['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkTarget: string | undefined;
  /** The layer that it came with: a layer's whiteouts hide only what lower layers brought. */
  readonly layer: number;
  /** The entry of `contentLayer` with its bytes, counted from 0; undefined: no regular file. */
  readonly content: { readonly layer: number; readonly entry: number } | undefined;
  readonly kept: Buffer | undefined;
  readonly children: Map<string, Node> | undefined;
}

/** A layer's bytes, compressed or not. */
export interface OpenLayer {
  readonly bytes: NodeJS.ReadableStream;
  /** Resolves when all bytes, read or not, were those that the image names; missing where nothing is promised. */
  verified?(): Promise<void>;
}

/** Opens the n-th layer. */
export type LayerSource = (layer: number) => Promise<OpenLayer>;

export interface IndexedLayers {
  readonly tree: ImageTree;
  /** Directories of that owner, writable for it, without any file below: made to be written. Sorted, the outermost, at most 50. */
  emptyDirectoriesOf(uid: number): readonly string[];
  /** Entries that no file system can hold or that lead nowhere: names too long, links to nothing. */
  readonly skipped: number;
}

/**
 * Reads all layers once, in order. Throws Failure('image-missing') where an image is beyond any bound or no archive;
 * errors of `open` pass through.
 */
export async function indexLayers(
  count: number,
  open: LayerSource,
  name: string,
  limits: LayerLimits = LIMITS,
): Promise<IndexedLayers> {
  if (count > MAX_LAYERS) throw unreadable(name, `it has ${count} layers`);
  const index = newIndex(name, limits);
  for (let layer = 0; layer < count; layer++) await index.apply(layer, await open(layer));
  const root = index.root();
  return {
    tree: {
      ...treeOver(root, open),
      openDirectories: async () => openDirectories(root.children!, '').slice(0, MAX_NAMED),
    },
    emptyDirectoriesOf: (uid) => emptyDirectories(root.children!, '', uid).slice(0, MAX_NAMED),
    skipped: index.skipped(),
  };
}

const unreadable = (name: string, why: string): Failure =>
  new Failure('image-missing', `image ${name} cannot be read: ${why}`, {
    hint: 'let an engine load the image, and read it from there',
  });

function newIndex(name: string, limits: LayerLimits) {
  let root = directoryNode({ mode: 0o755, uid: 0, gid: 0 }, -1);
  let entries = 0;
  let bytes = 0;
  let keptBytes = 0;
  let skipped = 0;

  /** The directory at these components, following links inside of the image, made where it is missing. */
  function directoryAt(components: readonly string[], layer: number): Map<string, Node> | undefined {
    let pending = [...components];
    let links = 0;
    const above: Map<string, Node>[] = [root.children!];
    while (pending.length > 0) {
      const part = pending.shift()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (above.length > 1) above.pop();
        continue;
      }
      const here = above.at(-1)!;
      let node = here.get(part);
      if (node?.type === 'symlink') {
        const target = (node.linkTarget ?? '').split('/');
        if (++links > MAX_SYMLINKS || pending.length + target.length > MAX_PATH) return undefined;
        if (node.linkTarget?.startsWith('/')) above.length = 1;
        pending = [...target, ...pending];
        continue;
      }
      if (node?.children === undefined) {
        node = directoryNode({ mode: 0o755, uid: 0, gid: 0 }, layer);
        here.set(part, node);
      }
      above.push(node.children!);
    }
    return above.at(-1);
  }

  async function add(entry: ArchiveEntry, layer: number, number: number): Promise<void> {
    const components = componentsOf(entry.name);
    if (components === undefined) {
      skipped++;
      return;
    }
    const own = components.pop();
    if (own === undefined) {
      if (entry.type === 'directory') root = { ...root, ...ownerOf(entry), layer };
      return;
    }
    if (own === OPAQUE) {
      hideLower(directoryAt(components, layer), layer);
      return;
    }
    if (own.startsWith(AUFS)) return;
    const parent = directoryAt(components, layer);
    if (parent === undefined) {
      skipped++;
    } else if (own.startsWith(WHITEOUT)) {
      const name = own.slice(WHITEOUT.length);
      if (!keepsOwn(parent.get(name), layer)) parent.delete(name);
    } else {
      const node = await nodeFor(entry, parent.get(own), layer, number);
      if (node === undefined) skipped++;
      else parent.set(own, node);
    }
  }

  async function nodeFor(
    entry: ArchiveEntry,
    before: Node | undefined,
    layer: number,
    number: number,
  ): Promise<Node | undefined> {
    const base = { ...ownerOf(entry), layer, linkTarget: undefined, size: 0, content: undefined, kept: undefined };
    switch (entry.type) {
      case 'directory':
        return { ...directoryNode(entry, layer), children: before?.children ?? new Map() };
      case 'symlink':
        return { ...base, type: 'symlink', linkTarget: entry.linkTarget ?? '', children: undefined };
      case 'link': {
        const components = componentsOf(entry.linkTarget ?? '');
        const last = components?.pop();
        const target = last === undefined ? undefined : directoryAt(components!, layer)?.get(last);
        return target === undefined || target.type === 'directory' ? undefined : { ...target, layer };
      }
      case 'file': {
        const kept = await keep(entry);
        return {
          ...base,
          type: 'file',
          size: entry.size,
          content: { layer, entry: number },
          kept,
          children: undefined,
        };
      }
      default:
        return { ...base, type: 'other', children: undefined };
    }
  }

  /** Scripts and account files are asked for afterwards; anything else costs reading its layer again. */
  async function keep(entry: ArchiveEntry): Promise<Buffer | undefined> {
    if (entry.size > MAX_KEPT_FILE || keptBytes + entry.size > MAX_KEPT_BYTES) return undefined;
    const isAccounts = /^(?:\.?\/)*etc\/(?:passwd|group)$/.test(entry.name);
    if (!isAccounts && (entry.mode & 0o111) === 0) return undefined;
    const content = await entry.content(MAX_KEPT_FILE);
    if (!isAccounts && (content[0] !== 0x23 || content[1] !== 0x21)) return undefined;
    keptBytes += content.length;
    return Buffer.from(content);
  }

  return {
    root: () => root,
    skipped: () => skipped,
    async apply(layer: number, { bytes: stream, verified }: OpenLayer): Promise<void> {
      let number = 0;
      const counted = counting(await unpacked(stream), (more) => {
        bytes += more;
        if (bytes > limits.bytes) throw unreadable(name, `its layers hold more than ${limits.bytes} bytes`);
      });
      try {
        for await (const entry of archiveEntries(counted)) {
          if (++entries > limits.entries) throw unreadable(name, `it has more than ${limits.entries} files`);
          await add(entry, layer, number++);
        }
        await verified?.();
      } catch (error) {
        if (error instanceof Failure) throw error;
        throw unreadable(name, `layer ${layer + 1}: ${(error as Error).message}`);
      }
    },
  };
}

function directoryNode(owner: Pick<Node, 'mode' | 'uid' | 'gid'>, layer: number): Node {
  return {
    ...ownerOf(owner),
    type: 'directory',
    size: 0,
    linkTarget: undefined,
    layer,
    content: undefined,
    kept: undefined,
    children: new Map(),
  };
}

const ownerOf = ({ mode, uid, gid }: Pick<Node, 'mode' | 'uid' | 'gid'>) => ({ mode, uid, gid });

/** The plain components of a name, as if the image's root were the only one; undefined: no file system takes it. */
function componentsOf(name: string): string[] | undefined {
  if (name.length > MAX_PATH || name.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.some((part) => Buffer.byteLength(part) > MAX_NAME) ? undefined : parts;
}

/** Removes what lower layers brought; what this layer brought stays, wherever in the layer its whiteout stands. */
function hideLower(children: Map<string, Node> | undefined, layer: number): void {
  for (const [name, node] of children ?? []) if (!keepsOwn(node, layer)) children!.delete(name);
}

function keepsOwn(node: Node | undefined, layer: number): boolean {
  if (node === undefined) return false;
  hideLower(node.children, layer);
  return node.layer === layer || (node.children?.size ?? 0) > 0;
}

function counting(source: Readable, count: (bytes: number) => void): Readable {
  return Readable.from(
    (async function* () {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        count(chunk.length);
        yield chunk;
      }
    })(),
    { objectMode: false },
  );
}

function treeOver(root: Node, open: LayerSource): ImageTree {
  const find = (path: string): Node | undefined => {
    let node: Node | undefined = root;
    for (const part of path.split('/')) if (part !== '') node = node?.children?.get(part);
    return node;
  };
  const resolve = (path: string) => resolvePath(path, async (at) => find(at));
  return {
    resolve,
    isDirectory: async (path) => find(path)?.type === 'directory',
    async stat(path) {
      const node = find(path);
      return node && { type: node.type, size: node.size, ...ownerOf(node) };
    },
    async directory(path) {
      const node = find(path);
      if (node?.children === undefined) return undefined;
      const count = countShipped();
      countBelow(node.children, '', count);
      return count.of(ownerOf(node) satisfies ShippedDirectory['owner']);
    },
    async read(path, limit) {
      const node = find(await resolve(path));
      if (node?.content === undefined) return undefined;
      return node.kept?.subarray(0, limit) ?? readEntry(await open(node.content.layer), node.content.entry, limit);
    },
    close: async () => {},
  };
}

/** In the order of names, as everywhere. False: enough is known. */
function countBelow(children: ReadonlyMap<string, Node>, prefix: string, count: ShippedCount): boolean {
  for (const name of [...children.keys()].sort()) {
    const node = children.get(name)!;
    const path = `${prefix}${name}`;
    if (!count.add({ ...node, path })) return false;
    if (node.children !== undefined && !countBelow(node.children, `${path}/`, count)) return false;
  }
  return true;
}

function emptyDirectories(children: ReadonlyMap<string, Node>, prefix: string, uid: number): string[] {
  const found: string[] = [];
  for (const name of [...children.keys()].sort()) {
    const node = children.get(name)!;
    const path = `${prefix}/${name}`;
    if (node.children === undefined) continue;
    if (node.uid === uid && (node.mode & 0o200) !== 0 && !hasFiles(node.children)) found.push(path);
    else found.push(...emptyDirectories(node.children, path, uid));
  }
  return found;
}

function openDirectories(children: ReadonlyMap<string, Node>, prefix: string): string[] {
  return [...children.keys()].sort().flatMap((name) => {
    const { children: below, mode } = children.get(name)!;
    const path = `${prefix}/${name}`;
    if (below === undefined) return [];
    return isOpenToAll(mode) && below.size === 0 ? [path] : openDirectories(below, path);
  });
}

function hasFiles(children: ReadonlyMap<string, Node>): boolean {
  for (const node of children.values()) if (node.children === undefined || hasFiles(node.children)) return true;
  return false;
}

async function readEntry({ bytes, verified }: OpenLayer, wanted: number, limit: number): Promise<Buffer | undefined> {
  let number = 0;
  let content: Buffer | undefined;
  for await (const entry of archiveEntries(await unpacked(bytes))) {
    if (number++ !== wanted) continue;
    content = await entry.content(limit);
    break;
  }
  await verified?.();
  return content;
}

/** Fetches of an image's file tree exactly what merging some evidence will ask for, so that merging stays pure. */
import type { ImageTree } from '../image/layout.ts';
import type { Evidence } from '../profile/evidence.ts';
import {
  type ImageLayout,
  isKernelInterface,
  isNamedByApplication,
  parentOf,
  plainPath,
  type ShippedDirectory,
} from '../profile/placement.ts';

/** Directories asked for, at some 25 ms each; evidence beyond that is placed as if the image had nothing there. */
const MAX_DIRECTORIES = 256;
/** Paths whose symlinks are followed. */
const MAX_RESOLVED = 256;

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
function* downTo(path: string): Generator<string> {
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
  yield path;
}

/** A layout that knows all paths of the evidence and all mount points. */
export async function snapshotLayout(
  tree: ImageTree,
  evidence: readonly Evidence[],
  mountPaths: readonly string[],
): Promise<RecordedLayout> {
  const resolved = new Map<string, string>();
  const exists = new Map<string, boolean>();
  const facts = new Map<string, ShippedDirectory | undefined>();

  async function resolve(path: string): Promise<string> {
    if (!resolved.has(path) && resolved.size < MAX_RESOLVED) resolved.set(path, await tree.resolve(path));
    return resolved.get(path) ?? path;
  }

  /** From the top, so that below a directory that the image lacks nothing more is asked. */
  async function describeNearest(path: string): Promise<void> {
    let nearest = '/';
    for (const directory of downTo(path)) {
      if (!exists.has(directory)) {
        exists.set(directory, exists.size < MAX_DIRECTORIES && (await tree.isDirectory(directory)));
      }
      if (!exists.get(directory)) break;
      nearest = directory;
    }
    // `/` is known to ship files; counting them would read the whole image.
    if (nearest !== '/' && !facts.has(nearest)) facts.set(nearest, await tree.directory(nearest));
  }

  for (const path of new Set(mountPaths.map(plainPath))) await resolve(path);
  for (const path of await pathsToAsk(evidence, resolve)) await describeNearest(path);
  const known = [...facts].filter((entry): entry is [string, ShippedDirectory] => entry[1] !== undefined);
  return recordedLayout({ links: Object.fromEntries(resolved), directories: Object.fromEntries(known) });
}

/** A layout as data, so that an observation can be written down and read again. */
export interface LayoutRecord {
  /** What each path that was asked for resolves to. */
  readonly links: Readonly<Record<string, string>>;
  readonly directories: Readonly<Record<string, ShippedDirectory>>;
}

export type RecordedLayout = ImageLayout & LayoutRecord;

export function recordedLayout({ links, directories }: LayoutRecord): RecordedLayout {
  const own = <T>(record: Readonly<Record<string, T>>, path: string) =>
    Object.hasOwn(record, path) ? record[path] : undefined;
  return {
    links,
    directories,
    resolve: (path) => own(links, path) ?? path,
    directory: (path) => own(directories, path),
  };
}

/** The directories that placing the evidence will look at; each is asked for once. */
async function pathsToAsk(
  evidence: readonly Evidence[],
  resolve: (path: string) => Promise<string>,
): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  for (const piece of evidence) {
    const path = plainPath(piece.path);
    if (path === '/' || isKernelInterface(path)) continue;
    const canonical = isNamedByApplication(piece) ? await resolve(path) : path;
    for (const one of mayBeShipped(piece) ? [parentOf(canonical), canonical] : [parentOf(canonical)]) {
      if (one !== '/' && !isKernelInterface(one)) asked.add(one);
    }
  }
  return asked;
}

/** False where the path itself is no directory of the image: a file, or something new. Only its parent matters then. */
function mayBeShipped({ type, what }: Evidence): boolean {
  if (what === 'create' || what === 'mkdir' || what === 'delete' || what === 'rename') return false;
  return type === undefined || type === 'directory';
}

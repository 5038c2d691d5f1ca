/** Lists what stands at the given paths, in a stable order, without reading any of it: files, charts, kustomizations. */
import {
  closeSync,
  type Dirent,
  existsSync,
  globSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join, matchesGlob, relative } from 'node:path';
import type { Unreadable } from '../manifest/document.ts';

/** Most directory entries of one run: more is a wrong directory (`/`), not a set of manifests. */
const MAX_ENTRIES = 2_000_000;
/** Bytes of an archive that tell whether it is a chart. */
const ARCHIVE_HEAD = 4096;

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i;
const ARCHIVE_NAME = /\.(?:tgz|tar\.gz)$/i;
const KUSTOMIZATION_NAMES: ReadonlySet<string> = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization']);
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', '.git']);
/** What Helm reads of a chart's folder. */
const OF_CHART = /^(?:Chart\.(?:yaml|lock)|values.*\.(?:ya?ml|json)|templates|charts|crds)$/;
const GLOB = /[*?[\]{}]/;

export type Found =
  | { readonly kind: 'stdin' }
  /** Only a pipe that the user named is listed as one. */
  | { readonly kind: 'file'; readonly path: string; readonly real: string; readonly isPipe: boolean }
  | { readonly kind: 'chart'; readonly path: string; readonly named: boolean }
  /** `path` is the folder, `file` the name of its kustomization. */
  | {
      readonly kind: 'kustomization';
      readonly path: string;
      readonly real: string;
      readonly file: string;
      readonly named: boolean;
    }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable };

export interface WalkOptions {
  /** Globs of paths that are passed over: without a `/` they match names, else whole paths. */
  readonly exclude?: readonly string[] | undefined;
  /** Charts and kustomizations are listed as such, and what belongs to them is not; false: their files are listed like any other. */
  readonly rendered: boolean;
}

interface Walk extends WalkOptions {
  /** Real paths already listed: links may form loops, and a file given twice counts once. */
  readonly seen: Set<string>;
  entries: number;
}

/** What stands at each path: one list a path, as a kustomization decides about the rest of its walk. */
export function* walkPaths(paths: readonly string[], options: WalkOptions): Generator<Found[]> {
  const walk: Walk = { ...options, seen: new Set(), entries: 0 };
  for (const path of paths) yield [...attempt(path, () => walkNamed(walk, path))];
}

function* walkNamed(walk: Walk, path: string): Generator<Found> {
  if (path === '-') {
    if (!isSeen(walk, '-')) yield { kind: 'stdin' };
    return;
  }
  if (GLOB.test(path) && !existsSync(path)) return yield* walkGlob(walk, path);
  const stats = statSync(path);
  if (isExcluded(walk, path, path)) return;
  if (!stats.isDirectory()) return yield* namedFile(walk, path, stats);
  let count = 0;
  for (const found of walkDirectory(walk, path, realpathSync(path), path)) {
    count++;
    yield found;
  }
  if (count === 0 && walk.entries <= MAX_ENTRIES)
    yield refused(path, 'holds no .yaml, .yml or .json file', 'give the directory of the manifests');
}

function* namedFile(walk: Walk, path: string, stats: Stats): Generator<Found> {
  if (stats.isCharacterDevice() || stats.isBlockDevice())
    return yield refused(path, 'is a device, no file', 'give a file, a folder, or - for standard input');
  if (stats.isSocket()) return yield refused(path, 'is a socket, no file', 'give a file, a folder, or -');
  // Pipes (`<(helm template …)`) have no stable real path: one that cannot be resolved counts as itself.
  const real = stats.isFile() ? realpathSync(path) : path;
  if (isSeen(walk, real)) return;
  if (walk.rendered && stats.isFile() && ARCHIVE_NAME.test(path)) yield { kind: 'chart', path, named: true };
  else yield { kind: 'file', path, real, isPipe: !stats.isFile() };
}

/** A pattern that no shell expanded. Of what it matches counts what a walk would find. */
function* walkGlob(walk: Walk, pattern: string): Generator<Found> {
  const exclude = (entry: Dirent) => PASSED_OVER.has(entry.name);
  const matches = globSync(pattern, { withFileTypes: true, exclude });
  matches.sort((a, b) => compare(join(a.parentPath, a.name), join(b.parentPath, b.name)));
  const { seen } = walk;
  const before = seen.size;
  for (const entry of matches) {
    const found = join(entry.parentPath, entry.name);
    const path = pattern.startsWith('/') ? found : relative('.', found);
    yield* attempt(path, () => walkEntry(walk, path, realOf(found), entry, path));
  }
  if (seen.size === before)
    yield refused(pattern, 'matches no .yaml, .yml or .json file', 'quote ** if the shell expands it');
}

function* walkDirectory(walk: Walk, directory: string, real: string, root: string): Generator<Found> {
  if (isSeen(walk, real)) return;
  let entries = readdirSync(directory, { withFileTypes: true });
  entries.sort((a, b) => compare(a.name, b.name));
  const named = directory === root;
  if (walk.rendered) {
    const isChart = entries.some(({ name }) => name === 'Chart.yaml');
    if (isChart) {
      yield { kind: 'chart', path: directory, named };
      // Helm does not look at the rest, so a Chart.yaml must not hide it.
      entries = entries.filter(({ name }) => !OF_CHART.test(name));
    }
    const file = entries.find(({ name }) => KUSTOMIZATION_NAMES.has(name))?.name;
    if (file !== undefined) yield { kind: 'kustomization', path: directory, real, file, named };
  }
  for (const entry of entries) {
    if (walk.entries > MAX_ENTRIES) return;
    if (++walk.entries > MAX_ENTRIES)
      return yield refused(
        directory,
        `more than ${MAX_ENTRIES} files: the rest was not read`,
        'give a smaller directory',
      );
    const path = join(directory, entry.name);
    yield* attempt(path, () => walkEntry(walk, path, join(real, entry.name), entry, root));
  }
}

function* walkEntry(walk: Walk, path: string, real: string, entry: Dirent, root: string): Generator<Found> {
  const { name } = entry;
  if (PASSED_OVER.has(name) || isExcluded(walk, path, root)) return;
  if (entry.isDirectory()) return yield* walkDirectory(walk, path, real, root);
  if (entry.isFile()) return yield* walkFile(walk, path, real);
  if (!entry.isSymbolicLink()) return;
  const isWanted = MANIFEST_NAME.test(name);
  let target: Stats | undefined;
  try {
    target = statSync(path);
  } catch (error) {
    if (isWanted) throw error;
  }
  if (target?.isDirectory()) yield* walkDirectory(walk, path, realpathSync(path), root);
  else if (target?.isFile()) yield* walkFile(walk, path, realpathSync(path));
}

function* walkFile(walk: Walk, path: string, real: string): Generator<Found> {
  const name = basename(path);
  if (walk.rendered && KUSTOMIZATION_NAMES.has(name)) return;
  if (MANIFEST_NAME.test(name)) {
    if (!isSeen(walk, real)) yield { kind: 'file', path, real, isPipe: false };
  } else if (walk.rendered && ARCHIVE_NAME.test(name) && isChartArchive(path) && !isSeen(walk, real))
    yield { kind: 'chart', path, named: false };
}

/** Helm puts Chart.yaml first into what it packs. */
function isChartArchive(path: string): boolean {
  const head = Buffer.alloc(ARCHIVE_HEAD);
  const descriptor = openSync(path, 'r');
  try {
    const length = readSync(descriptor, head);
    // Loaded here, as it takes longer than judging a small file.
    const { gunzipSync, constants: zlib } = process.getBuiltinModule('node:zlib');
    const start = gunzipSync(head.subarray(0, length), {
      finishFlush: zlib.Z_SYNC_FLUSH,
      maxOutputLength: 64 * 1024 * 1024,
    });
    return /^[^/\0]+\/Chart\.yaml\0/.test(start.subarray(0, 200).toString('latin1'));
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}

function isSeen(walk: Walk, real: string): boolean {
  if (walk.seen.has(real)) return true;
  walk.seen.add(real);
  return false;
}

function isExcluded({ exclude = [] }: Walk, path: string, root: string): boolean {
  if (exclude.length === 0) return false;
  const below = relative(root, path) || path;
  return exclude.some((pattern) =>
    pattern.includes('/')
      ? matchesGlob(path, pattern) || matchesGlob(below, pattern)
      : matchesGlob(basename(path), pattern),
  );
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function refused(file: string, message: string, hint?: string): Found {
  return { kind: 'unreadable', unreadable: refusal(file, message, hint) };
}

function refusal(file: string, message: string, hint?: string): Unreadable {
  return hint === undefined ? { file, line: 1, message } : { file, line: 1, message, hint };
}

const SENTENCES: Readonly<Record<string, { message: string; hint: string }>> = {
  ENOENT: { message: 'no such file or directory', hint: 'check the path; - reads standard input' },
  ENOTDIR: { message: 'no such file: a part of its path is not a directory', hint: 'check the path' },
  EACCES: { message: 'permission denied', hint: 'run as a user who may read it' },
  EPERM: { message: 'permission denied', hint: 'run as a user who may read it' },
  ELOOP: { message: 'a link that points at itself', hint: 'remove the link' },
};

/** What is said where the system refuses; a defect is thrown on. */
export function unreadableBecause(path: string, error: unknown): Unreadable {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  if (error.code === 'ERR_INVALID_ARG_VALUE') return refusal(path, 'no such file: its name holds a NUL byte');
  if (!('syscall' in error)) throw error;
  const known = SENTENCES[String(error.code)];
  return refusal(path, known?.message ?? `cannot be read: ${error.message}`, known?.hint);
}

/** One bad path must not hide the others. */
function* attempt(path: string, walk: () => Generator<Found>): Generator<Found> {
  try {
    yield* walk();
  } catch (error) {
    yield { kind: 'unreadable', unreadable: unreadableBecause(path, error) };
  }
}

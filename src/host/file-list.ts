/** Lists of a container's files, made by its own `find` and `stat`, and what differs between two of them. */
import type { FilesystemChange, PathStat } from '../engine/engine.ts';

/** One line a file; GNU's and busybox's tools know all of it. */
export function listCommand(roots: readonly string[]): readonly string[] {
  return ['find', ...roots, '-xdev', '-exec', 'stat', '-c', '%f %u %g %s %Y %n', '{}', '+'];
}

/** Each symlink and where it leads, on a line each; only GNU's `find` can. */
export function linksCommand(roots: readonly string[]): readonly string[] {
  return ['find', ...roots, '-xdev', '-type', 'l', '-printf', '%p\\n%l\\n'];
}

/** Path to target. A name with a line break shifts what follows, so all of it is left out. */
export function parseLinks(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n');
  const links = new Map<string, string>();
  for (let index = 0; index + 1 < lines.length; index += 2) {
    if (!lines[index]!.startsWith('/')) return new Map();
    links.set(lines[index]!, lines[index + 1]!);
  }
  return links;
}

/** A list of this length is of no image; what a container prints is not trusted. */
const MAX_FILES = 1_000_000;
/** Differences that are kept; a container that writes more is described well enough by these. */
const MAX_CHANGES = 20_000;

export interface ListedFile {
  readonly type: PathStat['type'];
  /** The lower twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

export type FileList = ReadonlyMap<string, ListedFile>;

const LINE = /^([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+) (\/.*)$/;
/** The kind of a file in its mode, above the twelve bits. */
const TYPES: ReadonlyMap<number, PathStat['type']> = new Map([
  [0o10, 'file'],
  [0o04, 'directory'],
  [0o12, 'symlink'],
]);

/** Lines that are none (names with line breaks) are passed over. */
export function parseFileList(text: string): FileList {
  const files = new Map<string, ListedFile>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    if (files.size >= MAX_FILES) break;
    const mode = Number.parseInt(match[1]!, 16);
    files.set(match[6]!, {
      type: TYPES.get(mode >> 12) ?? 'other',
      mode: mode & 0o7777,
      uid: Number(match[2]),
      gid: Number(match[3]),
      size: Number(match[4]),
      modified: Number(match[5]),
    });
  }
  return files;
}

/**
 * What `now` has that `before` has not, in paths sorted. A file counts as modified by its type, size, time, owner or mode,
 * a directory by its owner or mode alone. `before` may list places that `now`'s user cannot look into: a file is deleted
 * only where its directory could be read.
 */
export function fileChanges(
  before: FileList,
  now: FileList,
  user: { readonly uid: number; readonly gid: number },
): FilesystemChange[] {
  const changes: FilesystemChange[] = [];
  for (const [path, file] of now) {
    const old = before.get(path);
    if (old === undefined) changes.push({ path, kind: 'added' });
    else if (differs(old, file)) changes.push({ path, kind: 'modified' });
  }
  for (const path of before.keys()) {
    if (now.has(path)) continue;
    const parent = now.get(path.slice(0, path.lastIndexOf('/')) || '/');
    // What was below a deleted directory went with it.
    if (parent?.type === 'directory' && readable(parent, user)) changes.push({ path, kind: 'deleted' });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, MAX_CHANGES);
}

function differs(old: ListedFile, file: ListedFile): boolean {
  if (old.type !== file.type || old.mode !== file.mode || old.uid !== file.uid || old.gid !== file.gid) return true;
  return file.type !== 'directory' && (old.size !== file.size || old.modified !== file.modified);
}

/** By the class of the mode that counts for the user; groups beyond the first are not known. */
function readable({ mode, uid, gid }: ListedFile, user: { readonly uid: number; readonly gid: number }): boolean {
  const shift = user.uid === uid ? 6 : user.gid === gid ? 3 : 0;
  return user.uid === 0 || ((mode >> shift) & 0o5) === 0o5;
}

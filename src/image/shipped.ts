/** Describes a directory of an image by the entries that lie below it. */

import type { ArchiveEntry } from '../engine/archive.ts';
import type { ShippedDirectory } from '../profile/placement.ts';

/** More than this many files below a directory say no more than this many. */
const MAX_SHIPPED = 1000;
/** A directory of few but huge files must not be streamed whole. */
const MAX_STREAMED_BYTES = 32 * 1024 * 1024;
/** Names are for people and for looking at kinds of files; fifty tell as much as all. */
export const MAX_NAMED = 50;

/** What is loaded by a program or run by an interpreter, whatever its mode. */
const LOADED =
  /\.(?:so(?:\.[\w.-]+)?|a|o|ko(?:\.[gx]z|\.zst)?|jar|war|ear|class|py[co]?|p[lm]|pm6|rb|[cm]?js|node|php\d?|phar|dll|exe|wasm|lua|luac|beam|tcl|elc?|sh|bash|r[ds])$/i;
/** Where a symlink leads to a stream or device of the process that opens it. */
const OUTPUT = /^\/(?:dev\/(?:stdout|stderr|stdin|null|console|tty|fd\/\d+)|proc\/(?:self|thread-self|1)\/fd\/\d+)$/;

/** An entry below the directory, as an archive or an index of layers has it. */
export type ShippedEntry = Pick<ArchiveEntry, 'type' | 'mode' | 'size' | 'linkTarget'> & {
  /** Relative to the directory. */
  readonly path: string;
};

/** Takes entries until enough is known. */
export interface ShippedCount {
  /** False: more need not be told. */
  add(entry: ShippedEntry): boolean;
  of(owner: ShippedDirectory['owner']): ShippedDirectory;
}

export function countShipped(): ShippedCount {
  const names: string[] = [];
  const programs: string[] = [];
  const outputs: string[] = [];
  let bytes = 0;
  return {
    add(entry) {
      if (entry.type !== 'directory') {
        names.push(entry.path);
        if (isProgram(entry)) programs.push(entry.path);
        if (entry.type === 'symlink' && OUTPUT.test(entry.linkTarget ?? '')) outputs.push(entry.path);
      }
      if (entry.type === 'file') bytes += entry.size;
      return names.length < MAX_SHIPPED && bytes <= MAX_STREAMED_BYTES;
    },
    of: (owner) => ({
      shippedFiles: names.length,
      owner,
      bytes,
      programs: firstOf(programs),
      outputs: firstOf(outputs),
      names: firstOf(names),
    }),
  };
}

const firstOf = (paths: readonly string[]): readonly string[] => [...paths].sort().slice(0, MAX_NAMED);

/** A symlink always has every mode bit: only its name can tell. */
function isProgram({ path, type, mode }: ShippedEntry): boolean {
  if (LOADED.test(path)) return true;
  return (type === 'file' || type === 'link') && (mode & 0o111) !== 0;
}

/** Sticky and open to everybody: made for files of whoever comes. */
export function isOpenToAll(mode: number): boolean {
  return (mode & 0o1002) === 0o1002;
}

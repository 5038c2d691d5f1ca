/** Where the report goes: standard output, or a file that is there as a whole or not at all. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../failure.ts';

export interface ReportFile {
  print(text: string): void;
  /** Everything is printed: the file takes its place. */
  keep(): void;
  /** Leaves what was there before; after `keep` it does nothing. */
  drop(): void;
}

/**
 * A report that is longer than memory is written piece by piece. A pipe or device is written to as it is: only a regular
 * file can be replaced as a whole. Throws `Failure('file-unwritable')`.
 */
export function reportFile(file: string): ReportFile {
  let descriptor: number | undefined;
  let replaced: { readonly temporary: string; readonly target: string } | undefined;
  const drop = (): void => {
    if (descriptor === undefined) return;
    closeSync(descriptor);
    descriptor = undefined;
    if (replaced !== undefined) rmSync(replaced.temporary, { force: true });
  };
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (cause) {
      drop();
      throw new Failure('file-unwritable', `${file} cannot be written: ${(cause as Error).message}`, {
        hint: 'check the path, its permissions and the space on its disk',
        cause,
      });
    }
  };
  attempt(() => {
    const there = statSync(file, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      descriptor = openSync(file, 'w');
      return;
    }
    // A link goes on pointing at the file that it points at.
    const target = there === undefined ? file : realpathSync(file);
    const temporary = join(dirname(target), `.${basename(target)}.petrify-${randomBytes(6).toString('hex')}`);
    mkdirSync(dirname(target), { recursive: true });
    descriptor = openSync(temporary, 'wx');
    replaced = { temporary, target };
  });
  return {
    print: (text) => attempt(() => writeAll(descriptor!, Buffer.from(text))),
    keep: () =>
      attempt(() => {
        if (replaced !== undefined) {
          fsyncSync(descriptor!);
          renameSync(replaced.temporary, replaced.target);
        }
        closeSync(descriptor!);
        descriptor = undefined;
      }),
    drop,
  };
}

/** A single call may write only a part. */
function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

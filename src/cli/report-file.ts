/** Where the report goes: standard output, or a file that is there as a whole or not at all. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../failure.ts';

export interface ReportFile {
  print(text: string): void;
  /** Everything is printed: the file takes its place. */
  keep(): void;
  /** Leaves what was there before; after `keep` it does nothing. */
  drop(): void;
}

/** A report that is longer than memory is written piece by piece. Throws `Failure('file-unwritable')`. */
export function reportFile(file: string): ReportFile {
  const temporary = join(dirname(file), `.${basename(file)}.petrify-${randomBytes(6).toString('hex')}`);
  let descriptor: number | undefined;
  const drop = (): void => {
    if (descriptor === undefined) return;
    closeSync(descriptor);
    descriptor = undefined;
    rmSync(temporary, { force: true });
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
  const open = () => {
    mkdirSync(dirname(file), { recursive: true });
    descriptor = openSync(temporary, 'wx');
    return descriptor;
  };
  attempt(open);
  return {
    print: (text) => attempt(() => writeAll(descriptor!, Buffer.from(text))),
    keep: () =>
      attempt(() => {
        fsyncSync(descriptor!);
        renameSync(temporary, file);
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

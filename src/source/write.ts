/** Replaces a file in one step: whoever reads it sees the old text or the new one, never half of either. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../failure.ts';

/** Who may do what with a file that did not exist before; the umask applies. */
const NEW_FILE_MODE = 0o666;

/**
 * Writes `text` as UTF-8 to `file`: a temporary file beside it, flushed to the disk, then renamed over it. Mode and owner
 * stay; a symbolic link stays one, its target is written. Throws `Failure('file-unwritable')` and leaves everything as it was.
 *
 * Synchronous on purpose: a signal handler runs before or after it, so that Ctrl-C leaves no temporary file behind.
 */
export function writeAtomic(file: string, text: string): void {
  try {
    const target = targetOf(file);
    const before = statSync(target, { throwIfNoEntry: false });
    if (before !== undefined && !before.isFile()) throw new Error('not a regular file');
    if (before !== undefined) accessSync(target, constants.W_OK);
    replace(target, text, before);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('file-unwritable', `${file} cannot be written: ${reason}`, {
      hint: 'nothing was changed; check its permissions and the space on its disk, or write elsewhere',
      cause: error,
    });
  }
}

/** Writes a result where the user asked for it, making missing folders. Throws like `writeAtomic`. */
export function writeOutput(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    throw new Failure('file-unwritable', `${file} cannot be written: ${(cause as Error).message}`, {
      hint: 'check the path',
      cause,
    });
  }
  writeAtomic(file, text);
}

function replace(target: string, text: string, before: Stats | undefined): void {
  const temporary = join(dirname(target), `.${basename(target)}.petrify-${randomBytes(6).toString('hex')}`);
  const descriptor = openSync(temporary, 'wx', before === undefined ? NEW_FILE_MODE : 0o600);
  try {
    try {
      writeFileSync(descriptor, text);
      if (before !== undefined) takeOver(descriptor, before);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushDirectory(dirname(target));
}

/** The file itself behind all links; a new file's place where nothing stands yet. */
function targetOf(file: string): string {
  const exists = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  return exists ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
}

/** Owner before mode: a change of owner takes the set-user bits away. */
function takeOver(descriptor: number, before: Stats): void {
  const isOwn = before.uid === process.geteuid?.() && before.gid === process.getegid?.();
  if (!isOwn) fchownSync(descriptor, before.uid, before.gid);
  fchmodSync(descriptor, before.mode & 0o7777);
}

/** The rename itself must survive a power cut too; some filesystems cannot flush a directory, and need not. */
function flushDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return;
  }
}

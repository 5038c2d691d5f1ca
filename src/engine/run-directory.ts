/** Removes host directories that containers have written in, whatever they left there. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Failure } from '../failure.ts';

/** Walking a volume of many files takes time; hanging for ever helps nobody. */
const CLEAR_TIMEOUT_MS = 30_000;

/**
 * Only for a directory that no container can write any more: a living one could exchange a folder for a link to
 * somewhere else while it is emptied. Throws Failure('file-unwritable') for what resists.
 */
export async function removeDirectory(directory: string): Promise<void> {
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    await remove().catch(async () => {
      await clearFlags(directory);
      await remove();
    });
  } catch (cause) {
    throw new Failure('file-unwritable', `The directory ${directory} of a run could not be removed.`, {
      hint: 'A container left something in it that resists; `lsattr -R` shows files with flags. Remove it by hand.',
      cause,
    });
  }
}

/** Files may be immutable or append-only, even for root. Without e2fsprogs they stay so, and the removal says it. */
function clearFlags(directory: string): Promise<void> {
  return new Promise((resolve) => {
    execFile('chattr', ['-R', '-f', '-ia', directory], { timeout: CLEAR_TIMEOUT_MS }, () => resolve());
  });
}

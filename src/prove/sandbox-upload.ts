/** Where uploads into a container of the sandbox go, and what a program that was to receive one said. */
import { arrivalNames } from './arrival.ts';
import { newName } from './dropping.ts';
import type { Target } from './target.ts';

/** Nearly every image has it, and runtimes make it for their own mounts. */
export const UPLOAD_DIRECTORY = '/etc';

/** Some bytes: a program of the image that takes longer hangs. */
export const UPLOAD_TIMEOUT_MS = 10_000;

/** The file of an upload, and every name that looking for it may make. */
export function uploadPaths(target: Target, suffix: string) {
  const path = newName(target, UPLOAD_DIRECTORY, suffix);
  return { path, makes: arrivalNames(path) };
}

/** The first line of what a program said, else how it ended. */
export function answerOf(program: string, { stderr, exitCode }: { stderr: Buffer; exitCode: number | null }): string {
  return stderr.toString('utf8').split('\n')[0] || `${program} ended with exit code ${exitCode}`;
}

/** What came of an upload: whether the file appeared, and else what the kernel says to a file in the same place. */
import type { Hands, Observed } from './attack.ts';
import { newName } from './dropping.ts';
import { call, output, resultOf } from './probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, STATX_BYTES, STATX_WANTED } from './probe/syscalls.ts';
import { refusalIn } from './refusal.ts';
import type { Target } from './target.ts';

/** Where uploads go: nearly every image has it, and runtimes make it for their own mounts. */
export const UPLOAD_DIRECTORY = '/etc';

/** Some bytes: a program of the image that takes longer hangs. */
export const UPLOAD_TIMEOUT_MS = 10_000;

/** The file of an upload, and its neighbour that only `judgeUpload` makes. */
export function uploadPaths(target: Target, suffix: string) {
  const path = newName(target, UPLOAD_DIRECTORY, suffix);
  return { path, makes: [path, besides(path)] };
}

const besides = (path: string) => `${path}-beside`;

/**
 * Only what can be seen inside the container counts: an engine may answer that all went well while nothing arrived.
 * Where it gave no reason, creating a file beside it asks the kernel for one. What appeared is removed.
 */
export async function judgeUpload(hands: Hands, path: string, answer: string): Promise<Observed> {
  const seen = call('statx', AT_FDCWD, path, 0, STATX_WANTED, output(STATX_BYTES));
  const removed = call('unlinkat', AT_FDCWD, path, 0);
  const beside = call('openat', AT_FDCWD, besides(path), O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const tidy = [call('close', resultOf(beside)), call('unlinkat', AT_FDCWD, besides(path), 0)];
  const report = await hands.probe([seen, removed, beside, ...tidy]);
  if (report.errno(seen) === null) return { result: 'won', errno: null, detail: `${path} appeared in the container` };
  const errno = refusalIn(answer);
  // What stopped it stands at the end of a chain of causes.
  const cause = answer.split(': ').slice(-2).join(': ');
  if (errno !== null) return { result: 'refused', errno, detail: `${path} did not appear: ${cause}` };
  const kernels = report.errno(beside);
  const told = `${path} did not appear (the answer was: ${answer})`;
  if (report.errno(seen) !== 'ENOENT' || kernels === null || refusalIn(kernels) === null) {
    return { result: 'undecided', errno: kernels, detail: `${told}, for a reason that is not known` };
  }
  return { result: 'refused', errno: kernels, detail: `${told}; creating a file there is refused with ${kernels}` };
}

/** The first line of what a program said, else how it ended. */
export function answerOf(program: string, { stderr, exitCode }: { stderr: Buffer; exitCode: number | null }): string {
  return stderr.toString('utf8').split('\n')[0] || `${program} ended with exit code ${exitCode}`;
}

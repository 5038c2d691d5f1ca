/** Looks whether a file that was copied into a container has arrived, and takes it away again. */
import type { Hands, Observed } from './attack.ts';
import { call, output, resultOf } from './probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, STATX_BYTES, STATX_WANTED } from './probe/syscalls.ts';
import { refusalIn } from './refusal.ts';

/** Every name that looking may make. */
export const arrivalNames = (path: string): readonly string[] => [path, beside(path)];

const beside = (path: string) => `${path}-beside`;

/**
 * Only what can be seen inside the container counts: it may be answered that all went well while nothing arrived.
 * Where `answer` gives no reason, creating a file beside it asks the kernel for one.
 */
export async function arrival(hands: Hands, path: string, answer: string): Promise<Observed> {
  const seen = call('statx', AT_FDCWD, path, 0, STATX_WANTED, output(STATX_BYTES));
  const removed = call('unlinkat', AT_FDCWD, path, 0);
  const created = call('openat', AT_FDCWD, beside(path), O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const tidy = [call('close', resultOf(created)), call('unlinkat', AT_FDCWD, beside(path), 0)];
  const report = await hands.probe([seen, removed, created, ...tidy]);
  if (report.errno(seen) === null) return { result: 'won', errno: null, detail: `${path} appeared in the container` };
  const errno = refusalIn(answer);
  // What stopped it stands at the end of a chain of causes.
  const cause = answer.split(': ').slice(-2).join(': ');
  if (errno !== null) return { result: 'refused', errno, detail: `${path} did not appear: ${cause}` };
  const kernels = report.errno(created);
  const told = `${path} did not appear (the answer was: ${answer})`;
  if (report.errno(seen) !== 'ENOENT' || kernels === null || refusalIn(kernels) === null) {
    return { result: 'undecided', errno: kernels, detail: `${told}, for a reason that is not known` };
  }
  return { result: 'refused', errno: kernels, detail: `${told}; creating a file there is refused with ${kernels}` };
}

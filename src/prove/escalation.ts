/** A program that tells whether the kernel made it root: what a setuid-root program is there for. */
import { assemble } from './probe/assemble.ts';
import { call, resultOf } from './probe/program.ts';
import type { Architecture } from './probe/syscalls.ts';

/**
 * It asks to be root and exits with the low byte of the answer: 0 where its effective or saved user is root already, else
 * that of -EPERM.
 */
export function becomesRoot(architecture: Architecture): Buffer {
  const asked = call('setuid', 0);
  return assemble([asked, call('exit_group', resultOf(asked))], architecture);
}

/** A program that tells whether the kernel made it root, what a setuid-root program is there for; and running it. */
import type { Execution, ProbeTry } from './attack.ts';
import { assemble } from './probe/assemble.ts';
import { type Call, call, output, resultOf, spawn } from './probe/program.ts';
import type { Architecture } from './probe/syscalls.ts';
import type { Target } from './target.ts';

/**
 * It asks to be root and exits with the low byte of the answer: 0 where its effective or saved user is root already, else
 * that of -EPERM.
 */
export function becomesRoot(architecture: Architecture): Buffer {
  const asked = call('setuid', 0);
  return assemble([asked, call('exit_group', resultOf(asked))], architecture);
}

/** The traditional `nobody`. */
const NOBODY = 65534;

interface Running {
  readonly calls: readonly Call[];
  /** That it became somebody else first, where it was to. */
  readonly decisive: ProbeTry['decisive'];
  readonly execution: Execution;
}

/** Runs such a program in a child, `as` whoever one is, or as nobody who is root. */
export function runToBecomeRoot(target: Target, program: string, as: 'self' | 'nobody'): Running {
  const [group, user] = [call('setgid', NOBODY), call('setuid', NOBODY)];
  const executed = call('execve', program, [program], []);
  const child = as === 'nobody' ? spawn(group, user, executed) : spawn(executed);
  const status = output(8);
  const waited = call('wait4', resultOf(child), status, 0, 0);
  const refusedBy = target.noNewPrivileges ? 'no new privileges' : 'nosuid mount';
  return {
    calls: [child, waited],
    decisive: as === 'nobody' ? [user] : [],
    execution: { executed, waited, status, exitCode: 0, exitsWithErrno: true, refusedBy, required: true },
  };
}

/** Take hold of another process: of its memory, and of its course. */
import type { Attack, ProbeTry } from '../attack.ts';
import { inNamespaces } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDWR } from '../probe/syscalls.ts';

const FIRST_PROCESS = 1;
const PTRACE_SEIZE = 0x4206;

/** Opened for writing and never written. */
function memory(): ProbeTry {
  const opened = call('openat', AT_FDCWD, `/proc/${FIRST_PROCESS}/mem`, O_RDWR);
  const program = [opened, call('close', resultOf(opened))];
  return { place: 'memory', gain: 'residual', program, decisive: [opened] };
}

/** The child that seizes ends at once, and with it the process is free again; it was never stopped. */
function seize(): ProbeTry {
  const seized = call('ptrace', PTRACE_SEIZE, FIRST_PROCESS, 0, 0);
  const { child, calls } = inNamespaces(0, seized);
  return { place: 'ptrace', gain: 'residual', program: calls, decisive: [child, seized] };
}

const attack: Attack = {
  id: 'inject-process',
  title: 'Inject code into another process',
  family: 'kernel',
  technique: 'T1036',
  harmless: false,
  opens: {
    kind: 'technique',
    what: 'own processes',
    why: 'a process can change the memory of others of the same user in the same container; no field of a pod prevents it',
  },
  why: 'Code in the memory of the application runs under its name and stands in no file; no field of a pod keeps a user from its own processes.',
  stoppedBy: [],
  plan: () => ({ tries: [memory(), seize()], skipped: [] }),
};

export default attack;

/** Take hold of another process: of its memory, and of its course. */
import type { Attack, ProbeTry } from '../attack.ts';
import { inNamespaces } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDWR } from '../probe/syscalls.ts';
import type { Target } from '../target.ts';

const PTRACE_SEIZE = 0x4206;

/** The second process of every host, and of no container, is one of the kernel's own. */
const SECOND_PROCESS = '/proc/2/comm';
const KERNELS_OWN = 'kthreadd';

/** Opened for writing and never written. */
function memory({ firstProcess }: Target, gain: ProbeTry['gain']): ProbeTry {
  const opened = call('openat', AT_FDCWD, `/proc/${firstProcess}/mem`, O_RDWR);
  const program = [opened, call('close', resultOf(opened))];
  return { place: 'memory', gain, program, decisive: [opened], needs: 'SYS_PTRACE' };
}

/** The child that seizes ends at once, and with it the process is free again; it was never stopped. */
function seize({ firstProcess }: Target): ProbeTry {
  const seized = call('ptrace', PTRACE_SEIZE, firstProcess, 0, 0);
  const { child, calls } = inNamespaces(0, seized);
  return { place: 'ptrace', gain: 'residual', program: calls, decisive: [child, seized], needs: 'SYS_PTRACE' };
}

function seesHost({ contents }: Target): boolean {
  return contents.get(SECOND_PROCESS)?.toString('latin1').trim() === KERNELS_OWN;
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
  reads: [SECOND_PROCESS],
  // Where the kernel lets nobody else trace what is not its own child (Yama), the twin still shows that the calls work.
  twinCapabilities: ['SYS_PTRACE'],
  why: 'Code in the memory of the application runs under its name and stands in no file. No field of a pod keeps a user from its own processes, but a pod need not see those of the host.',
  stoppedBy: ['host-pid'],
  plan(target) {
    if (!seesHost(target)) return { tries: [memory(target, 'residual'), seize(target)], skipped: [] };
    // The first process is the host's: it is left alone, and its memory is only opened.
    return {
      tries: [memory(target, 'succeeded')],
      skipped: [{ place: 'ptrace', reason: 'the first process is the host’s' }],
    };
  },
};

export default attack;

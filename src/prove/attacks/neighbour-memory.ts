/** Open the memory of another container's process for writing; not a byte of it is changed. */
import type { Attack } from '../attack.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_WRONLY } from '../probe/syscalls.ts';

const attack: Attack = {
  id: 'neighbour-memory',
  title: "Open the memory of another container's process for writing",
  family: 'neighbours',
  technique: 'T1036',
  harmless: false,
  why: 'Who may write the memory of a process makes it run anything, with everything that the other container may do, and leaves no file.',
  stoppedBy: ['shared-process-namespace', 'host-pid'],
  opens: {
    kind: 'technique',
    what: "a neighbour's memory",
    why: 'the pod shares its processes, and a neighbour runs as the same user with no more capabilities: either can change what the other runs',
  },
  // Where the Yama module protects processes from those of the same user.
  twinCapabilities: ['SYS_PTRACE'],
  plan({ neighbours }) {
    if (typeof neighbours === 'string') return { tries: [], skipped: [{ place: '', reason: neighbours }] };
    const tries = neighbours.map(({ container, pid }) => {
      const opened = call('openat', AT_FDCWD, `/proc/${pid}/mem`, O_WRONLY);
      const program = [opened, call('close', resultOf(opened))];
      return { place: container.name, gain: 'residual', program, decisive: [opened] } as const;
    });
    return { tries, skipped: [] };
  },
};

export default attack;

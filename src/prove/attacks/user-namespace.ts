/** Become root of a user namespace of one's own, with every capability in it. */
import type { Attack } from '../attack.ts';
import { inNamespaces } from '../namespaces.ts';
import { call } from '../probe/program.ts';
import { CLONE_NEWUSER } from '../probe/syscalls.ts';

const attack: Attack = {
  id: 'user-namespace',
  title: 'Create a user namespace',
  family: 'mounts',
  technique: 'T1068',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'user namespace',
    why: 'the kernel gives every capability to whoever creates a user namespace, within it; a seccomp filter can refuse the call',
  },
  why: 'In a namespace of its own a process has every capability, and reaches parts of the kernel that are otherwise closed to it.',
  stoppedBy: ['missing-seccomp-profile', 'unconfined-seccomp'],
  plan() {
    const { child, calls } = inNamespaces(CLONE_NEWUSER, call('geteuid'));
    return { tries: [{ place: '', gain: 'residual', program: calls, decisive: [child] }], skipped: [] };
  },
};

export default attack;

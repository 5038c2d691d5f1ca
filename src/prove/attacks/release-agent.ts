/** Reach the program that the kernel runs when a control group is empty. */
import type { Attack } from '../attack.ts';
import { inNamespaces, SCRATCH } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNS, O_WRONLY } from '../probe/syscalls.ts';

const GROUPS = '/proc/self/cgroup';
/** `4:memory:/path`: a hierarchy of version 1, with the controllers that a mount of it must name. */
const HIERARCHY = /^[1-9]\d*:([a-z_,]{1,100}):/m;

const attack: Attack = {
  id: 'release-agent',
  title: 'Have the kernel run a release agent on the host',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  reads: [GROUPS],
  why: 'The kernel runs the release agent of a control group as root of the host; a mount of the hierarchy shows the file that names it.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const controllers = HIERARCHY.exec(target.contents.get(GROUPS)?.toString('latin1') ?? '')?.[1];
    if (controllers === undefined) {
      const reason = 'this host has no control groups of version 1, and others have no release agent';
      return { tries: [], skipped: [{ place: '', reason }] };
    }
    // Another view of a hierarchy that exists; opened and never written.
    const mounted = call('mount', 'cgroup', SCRATCH, 'cgroup', 0, controllers);
    const opened = call('openat', AT_FDCWD, `${SCRATCH}/release_agent`, O_WRONLY);
    const { child, calls } = inNamespaces(CLONE_NEWNS, mounted, opened, call('close', resultOf(opened)));
    const decisive = [child, mounted, opened];
    return {
      tries: [{ place: 'mount', gain: 'succeeded', program: calls, decisive, needs: 'SYS_ADMIN' }],
      skipped: [],
    };
  },
};

export default attack;

/** Enter the mount namespace of another process. */
import type { Attack } from '../attack.ts';
import { hasCapability } from '../layer.ts';
import { inNamespaces } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNS, O_RDONLY } from '../probe/syscalls.ts';

/** Of the first process: the container's own, or the host's where the pod shares its processes. */
const NAMESPACE = '/proc/1/ns/mnt';

const attack: Attack = {
  id: 'enter-namespace',
  title: 'Enter the namespaces of another process',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  why: 'Whoever may enter namespaces and sees a process of the host stands in the file system of the host, as that process does.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root', 'host-pid'],
  plan(target) {
    const opened = call('openat', AT_FDCWD, NAMESPACE, O_RDONLY);
    const entered = call('setns', resultOf(opened), CLONE_NEWNS);
    // A child enters and ends: nothing is done there.
    const { child, calls } = inNamespaces(0, entered);
    const program = [opened, ...calls, call('close', resultOf(opened))];
    const decisive = [opened, child, entered];
    // Who comes into another file system gets another root, which is a privilege of its own.
    const needs = hasCapability(target, 'SYS_ADMIN') ? 'SYS_CHROOT' : 'SYS_ADMIN';
    return { tries: [{ place: 'mnt', gain: 'succeeded', program, decisive, needs }], skipped: [] };
  },
};

export default attack;

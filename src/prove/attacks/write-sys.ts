/** Reach the settings of the host's devices and memory below /sys. */
import type { Attack, ProbeTry } from '../attack.ts';
import { inNamespaces } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNET, CLONE_NEWNS, O_WRONLY } from '../probe/syscalls.ts';
import type { Target } from '../target.ts';

/** The first names a program that the kernel runs; opening any of them does nothing. */
const SETTINGS = [
  '/sys/kernel/uevent_helper',
  '/sys/kernel/rcu_expedited',
  '/sys/kernel/mm/transparent_hugepage/enabled',
];

/** Opened for writing and never written. */
function openSetting(target: Target, setting: string): ProbeTry {
  // A twin's /sys is read-only as well, so it opens the same setting in a fresh one.
  if (target.twin) return { ...openInFresh(target, setting), place: 'open' };
  const opened = call('openat', AT_FDCWD, setting, O_WRONLY);
  const program = [opened, call('close', resultOf(opened))];
  return { place: 'open', gain: 'succeeded', program, decisive: [opened], ...refusals(target) };
}

/**
 * A /sys belongs to a network namespace, and that it is read-only to all of its mounts: with a pod in the host's network
 * a remount would change the host's own. A new network has one of its own, with the same settings in it.
 */
function openInFresh(target: Target, setting: string): ProbeTry {
  const mounted = call('mount', 'sysfs', '/sys', 'sysfs', 0, 0);
  const opened = call('openat', AT_FDCWD, setting, O_WRONLY);
  const { child, calls } = inNamespaces(CLONE_NEWNET | CLONE_NEWNS, mounted, opened, call('close', resultOf(opened)));
  return {
    place: 'mount',
    gain: 'succeeded',
    program: calls,
    decisive: [child, mounted, opened],
    needs: 'SYS_ADMIN',
    ...refusals(target),
  };
}

/** The settings belong to the host's root, who is somebody else in a user namespace. */
function refusals({ userNamespace }: Target): Pick<ProbeTry, 'layers'> {
  return userNamespace ? { layers: { EACCES: 'user namespace' } } : {};
}

const attack: Attack = {
  id: 'write-sys',
  title: 'Change settings of the host below /sys',
  family: 'kernel',
  technique: 'T1611',
  harmless: false,
  looksAt: SETTINGS,
  why: 'Below /sys lie the devices, the memory and the power of the whole machine, and settings that name programs which the kernel runs.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root', 'user-namespace'],
  plan(target) {
    const setting = SETTINGS.find((path) => target.paths.has(path));
    if (setting === undefined) {
      return { tries: [], skipped: [{ place: '', reason: 'the container sees no setting below /sys' }] };
    }
    return { tries: [openSetting(target, setting), openInFresh(target, setting)], skipped: [] };
  },
};

export default attack;

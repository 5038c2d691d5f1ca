/** Reach a disk of the host through a node that the container was given. */
import type { Attack, ProbeTry } from '../attack.ts';
import { askForDevice, NULL_DEVICE, openDevice, READ } from '../devices.ts';
import { USUAL_DISKS } from '../disks.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from '../probe/syscalls.ts';
import { isDirectory, type Target } from '../target.ts';

/** `faccessat` asks for the permissions and the device cgroup, and no driver hears of it. */
function ask(target: Target, path: string): ProbeTry {
  const asked = call('faccessat', AT_FDCWD, path, READ);
  return { place: path, gain: 'succeeded', program: [asked], decisive: [asked], layers: layersOf(target) };
}

function open(target: Target, path: string): ProbeTry {
  const opened = call('openat', AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  const program = [opened, call('close', resultOf(opened))];
  return { place: `${path},open`, gain: 'succeeded', program, decisive: [opened], layers: layersOf(target) };
}

/** The node belongs to the host's root, who is somebody else in a user namespace. */
function layersOf({ userNamespace }: Target): ProbeTry['layers'] & {} {
  return { EPERM: 'device cgroup', ...(userNamespace ? { EACCES: 'user namespace' as const } : {}) };
}

/** A twin has no disk: it does the same with a harmless node of its own. */
function onTwin(target: Target, path: string): readonly ProbeTry[] {
  const name = path.slice('/dev/'.length);
  const asked = { ...askForDevice(target, name, NULL_DEVICE, READ), place: path };
  const opened = openDevice(target, `${name},open`, NULL_DEVICE, O_RDONLY | O_NONBLOCK);
  return [asked, { ...opened, place: `${path},open` }];
}

const attack: Attack = {
  id: 'host-disk',
  title: 'Read a disk of the host that the container was given',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  looksAt: USUAL_DISKS,
  why: 'A privileged container has every device of the host in its /dev, the disk with all its files among them.',
  stoppedBy: ['privileged', 'host-device', 'block-device', 'run-as-non-root'],
  plan(target) {
    if (target.twin) {
      const tries = isDirectory(target, '/dev') ? USUAL_DISKS.flatMap((path) => onTwin(target, path)) : [];
      return { tries, skipped: [] };
    }
    const disks = USUAL_DISKS.filter((path) => target.paths.get(path)?.kind === 'block device');
    if (disks.length === 0) {
      return { tries: [], skipped: [{ place: '', reason: 'the container has no node of a disk in /dev' }] };
    }
    const { hostAttacks } = target;
    if (hostAttacks === true)
      return { tries: disks.flatMap((path) => [ask(target, path), open(target, path)]), skipped: [] };
    return {
      tries: disks.map((path) => ask(target, path)),
      skipped: disks.map((path) => ({ place: `${path},open`, reason: hostAttacks })),
    };
  },
};

export default attack;

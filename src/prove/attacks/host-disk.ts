/** Reach a disk of the host through a node that the container was given. */
import type { Attack, ProbeTry } from '../attack.ts';
import { askForDevice, NULL_DEVICE, openDevice, READ, tryGivenDevice } from '../devices.ts';
import { USUAL_DISKS } from '../disks.ts';
import { O_NONBLOCK, O_RDONLY } from '../probe/syscalls.ts';
import { isDirectory, type Target } from '../target.ts';

const WITHOUT_WAITING = O_RDONLY | O_NONBLOCK;

/** A twin has no disk: it does the same with a harmless node of its own. */
function onTwin(target: Target, path: string): readonly ProbeTry[] {
  const name = path.slice('/dev/'.length);
  const asked = { ...askForDevice(target, name, NULL_DEVICE, READ), place: path };
  const opened = openDevice(target, `${name}-open`, NULL_DEVICE, WITHOUT_WAITING);
  return [asked, { ...opened, place: `${path},open` }];
}

const attack: Attack = {
  id: 'host-disk',
  title: 'Read a disk of the host that the container was given',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  touchesHost: true,
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
    const asked = disks.map((path) => tryGivenDevice(target, path, path));
    if (hostAttacks === true) {
      return {
        tries: [...asked, ...disks.map((path) => tryGivenDevice(target, `${path},open`, path, WITHOUT_WAITING))],
        skipped: [],
      };
    }
    return { tries: asked, skipped: disks.map((path) => ({ place: `${path},open`, reason: hostAttacks })) };
  },
};

export default attack;

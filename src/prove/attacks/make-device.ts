/** Create a device node; it is never opened. */
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD, S_IFCHR } from '../probe/syscalls.ts';
import { isDirectory, type Target, writablePlaces } from '../target.ts';

/** Character device 1:3, /dev/null: harmless even if somebody opened it. (0:0 would need no privilege: a whiteout.) */
const DEV_NULL = (1 << 8) | 3;

function makeDevice(target: Target, directory: string): ProbeTry {
  const name = newName(target, directory, '-device');
  const made = call('mknodat', AT_FDCWD, name, S_IFCHR | 0o600, DEV_NULL);
  const program = [made, call('unlinkat', AT_FDCWD, name, 0)];
  return { place: directory, gain: 'succeeded', program, decisive: [made], needs: 'MKNOD' };
}

const attack: Attack = {
  id: 'make-device',
  title: 'Create a device node',
  family: 'kernel',
  technique: 'T1611',
  harmless: false,
  why: 'A node for the disk of the host is the first half of reading and writing it; the other half is the device cgroup.',
  stoppedBy: ['run-as-non-root'],
  plan(target) {
    // One of the writable mounts stands for all: the capability decides, not the place.
    const volume = writablePlaces(target).find(({ facts }) => facts.kind === 'directory');
    const candidates = ['/', '/dev', ...(volume === undefined ? [] : [volume.mount.path])];
    const places = candidates.filter((path) => isDirectory(target, path));
    return { tries: places.map((place) => makeDevice(target, place)), skipped: [] };
  },
};

export default attack;

/** Reach the device with which files become disks. */
import type { Attack } from '../attack.ts';
import { askForDevice, LOOP_CONTROL, NULL_DEVICE, openDevice, READ_AND_WRITE } from '../devices.ts';
import { O_NONBLOCK, O_RDWR } from '../probe/syscalls.ts';
import { isDirectory } from '../target.ts';

const attack: Attack = {
  id: 'loop-device',
  title: 'Set up a loop device',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  touchesHost: true,
  why: 'A loop device makes a disk of a file that the intruder has written: the kernel then parses its file system as root.',
  stoppedBy: ['privileged', 'run-as-non-root', 'drop-all-capabilities'],
  plan(target) {
    if (!isDirectory(target, '/dev'))
      return { tries: [], skipped: [{ place: '', reason: 'the container has no /dev' }] };
    const device = target.twin ? NULL_DEVICE : LOOP_CONTROL;
    const asked = askForDevice(target, 'access', device, READ_AND_WRITE);
    // Opening it may make the kernel of the host load a module.
    if (target.hostAttacks !== true) {
      return { tries: [asked], skipped: [{ place: 'open', reason: target.hostAttacks }] };
    }
    return { tries: [asked, openDevice(target, 'open', device, O_RDWR | O_NONBLOCK)], skipped: [] };
  },
};

export default attack;

/** Make a node for the disk of the host, and see whether it opens. */
import type { Attack } from '../attack.ts';
import { askForDevice, NULL_DEVICE, openDevice, READ } from '../devices.ts';
import { diskIn, PARTITIONS } from '../disks.ts';
import { O_NONBLOCK, O_RDONLY } from '../probe/syscalls.ts';
import { isDirectory } from '../target.ts';

const attack: Attack = {
  id: 'read-disk',
  title: 'Read the disk of the host',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  touchesHost: true,
  reads: [PARTITIONS],
  why: 'On the disk lie the files of the host and of every container; past the file system no permission and no read-only mount counts.',
  stoppedBy: ['privileged', 'run-as-non-root', 'drop-all-capabilities'],
  plan(target) {
    const nothing = (reason: string) => ({ tries: [], skipped: [{ place: '', reason }] });
    const disk = diskIn(target.contents.get(PARTITIONS)?.toString('latin1') ?? '');
    if (disk === undefined) return nothing('/proc/partitions names no disk of a known kind');
    if (!isDirectory(target, '/dev')) return nothing('the container has no /dev');
    // The twin's node is harmless: what is to be shown is that the calls work.
    const device = target.twin ? NULL_DEVICE : disk;
    const asked = askForDevice(target, 'access', device, READ);
    if (target.hostAttacks !== true) {
      return { tries: [asked], skipped: [{ place: 'open', reason: target.hostAttacks }] };
    }
    return { tries: [asked, openDevice(target, 'open', device, O_RDONLY | O_NONBLOCK)], skipped: [] };
  },
};

export default attack;

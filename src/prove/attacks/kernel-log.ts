/** Open the log of the host's kernel for writing. */
import type { Attack } from '../attack.ts';
import { KERNEL_LOG, NULL_DEVICE, openDevice } from '../devices.ts';
import { O_NONBLOCK, O_WRONLY } from '../probe/syscalls.ts';
import { isDirectory } from '../target.ts';

const attack: Attack = {
  id: 'kernel-log',
  title: "Write to the log of the host's kernel",
  family: 'kernel',
  technique: 'T1070',
  harmless: true,
  why: 'Whoever writes to /dev/kmsg puts lines into the log of the machine that look as if the kernel had written them.',
  stoppedBy: ['privileged', 'host-device', 'run-as-non-root', 'drop-all-capabilities'],
  plan(target) {
    if (!isDirectory(target, '/dev'))
      return { tries: [], skipped: [{ place: '', reason: 'the container has no /dev' }] };
    // Opened and not written. A node of its own is the same device as the one that a privileged container has.
    const device = target.twin ? NULL_DEVICE : KERNEL_LOG;
    return { tries: [openDevice(target, 'kmsg', device, O_WRONLY | O_NONBLOCK)], skipped: [] };
  },
};

export default attack;

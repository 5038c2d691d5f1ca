/** Reach the file whose letters reboot the host. */
import type { Attack } from '../attack.ts';
import { bothWays } from '../kernel-files.ts';

const TRIGGER = '/proc/sysrq-trigger';

const attack: Attack = {
  id: 'trigger-sysrq',
  title: 'Reboot or crash the host through sysrq',
  family: 'kernel',
  technique: 'T1485',
  harmless: false,
  looksAt: [TRIGGER],
  why: 'One letter written to /proc/sysrq-trigger reboots the machine without saving anything, or kills every process on it.',
  stoppedBy: ['privileged', 'unmasked-proc-mount', 'added-capabilities', 'run-as-non-root', 'user-namespace'],
  plan(target) {
    if (!target.paths.has(TRIGGER)) {
      return { tries: [], skipped: [{ place: '', reason: 'the kernel of this host has no sysrq' }] };
    }
    // Opened and never written.
    return bothWays(target, 'open', TRIGGER);
  },
};

export default attack;

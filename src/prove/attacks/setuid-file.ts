/** Leave a setuid-root program in a writable place, and use it as another user. */
import type { Attack } from '../attack.ts';
import { newName } from '../dropping.ts';
import { becomesRoot } from '../escalation.ts';
import { call, output, resultOf, spawn } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { scratchWithout } from '../scratch.ts';

const SETUID = 0o4755;
/** The traditional `nobody`. */
const OTHER_USER = 65534;

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
    const [otherGroup, otherUser] = [call('setgid', OTHER_USER), call('setuid', OTHER_USER)];
    const executed = call('execve', name, [name], []);
    const child = spawn(otherGroup, otherUser, executed);
    const status = output(8);
    const waited = call('wait4', resultOf(child), status, 0, 0);
    const removed = call('unlinkat', AT_FDCWD, name, 0);
    const program = [created, wrote, owned, marked, call('close', resultOf(created)), child, waited, removed];
    return {
      tries: [
        {
          place: scratch.path,
          gain: 'succeeded',
          program,
          decisive: [created, wrote, owned, marked, otherUser],
          needs: 'CHOWN',
          execution: { executed, waited, status, exitCode: 0, exitsWithErrno: true, required: true },
        },
      ],
      skipped: [],
    };
  },
};

export default attack;

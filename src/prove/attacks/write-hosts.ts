/** Change /etc/hosts, which the kubelet mounts writable into every container. */
import type { Attack } from '../attack.ts';
import { isDeclared } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_APPEND, O_WRONLY, SEEK_END } from '../probe/syscalls.ts';

const HOSTS = '/etc/hosts';
/** Resolvers skip it. */
const COMMENT = Buffer.from('# petrify\n');

const attack: Attack = {
  id: 'write-hosts',
  title: 'Change /etc/hosts',
  family: 'files',
  technique: 'T1562.001',
  harmless: false,
  opens: { kind: 'place', why: 'mounted by the kubelet: uid 0 may write it' },
  why: 'A changed name sends the application to a server of the intruder. Only the permissions of the file stop it: uid 0 may write.',
  stoppedBy: ['run-as-non-root'],
  plan(target) {
    const facts = target.paths.get(HOSTS);
    if (facts?.kind !== 'file')
      return { tries: [], skipped: [{ place: '', reason: 'the container has no /etc/hosts' }] };
    // What the manifest mounts there is a volume like others; a twin has it read-only as well.
    const declared = isDeclared(target, HOSTS);
    if (declared && target.mounts.some(({ id, writable }) => id === facts.mountId && !writable)) {
      return { tries: [], skipped: [{ place: '', reason: 'the manifest mounts /etc/hosts itself, read-only' }] };
    }
    const gain = declared ? 'residual' : 'succeeded';
    const opened = call('openat', AT_FDCWD, HOSTS, O_WRONLY | O_APPEND);
    const end = call('lseek', resultOf(opened), 0, SEEK_END);
    const wrote = call('write', resultOf(opened), COMMENT, COMMENT.length);
    // Without its former length the cut is no valid call, and nothing is lost.
    const undone = call('ftruncate', resultOf(opened), resultOf(end));
    const remark = 'what was appended was cut off again';
    const program = [opened, end, wrote, undone, call('close', resultOf(opened))];
    return { tries: [{ place: HOSTS, gain, program, decisive: [opened, wrote], remark }], skipped: [] };
  },
};

export default attack;

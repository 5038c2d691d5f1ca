/** Execute a file that has no name any more, by its descriptor. */
import type { Attack } from '../attack.ts';
import { executionOf, newName, PAYLOAD_EXIT_CODE, payload } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_EMPTY_PATH, AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from '../probe/syscalls.ts';
import { scratchWithout } from '../scratch.ts';

const attack: Attack = {
  id: 'run-deleted-file',
  title: 'Execute a file that was deleted',
  family: 'code',
  technique: 'T1036',
  why: 'A file that is executed by its descriptor (fexecve) after it was deleted leaves nothing to find for whoever looks through the volume.',
  stoppedBy: [],
  harmless: false,
  plan(target) {
    const scratch = scratchWithout(target, ['noexec']);
    if ('reason' in scratch) return { tries: [], skipped: [{ place: '', reason: scratch.reason }] };
    const name = newName(target, scratch.path, '-deleted');
    const content = payload(target.architecture);
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o755);
    const wrote = call('write', resultOf(created), content, content.length);
    const closed = call('close', resultOf(created));
    const opened = call('openat', AT_FDCWD, name, O_RDONLY);
    const removed = call('unlinkat', AT_FDCWD, name, 0);
    const run = executionOf(call('execveat', resultOf(opened), '', ['petrify'], [], AT_EMPTY_PATH), PAYLOAD_EXIT_CODE);
    const program = [created, wrote, closed, opened, removed, ...run.calls, call('close', resultOf(opened))];
    const decisive = [created, wrote, opened, removed];
    const step = { program, decisive, execution: { ...run.execution, required: true } };
    return { tries: [{ place: scratch.path, gain: 'residual', ...step }], skipped: [] };
  },
};

export default attack;

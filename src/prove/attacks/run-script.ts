/** Have an interpreter of the image run a script from a writable place. */
import type { Attack } from '../attack.ts';
import { execution, newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { writablePlaces } from '../target.ts';

const SHELL = '/bin/sh';
const SCRIPT_EXIT_CODE = 43;
const SCRIPT = Buffer.from(`exit ${SCRIPT_EXIT_CODE}\n`);

const attack: Attack = {
  id: 'run-script',
  title: 'Run a script by an interpreter of the image',
  family: 'code',
  technique: 'T1496',
  harmless: false,
  opens: {
    kind: 'technique',
    what: 'interpreter',
    why: 'the shell of the image runs a script from any writable place, also from one that is noexec',
  },
  why: 'An interpreter only reads its script, so a mount without execution does not stop it. An image without a shell does.',
  stoppedBy: [],
  plan(target) {
    if (target.paths.get(SHELL)?.kind !== 'file') {
      return {
        tries: [],
        skipped: [{ place: '', reason: 'the image has no /bin/sh; no other interpreter was looked for' }],
      };
    }
    const scratch = writablePlaces(target).find(({ facts, gain }) => facts.kind === 'directory' && gain === 'residual');
    if (scratch === undefined) return { tries: [], skipped: [{ place: '', reason: 'no writable place for a script' }] };
    const name = newName(target, scratch.mount.path, '.sh');
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
    const wrote = call('write', resultOf(created), SCRIPT, SCRIPT.length);
    const run = execution(SCRIPT_EXIT_CODE, SHELL, [SHELL, name], []);
    const program = [
      created,
      wrote,
      call('close', resultOf(created)),
      ...run.calls,
      call('unlinkat', AT_FDCWD, name, 0),
    ];
    const step = { program, decisive: [created, wrote], execution: { ...run.execution, required: true } };
    return { tries: [{ place: SHELL, gain: 'residual', ...step }], skipped: [] };
  },
};

export default attack;

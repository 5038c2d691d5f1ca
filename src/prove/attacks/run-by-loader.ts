/** Have the dynamic loader of the image run a file that is not marked as executable. */
import type { Attack } from '../attack.ts';
import { execution, newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { sharedObject } from '../probe/shared-object.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { scratchWithout } from '../scratch.ts';

/** glibc's and musl's, for both architectures. */
const LOADERS = [
  ...['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'],
  ...['/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1'],
];
const PROGRAM_EXIT_CODE = 45;

const attack: Attack = {
  id: 'run-by-loader',
  title: 'Run a file by the dynamic loader of the image',
  family: 'code',
  technique: 'T1036',
  why: 'The loader maps a file and jumps into it: no mode bit is needed, and whoever watches executions sees only the loader.',
  stoppedBy: [],
  harmless: false,
  looksAt: LOADERS,
  opens: {
    kind: 'technique',
    what: 'dynamic loader',
    why: 'the loader of the image runs programs and loads libraries from any place that is not noexec, whatever their mode',
  },
  plan(target) {
    const loader = LOADERS.find((path) => target.paths.get(path)?.kind === 'file');
    if (loader === undefined) return { tries: [], skipped: [{ place: '', reason: 'the image has no dynamic loader' }] };
    const scratch = scratchWithout(target, ['noexec']);
    if ('reason' in scratch) return { tries: [], skipped: [{ place: '', reason: scratch.reason }] };
    const name = newName(target, scratch.path, '-loaded');
    const content = sharedObject(target.architecture, PROGRAM_EXIT_CODE);
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
    const wrote = call('write', resultOf(created), content, content.length);
    const closed = call('close', resultOf(created));
    const run = execution(PROGRAM_EXIT_CODE, loader, [loader, name], []);
    const program = [created, wrote, closed, ...run.calls, call('unlinkat', AT_FDCWD, name, 0)];
    const step = { program, decisive: [created, wrote], execution: { ...run.execution, required: true } };
    return { tries: [{ place: loader, gain: 'residual', ...step }], skipped: [] };
  },
};

export default attack;

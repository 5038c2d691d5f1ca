/** Update the program that the container runs: a new version is brought, takes its name, and is executed under it. */
import { posix } from 'node:path';
import type { Attack, ProbeTry } from '../attack.ts';
import { executionOf, newName, PAYLOAD_EXIT_CODE, payload } from '../dropping.ts';
import { fileOnRoot, isWithoutSetId } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, RENAME_EXCHANGE } from '../probe/syscalls.ts';
import { USUAL_PROGRAMS } from '../reconnaissance.ts';
import { isMount, type Target } from '../target.ts';

/** As updaters do it: write the whole file beside, make it executable, and swap the names; a second swap undoes it. */
function update(target: Target, path: string): ProbeTry {
  const name = newName(target, posix.dirname(path), '-update');
  const content = payload(target.architecture);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o755);
  const wrote = call('write', resultOf(created), content, content.length);
  const swap = () => call('renameat2', AT_FDCWD, name, AT_FDCWD, path, RENAME_EXCHANGE);
  const [replaced, undone] = [swap(), swap()];
  // With anything but 0 for its flags this is no valid call: the former version is never started.
  const run = executionOf(call('execveat', AT_FDCWD, path, [path], [], resultOf(replaced)), PAYLOAD_EXIT_CODE);
  const program = [
    ...[created, wrote, call('close', resultOf(created)), replaced],
    ...run.calls,
    ...[undone, call('unlinkat', AT_FDCWD, name, 0)],
  ];
  return {
    place: path,
    gain: 'succeeded',
    program,
    decisive: [created, wrote, replaced],
    execution: { ...run.execution, required: false },
    remark: 'the former version was put back at once',
  };
}

/** A program that only the original's volume has is none of the twin's: one of the image shows it there. */
function onRoot(target: Target): readonly string[] {
  const programs = USUAL_PROGRAMS.flatMap((path) => fileOnRoot(target, path) ?? []).filter(({ facts }) =>
    isWithoutSetId(facts),
  );
  return programs.slice(0, 1).map(({ path }) => path);
}

const attack: Attack = {
  id: 'self-update',
  title: 'Update the program that the container runs',
  family: 'files',
  technique: 'T1036.005',
  harmless: false,
  why: 'A program that updates itself runs what nobody built, scanned or signed here, and so does whoever imitates it.',
  stoppedBy: ['read-only-root-filesystem', 'writable-program-directory'],
  plan(target) {
    const skip = (reason: string) => ({ tries: [], skipped: [{ place: '', reason }] });
    const { entrypoint, twin } = target;
    if (entrypoint === undefined && !twin) return skip('the program that the container runs was not found');
    if (entrypoint !== undefined && isMount(target, entrypoint))
      return skip('the program is a mount, whose name nobody can take');
    const own = entrypoint === undefined ? [] : [entrypoint];
    const others = twin || fileOnRoot(target, own[0]!) === undefined ? onRoot(target) : [];
    return { tries: [...new Set([...own, ...others])].map((path) => update(target, path)), skipped: [] };
  },
};

export default attack;

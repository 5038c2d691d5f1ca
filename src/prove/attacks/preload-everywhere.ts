/** Have the dynamic linker load a library into every program: /etc/ld.so.preload. */
import type { Attack, ProbeTry } from '../attack.ts';
import { fileOnRoot, openForAppending } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { isDirectoryOnRoot } from '../target.ts';

const PRELOAD = '/etc/ld.so.preload';

/** Empty it says nothing to the linker. */
function create(): ProbeTry {
  const created = call('openat', AT_FDCWD, PRELOAD, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  // With anything but 0 for its flags this is no valid call: what was not made here is not removed.
  const closed = call('close', resultOf(created));
  const program = [created, closed, call('unlinkat', AT_FDCWD, PRELOAD, resultOf(closed))];
  const remark = 'it was created empty and removed at once';
  return { place: PRELOAD, gain: 'succeeded', program, decisive: [created], remark };
}

const attack: Attack = {
  id: 'preload-everywhere',
  title: 'Have a library loaded into every program',
  family: 'files',
  technique: 'T1562.001',
  harmless: false,
  why: 'The linker of glibc loads what /etc/ld.so.preload names into every process that starts, and it can hide there.',
  looksAt: [PRELOAD],
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const skip = (reason: string) => ({ tries: [], skipped: [{ place: '', reason }] });
    if (target.paths.has(PRELOAD)) {
      if (fileOnRoot(target, PRELOAD) === undefined) return skip(`${PRELOAD} is a mount: see drop-and-run`);
      return { tries: [openForAppending(PRELOAD)], skipped: [] };
    }
    if (!isDirectoryOnRoot(target, '/etc')) return skip('the root file system has no /etc');
    return { tries: [create()], skipped: [] };
  },
};

export default attack;

/** Mount the root file system writable again, and write to it. */
import type { Attack, ProbeTry } from '../attack.ts';
import { newName, ownersDirectory } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, MS_BIND, MS_RDONLY, MS_REMOUNT, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { rootMount, type Target } from '../target.ts';

const remount = (flags: number) => call('mount', 'none', '/', '', MS_REMOUNT | flags, 0);

/** `remount,rw` asks for the whole file system, `remount,bind,rw` for this mount alone, which a user namespace may do. */
function remountAndWrite(target: Target, place: string, flags: number): ProbeTry {
  const name = newName(target, ownersDirectory(target));
  const remounted = remount(flags);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  // A twin has a writable root: make it read-only first, or the write would show nothing, and writable again at the end.
  const [prepare, undo] = target.twin
    ? [[remount(MS_BIND | MS_RDONLY)], remount(MS_BIND)]
    : [[], remount(MS_BIND | MS_RDONLY)];
  const tidy = [call('close', resultOf(created)), call('unlinkat', AT_FDCWD, name, 0), undo];
  return {
    place,
    gain: 'succeeded',
    program: [...prepare, remounted, created, ...tidy],
    decisive: [remounted, created],
    needs: 'SYS_ADMIN',
  };
}

const attack: Attack = {
  id: 'remount-root',
  title: 'Mount the root file system writable again',
  family: 'mounts',
  technique: 'T1562.001',
  harmless: false,
  why: 'The read-only root is a flag of a mount, and whoever may mount can take it away: CAP_SYS_ADMIN is enough.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    if (rootMount(target).writable && !target.twin) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system is writable already' }] };
    }
    const tries = [remountAndWrite(target, 'remount,rw', 0), remountAndWrite(target, 'remount,bind,rw', MS_BIND)];
    return { tries, skipped: [] };
  },
};

export default attack;

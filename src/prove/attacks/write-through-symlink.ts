/** Reach the root file system through a symbolic link in a volume that may be written. */
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { few, planOf } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { isDirectoryOnRoot, type Target, writablePlaces } from '../target.ts';

const PLACES = 2;

/** The link and the file are made and removed in one program. */
function through(target: Target, volume: string): ProbeTry {
  const link = newName(target, volume, '-way');
  const linked = call('symlinkat', isDirectoryOnRoot(target, '/etc') ? '/etc' : '/', AT_FDCWD, link);
  const name = newName(target, link);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const tidy = [
    call('close', resultOf(created)),
    call('unlinkat', AT_FDCWD, name, 0),
    call('unlinkat', AT_FDCWD, link, 0),
  ];
  return { place: volume, gain: 'succeeded', program: [linked, created, ...tidy], decisive: [linked, created] };
}

const attack: Attack = {
  id: 'write-through-symlink',
  title: 'Write to the root file system through a link in a volume',
  family: 'files',
  technique: 'T1036',
  harmless: true,
  why: 'A program that writes where it may, in its volume, follows a link that an intruder put there to where it should not.',
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const volumes = writablePlaces(target).filter(({ mount, facts }) => mount.writable && facts.kind === 'directory');
    return planOf(
      few(target, volumes, PLACES).map(({ mount }) => through(target, mount.path)),
      'no volume can be written to',
    );
  },
};

export default attack;

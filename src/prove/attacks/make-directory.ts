/** Create a directory on the root file system. */
import { newName } from '../dropping.ts';
import { inDirectories } from '../image-files.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD, AT_REMOVEDIR } from '../probe/syscalls.ts';

const attack = inDirectories(
  {
    id: 'make-directory',
    title: 'Create a directory on the root file system',
    technique: 'T1036',
    why: 'A new directory holds the tools of an intruder, or is one that a program looks into and the image does not have.',
  },
  ['/', '/etc'],
  2,
  (target, directory) => {
    const name = newName(target, directory, '-directory');
    const made = call('mkdirat', AT_FDCWD, name, 0o755);
    const program = [made, call('unlinkat', AT_FDCWD, name, AT_REMOVEDIR)];
    return { place: directory, gain: 'succeeded', program, decisive: [made] };
  },
);

export default attack;

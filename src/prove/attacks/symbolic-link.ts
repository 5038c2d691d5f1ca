/** Create a symbolic link on the root file system. */
import { newName } from '../dropping.ts';
import { inDirectories } from '../image-files.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD } from '../probe/syscalls.ts';

const attack = inDirectories(
  {
    id: 'symbolic-link',
    title: 'Create a symbolic link on the root file system',
    technique: 'T1036.005',
    why: 'A link under the name of a program or of a configuration leads to a file that the intruder can write.',
  },
  ['/usr/bin', '/etc', '/bin', '/'],
  2,
  (target, directory) => {
    const name = newName(target, directory, '-link');
    const linked = call('symlinkat', '/dev/null', AT_FDCWD, name);
    const program = [linked, call('unlinkat', AT_FDCWD, name, 0)];
    return { place: directory, gain: 'succeeded', program, decisive: [linked] };
  },
);

export default attack;

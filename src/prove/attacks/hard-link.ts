/** Give a file of the image a second name. */
import { posix } from 'node:path';
import { newName } from '../dropping.ts';
import { onInertFiles } from '../image-files.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD } from '../probe/syscalls.ts';

const attack = onInertFiles(
  {
    id: 'hard-link',
    title: 'Give a file of the image a second name',
    technique: 'T1036.005',
    why: 'A program does another thing under another name, and a file that is kept by a second name outlives its removal.',
  },
  (target, { path }) => {
    const name = newName(target, posix.dirname(path), '-hard');
    const linked = call('linkat', AT_FDCWD, path, AT_FDCWD, name, 0);
    return { program: [linked, call('unlinkat', AT_FDCWD, name, 0)], decisive: [linked] };
  },
);

export default attack;

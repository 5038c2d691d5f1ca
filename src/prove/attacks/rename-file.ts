/** Rename a file of the image, and back. */
import { posix } from 'node:path';
import { newName } from '../dropping.ts';
import { onInertFiles } from '../image-files.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD, RENAME_NOREPLACE } from '../probe/syscalls.ts';

const attack = onInertFiles(
  {
    id: 'rename-file',
    title: 'Rename a file of the image',
    technique: 'T1036',
    why: 'What a program looks for is gone, or another file takes its name, while the content is kept for later.',
  },
  (target, { path }) => {
    const name = newName(target, posix.dirname(path), '-renamed');
    const away = call('renameat2', AT_FDCWD, path, AT_FDCWD, name, RENAME_NOREPLACE);
    const back = call('renameat2', AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE);
    return { program: [away, back], decisive: [away], remark: 'it was renamed back at once' };
  },
);

export default attack;

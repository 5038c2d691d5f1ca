/** Truncate a file of the image, to the length that it has. */
import { onInertFiles } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDONLY, SEEK_END } from '../probe/syscalls.ts';

const attack = onInertFiles(
  {
    id: 'truncate-file',
    title: 'Truncate a file of the image',
    technique: 'T1485',
    why: 'An emptied list of allowed names, rules or accounts opens or breaks what relied on it.',
  },
  (_target, { path }) => {
    const opened = call('openat', AT_FDCWD, path, O_RDONLY);
    // Where the length is not known it is an error's number, and to truncate to that is no valid call.
    const end = call('lseek', resultOf(opened), 0, SEEK_END);
    const cut = call('truncate', path, resultOf(end));
    const program = [opened, end, call('close', resultOf(opened)), cut];
    return { program, decisive: [cut], remark: 'to the length that it has, so that nothing was lost' };
  },
);

export default attack;

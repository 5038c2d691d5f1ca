/** Append to a file of the image; what was appended is cut off again. */
import { newName } from '../dropping.ts';
import { onInertFiles } from '../image-files.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_APPEND, O_WRONLY, SEEK_END } from '../probe/syscalls.ts';

const attack = onInertFiles(
  {
    id: 'append-to-file',
    title: 'Append to a file of the image',
    technique: 'T1036',
    why: 'A line more in a script or a list is enough to have something run, or somebody let in, and the rest still works.',
  },
  (target, { path }) => {
    const line = Buffer.from(`# ${newName(target, '').slice(1)}\n`);
    const opened = call('openat', AT_FDCWD, path, O_WRONLY | O_APPEND);
    const end = call('lseek', resultOf(opened), 0, SEEK_END);
    const wrote = call('write', resultOf(opened), line, line.length);
    // Without its former length the cut is no valid call, and nothing is lost.
    const undone = call('ftruncate', resultOf(opened), resultOf(end));
    const program = [opened, end, wrote, undone, call('close', resultOf(opened))];
    return { program, decisive: [opened, wrote], remark: 'what was appended was cut off again' };
  },
);

export default attack;

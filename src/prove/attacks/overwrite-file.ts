/** Overwrite the beginning of a file of the image, with the bytes that stand there. */
import { onInertFiles } from '../image-files.ts';
import { call, output, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDONLY, O_WRONLY } from '../probe/syscalls.ts';

const HEAD_BYTES = 16;

const attack = onInertFiles(
  {
    id: 'overwrite-file',
    title: 'Overwrite a file of the image',
    technique: 'T1485',
    why: 'Configuration, scripts and pages say from then on what the intruder wants, under a name that everybody trusts.',
  },
  (_target, { path }) => {
    const head = output(HEAD_BYTES);
    const read = call('openat', AT_FDCWD, path, O_RDONLY);
    const got = call('pread64', resultOf(read), head, HEAD_BYTES, 0);
    const opened = call('openat', AT_FDCWD, path, O_WRONLY);
    // Where nothing could be read the count is an error's number, and to write that many bytes is no valid call.
    const wrote = call('pwrite64', resultOf(opened), head, resultOf(got), 0);
    const program = [read, got, call('close', resultOf(read)), opened, wrote, call('close', resultOf(opened))];
    return { program, decisive: [opened, wrote], remark: 'with the bytes that stand there, so that nothing was lost' };
  },
);

export default attack;

/** Delete a file of the image, and bring it back: itself, kept under another name, else its content from memory. */
import { posix } from 'node:path';
import { newName } from '../dropping.ts';
import { onInertFiles } from '../image-files.ts';
import { hasCapability } from '../layer.ts';
import { call, output, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, RENAME_NOREPLACE } from '../probe/syscalls.ts';
import type { PathFacts, Target } from '../target.ts';

/** Whether somebody could delete the file, and only make another one of his own from what it said. */
function wouldBelongToAnother(target: Target, path: string, { uid }: PathFacts): boolean {
  if (uid === target.uid || hasCapability(target, 'FOWNER')) return false;
  const directory = target.paths.get(posix.dirname(path));
  return directory === undefined || directory.uid === target.uid || (directory.mode & WRITABLE_FOR_OTHERS) !== 0;
}
const WRITABLE_FOR_OTHERS = 0o022;

const attack = onInertFiles(
  {
    id: 'delete-file',
    title: 'Delete a file of the image',
    technique: 'T1485',
    why: 'Deleting breaks the application, and removes checks, logs and rules that stand in the way.',
  },
  (target, { path, facts }) => {
    const { size, mode, uid, gid } = facts;
    const aside = newName(target, posix.dirname(path), '-kept');
    const [content, rest] = [output(size), output(1)];
    const opened = call('openat', AT_FDCWD, path, O_RDONLY);
    const got = call('read', resultOf(opened), content, size);
    // 0 only where all of it is in memory.
    const end = call('read', resultOf(opened), rest, 1);
    const kept = call('linkat', AT_FDCWD, path, AT_FDCWD, aside, 0);
    // With anything but 0 for its flags this is no valid call: what could not be read, or else kept, is not deleted.
    const guards = wouldBelongToAnother(target, path, facts) ? [kept] : [];
    const removed = call('unlinkat', AT_FDCWD, path, resultOf(guards[0] ?? end));
    const back = call('renameat2', AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE);
    // Where the file itself is back, or was never gone, its name is taken, and the calls after this have no descriptor.
    const made = call('openat', AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    const restored = [
      call('write', resultOf(made), content, resultOf(got)),
      call('fchown', resultOf(made), uid, gid),
      call('fchmod', resultOf(made), mode),
      call('close', resultOf(made)),
    ];
    const tidy = [call('close', resultOf(opened)), call('unlinkat', AT_FDCWD, aside, 0)];
    const program = [opened, got, end, kept, removed, back, made, ...restored, ...tidy];
    return { program, decisive: [...guards, removed], remark: 'it was brought back at once' };
  },
);

export default attack;

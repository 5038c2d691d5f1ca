/** Change a program of the image: open it for writing, and put another file under its name. */
import { posix } from 'node:path';
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, RENAME_EXCHANGE } from '../probe/syscalls.ts';
import { USUAL_PROGRAMS } from '../reconnaissance.ts';
import { rootMount, type Target } from '../target.ts';

/** Without O_TRUNC and without writing a byte: that it could be opened is the proof. */
function openForWriting(path: string): ProbeTry {
  const opened = call('openat', AT_FDCWD, path, O_WRONLY);
  const program = [opened, call('close', resultOf(opened))];
  return { place: `open:${path}`, gain: 'succeeded', program, decisive: [opened] };
}

/** An exchange of two names is one step for everybody who looks, and a second exchange undoes it. */
function exchange(target: Target, path: string): ProbeTry {
  const name = newName(target, posix.dirname(path));
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o755);
  const replaced = call('renameat2', AT_FDCWD, name, AT_FDCWD, path, RENAME_EXCHANGE);
  const undone = call('renameat2', AT_FDCWD, name, AT_FDCWD, path, RENAME_EXCHANGE);
  const removed = call('unlinkat', AT_FDCWD, name, 0);
  const program = [created, call('close', resultOf(created)), replaced, undone, removed];
  return { place: `rename:${path}`, gain: 'succeeded', program, decisive: [created, replaced] };
}

const attack: Attack = {
  id: 'replace-binary',
  title: 'Replace a program of the image',
  technique: 'T1554',
  why: 'A replaced program runs at the next start of a process, with everything that the application may do.',
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const root = rootMount(target);
    const programs = USUAL_PROGRAMS.filter((path) => {
      const facts = target.paths.get(path);
      return facts?.kind === 'file' && facts.mountId === root.id;
    });
    // The kernel refuses to open what is being executed (ETXTBSY), whatever the permissions: open another one.
    const other = programs.find((path) => path !== target.entrypoint);
    const own = target.entrypoint ?? programs.find((path) => path === '/bin/sh');
    const tries = [
      ...(other === undefined ? [] : [openForWriting(other)]),
      ...(own === undefined ? [] : [exchange(target, own)]),
    ];
    const unknown = { place: 'rename', reason: 'the program that the container runs was not found, nor /bin/sh' };
    const none = { place: 'open', reason: 'no program was found but the one that runs' };
    return { tries, skipped: [...(other === undefined ? [none] : []), ...(own === undefined ? [unknown] : [])] };
  },
};

export default attack;

/** Change a program that the container has, or that it runs: open it for writing, and put another file under its name. */
import { posix } from 'node:path';
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, RENAME_EXCHANGE } from '../probe/syscalls.ts';
import { USUAL_PROGRAMS } from '../reconnaissance.ts';
import { isMount, type Target } from '../target.ts';

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

/** One program stands for all that lie on the same mount: the root, or a volume over a directory of programs. */
function onePerMount(target: Target): readonly string[] {
  const byMount = new Map<number, string>();
  for (const path of USUAL_PROGRAMS) {
    const facts = target.paths.get(path);
    if (facts?.kind !== 'file' || path === target.entrypoint || byMount.has(facts.mountId)) continue;
    byMount.set(facts.mountId, path);
  }
  return [...byMount.values()];
}

const attack: Attack = {
  id: 'replace-binary',
  title: 'Replace a program of the image, or what the container runs',
  family: 'files',
  technique: 'T1036',
  harmless: false,
  why: 'A replaced program runs at the next start of a process, with everything that the application may do.',
  stoppedBy: ['read-only-root-filesystem', 'writable-program-directory'],
  plan(target) {
    // The kernel refuses to open what is being executed (ETXTBSY), whatever the permissions: open others.
    const others = onePerMount(target);
    const runs = [target.entrypoint ?? '/bin/sh', ...target.scripts];
    const there = runs.filter((path) => target.paths.get(path)?.kind === 'file');
    const replaced = there.filter((path) => !isMount(target, path));
    const mounted = there.filter((path) => isMount(target, path));
    const unknown = { place: 'rename', reason: 'the program that the container runs was not found, nor /bin/sh' };
    const none = { place: 'open', reason: 'no program was found but the one that runs' };
    return {
      tries: [...others.map(openForWriting), ...replaced.map((path) => exchange(target, path))],
      skipped: [
        ...(others.length === 0 ? [none] : []),
        ...(there.length === 0 ? [unknown] : []),
        ...mounted.map((path) => ({ place: `rename:${path}`, reason: 'it is a mount, whose name nobody can take' })),
      ],
    };
  },
};

export default attack;

/** Open a library for writing that running processes have mapped. */
import type { Attack, ProbeTry } from '../attack.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_WRONLY } from '../probe/syscalls.ts';
import { rootMount } from '../target.ts';

/** The C libraries and loaders, which every dynamically linked process has mapped: Debian's, others', Alpine's. */
const LIBRARIES = [
  ...['/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6', '/lib64/libc.so.6', '/usr/lib/libc.so.6'],
  ...['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'],
  ...['/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1'],
];
/** Two stand for all of one directory. */
const TRIED = 2;

/** Without O_TRUNC and without writing a byte: a single one would change every process that has it mapped. */
function openForWriting(path: string): ProbeTry {
  const opened = call('openat', AT_FDCWD, path, O_WRONLY);
  return { place: path, gain: 'succeeded', program: [opened, call('close', resultOf(opened))], decisive: [opened] };
}

const attack: Attack = {
  id: 'overwrite-library',
  title: 'Write into a library that running processes have mapped',
  family: 'code',
  technique: 'T1036',
  why: 'The kernel protects a running program from being written (ETXTBSY), but not its libraries: a changed byte runs in every process at once.',
  stoppedBy: ['read-only-root-filesystem', 'writable-program-directory'],
  harmless: false,
  looksAt: LIBRARIES,
  plan(target) {
    const root = rootMount(target).id;
    const there = LIBRARIES.filter((path) => {
      const facts = target.paths.get(path);
      return facts?.kind === 'file' && facts.mountId === root;
    });
    const reason = 'the image has no C library where those are usually kept';
    return {
      tries: there.slice(0, TRIED).map(openForWriting),
      skipped: there.length === 0 ? [{ place: '', reason }] : [],
    };
  },
};

export default attack;

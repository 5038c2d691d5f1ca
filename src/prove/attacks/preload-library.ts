/** Have the dynamic loader load a library from a writable place into a program of the image. */
import type { Attack } from '../attack.ts';
import { execution, newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { sharedObject } from '../probe/shared-object.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { scratchWithout } from '../scratch.ts';
import type { Target } from '../target.ts';

/** Programs that are dynamically linked in most images and that do no harm when they run without arguments. */
const PROGRAMS = ['/bin/true', '/usr/bin/true', '/bin/ls', '/usr/bin/ls', '/usr/bin/id', '/usr/bin/env', '/bin/uname'];
/** What the library ends the program with before that has begun. */
const LIBRARY_EXIT_CODE = 44;

const PT_INTERP = 3;

/** Whether the head of an ELF file names a loader: without one, nothing is preloaded. */
export function hasInterpreter(head: Buffer): boolean {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return false;
  const [start, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let index = 0; index < count; index += 1) {
    const at = start + index * size;
    if (at + 4 <= head.length && head.readUInt32LE(at) === PT_INTERP) return true;
  }
  return false;
}

/** A program of the image into which something could be loaded. */
function dynamicProgram({ contents }: Target): string | undefined {
  return PROGRAMS.find((path) => {
    const head = contents.get(path);
    return head !== undefined && hasInterpreter(head);
  });
}

const attack: Attack = {
  id: 'preload-library',
  title: 'Load a library from a writable place into a program of the image',
  family: 'code',
  technique: 'T1036',
  why: 'With LD_PRELOAD a dropped library runs inside of a program that the image ships, under its name and in its process.',
  stoppedBy: [],
  harmless: false,
  reads: PROGRAMS,
  opens: {
    kind: 'technique',
    what: 'dynamic loader',
    why: 'the loader of the image runs programs and loads libraries from any place that is not noexec, whatever their mode',
  },
  plan(target) {
    const scratch = scratchWithout(target, ['noexec']);
    if ('reason' in scratch) return { tries: [], skipped: [{ place: '', reason: scratch.reason }] };
    const victim = dynamicProgram(target);
    if (victim === undefined) {
      const reason = 'the image has no dynamically linked program that can be run without doing anything';
      return { tries: [], skipped: [{ place: '', reason }] };
    }
    const name = newName(target, scratch.path, '.so');
    const content = sharedObject(target.architecture, LIBRARY_EXIT_CODE);
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
    const wrote = call('write', resultOf(created), content, content.length);
    const closed = call('close', resultOf(created));
    const run = execution(LIBRARY_EXIT_CODE, victim, [victim], [`LD_PRELOAD=${name}`]);
    const program = [created, wrote, closed, ...run.calls, call('unlinkat', AT_FDCWD, name, 0)];
    const step = { program, decisive: [created, wrote], execution: { ...run.execution, required: true } };
    return { tries: [{ place: victim, gain: 'residual', ...step }], skipped: [] };
  },
};

export default attack;

/** Write a program into /dev and into shared memory, and execute it. */
import type { Attack } from '../attack.ts';
import { dropAndRun } from '../dropping.ts';
import { isDirectory } from '../target.ts';

const attack: Attack = {
  id: 'write-dev',
  title: 'Write and execute in /dev',
  family: 'code',
  technique: 'T1036',
  harmless: false,
  opens: { kind: 'place', why: 'the memory file system for devices: uid 0 may write and execute there' },
  why: 'The /dev of a container is a memory file system that stays writable and executable for uid 0 under a read-only root.',
  stoppedBy: ['run-as-non-root'],
  plan(target) {
    if (!isDirectory(target, '/dev'))
      return { tries: [], skipped: [{ place: '', reason: 'the container has no /dev' }] };
    return { tries: [dropAndRun(target, '/dev', 'succeeded')], skipped: [] };
  },
};

export default attack;

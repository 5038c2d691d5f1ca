/** Which writable place stands for all, by what it is and how it is mounted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetWith } from './fixtures/target.ts';
import { scratchDirectory, scratchWithout } from './scratch.ts';

const { mounts, paths } = targetWith();
const mounted = (path: string, ...options: readonly string[]) =>
  targetWith({ mounts: mounts.map((mount) => (mount.path === path ? { ...mount, options } : mount)) });

test('a place that the profile leaves open, none of the host and none that nobody declared', () => {
  assert.equal(scratchDirectory(targetWith()), '/dev/shm');
  const without = new Map([...paths].filter(([path]) => path !== '/dev/shm'));
  assert.equal(scratchDirectory(targetWith({ paths: without })), '/run');
  for (const path of ['/run', '/var/run']) without.delete(path);
  assert.equal(scratchDirectory(targetWith({ paths: without })), undefined);
  assert.deepEqual(scratchWithout(targetWith({ paths: without }), ['noexec']), {
    reason: 'no writable place for a file',
  });
});

test('one without the option, by the last mount at its path, else the reason', () => {
  assert.deepEqual(scratchWithout(mounted('/dev/shm', 'rw', 'noexec'), ['noexec', 'nosuid']), { path: '/run' });
  assert.deepEqual(scratchWithout(mounted('/dev/shm', 'rw', 'noexec'), ['nosuid']), { path: '/dev/shm' });
  const below = { ...mounts.find(({ path }) => path === '/dev/shm')!, id: 90, options: ['rw', 'noexec'] };
  assert.deepEqual(scratchWithout(targetWith({ mounts: [below, ...mounts] }), ['noexec']), { path: '/dev/shm' });
  const all = targetWith({ mounts: mounts.map((mount) => ({ ...mount, options: ['rw', 'nosuid'] })) });
  assert.deepEqual(scratchWithout(all, ['noexec', 'nosuid']), {
    reason: 'every writable place is mounted noexec or nosuid',
  });
});

/** Which mounts count as writable places, and what it means to write to each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetWith } from './fixtures/target.ts';
import { isDirectoryOnRoot, writablePlaces } from './target.ts';

const byPath = () => new Map(writablePlaces(targetWith()).map((place) => [place.mount.path, place]));

test('declared volumes and what every container has are residual', () => {
  const places = byPath();
  assert.equal(places.get('/run')?.gain, 'residual', 'an emptyDir, found through the symlink /var/run');
  assert.equal(places.get('/run')?.kind, 'volume');
  assert.equal(places.get('/dev/shm')?.gain, 'residual');
  assert.equal(places.get('/dev/termination-log')?.gain, 'residual');
});

test('directories of the host, undeclared image volumes and unasked mounts are not', () => {
  const places = byPath();
  assert.equal(places.get('/host')?.gain, 'succeeded');
  assert.match(places.get('/data')!.why, /VOLUME of the image/);
  assert.equal(places.get('/data')?.gain, 'succeeded');
  assert.match(places.get('/surprise')!.why, /does not declare/);
  assert.equal(places.get('/surprise')?.gain, 'succeeded');
});

test('an emptyDir that is mounted read-only is tried, and writing to it would be no residual', () => {
  assert.equal(byPath().get('/closed')?.gain, 'succeeded');
});

test('the root, /dev, /etc/hosts, masked paths, kernel file systems and read-only files are not among them', () => {
  const expected = ['/closed', '/data', '/dev/shm', '/dev/termination-log', '/host', '/run', '/surprise', '/watchdog'];
  assert.deepEqual([...byPath().keys()], expected);
});

test('a mount that another one hides is not a place', () => {
  const target = targetWith();
  const mounts = [...target.mounts.map((each) => (each.path === '/run' ? { ...each, id: 99 } : each))];
  assert.equal(
    writablePlaces({ ...target, mounts }).some(({ mount }) => mount.path === '/run'),
    false,
  );
});

test('a directory on a volume is not on the root', () => {
  assert.equal(isDirectoryOnRoot(targetWith(), '/etc'), true);
  assert.equal(isDirectoryOnRoot(targetWith(), '/var/run'), false);
  assert.equal(isDirectoryOnRoot(targetWith(), '/nowhere'), false);
});

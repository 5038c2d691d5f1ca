/** Which mounts count as writable places, and what it means to write to each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { scratchDirectory } from './scratch.ts';
import { isDirectoryOnRoot, type Target, writablePlaces } from './target.ts';
import { trialsOn } from './writability.ts';

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

test('a termination message in /dev or on a writable volume is residual, elsewhere it opens a file to everybody', () => {
  const gainAt = (path: string, mounts: readonly object[] = []) => {
    const base = targetWith();
    const spec = { containers: [{ name: 'a', image: 'a', terminationMessagePath: path, volumeMounts: mounts }] };
    const volumes = [
      { name: 'run', emptyDir: {} },
      { name: 'config', configMap: { name: 'c' } },
    ];
    const mount = { id: 50, path, fileSystem: 'ext4', writable: true, options: [], superOptions: [] };
    const facts = { kind: 'file', size: 0, mode: 0o666, uid: 0, gid: 0, mountId: 50 } as const;
    const target = targetWith({
      container: workloadOf({ ...spec, volumes }).containers[0]!,
      mounts: [...base.mounts, mount],
      paths: new Map([...base.paths, [path, facts]]),
    });
    return writablePlaces(target).find((place) => place.mount.path === path)?.gain;
  };
  assert.equal(gainAt('/etc/ld.so.preload'), 'succeeded');
  assert.equal(gainAt('/dev/message'), 'residual');
  const run = { name: 'run', mountPath: '/run' };
  assert.equal(gainAt('/run/message', [run]), 'residual');
  assert.equal(gainAt('/run/message', [{ ...run, readOnly: true }]), 'succeeded');
  assert.equal(gainAt('/run/config/x', [run, { name: 'config', mountPath: '/run/config' }]), 'succeeded');
});

/** One more mount, which the container reaches as `reached` says. */
function withVolume(mountPath: string, path: string, reached: string): Target {
  const spec = { containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'v', mountPath }] }] };
  const base = targetWith();
  const facts = { kind: 'directory', size: 0, mode: 0o777, uid: 0, gid: 0, mountId: 50 } as const;
  return targetWith({
    container: workloadOf({ ...spec, volumes: [{ name: 'v', emptyDir: {} }] }).containers[0]!,
    mounts: [...base.mounts, { id: 50, path, fileSystem: 'ext4', writable: true, options: [], superOptions: [] }],
    paths: new Map([...base.paths, [reached, facts]]),
  });
}

test('a volume to which no path leads is reached where the container stands in it', () => {
  const target = withVolume('/private/v', '/private/v', '/proc/self/cwd');
  const place = writablePlaces(target).find(({ mount }) => mount.id === 50);
  assert.equal(place?.mount.path, '/proc/self/cwd');
  assert.equal(place?.gain, 'residual');
  assert.equal(place?.why, 'volume v (emptyDir), mounted at /private/v and reached as the working directory alone');
  assert.ok(trialsOn(target).trials.some(({ path }) => path === '/proc/self/cwd'));
  assert.notEqual(scratchDirectory(target), '/proc/self/cwd');
});

test('a volume is the one that is declared, however its path is written', () => {
  for (const mountPath of ['v/./w', '/x/../v//w/', '/v/w']) {
    const place = writablePlaces(withVolume(mountPath, '/v/w', '/v/w')).find(({ mount }) => mount.id === 50);
    assert.equal(place?.gain, 'residual', mountPath);
  }
});

test('a volume over a directory of programs is not residual, by the path as written or as resolved', () => {
  const gainAt = (mountPath: string, path: string) => {
    const spec = { containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'v', mountPath }] }] };
    const base = targetWith();
    const facts = { kind: 'directory', size: 0, mode: 0o777, uid: 0, gid: 0, mountId: 50 } as const;
    const target = targetWith({
      container: workloadOf({ ...spec, volumes: [{ name: 'v', emptyDir: {} }] }).containers[0]!,
      mounts: [...base.mounts, { id: 50, path, fileSystem: 'ext4', writable: true, options: [], superOptions: [] }],
      paths: new Map([...base.paths, [path, facts], [mountPath, facts]]),
    });
    return writablePlaces(target).find((place) => place.mount.path === path)?.gain;
  };
  assert.equal(gainAt('/usr/sbin', '/usr/sbin'), 'succeeded');
  assert.equal(gainAt('/programs', '/usr/bin'), 'succeeded');
  assert.equal(gainAt('/lib', '/opt/lib'), 'succeeded');
  assert.equal(gainAt('/etc/ld.so.conf.d', '/etc/ld.so.conf.d'), 'succeeded');
  for (const path of ['/srv/x', '/usr/share/nginx/html', '/etc/nginx/conf.d'])
    assert.equal(gainAt(path, path), 'residual');
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

test('a volume into which PATH points is where programs are found, unless another lies over that', () => {
  const gainAt = (value: string, below: boolean) => {
    const mounts = [{ name: 'v', mountPath: '/v' }, ...(below ? [{ name: 'c', mountPath: '/v/bin' }] : [])];
    const spec = { containers: [{ name: 'a', image: 'a', env: [{ name: 'PATH', value }], volumeMounts: mounts }] };
    const volumes = [
      { name: 'v', emptyDir: {} },
      { name: 'c', configMap: { name: 'c' } },
    ];
    const container = workloadOf({ ...spec, volumes }).containers[0]!;
    return writablePlaces({ ...withVolume('/v', '/v', '/v'), container }).find(({ mount }) => mount.id === 50)?.gain;
  };
  assert.equal(gainAt('/usr/bin:/v/bin', false), 'succeeded');
  assert.equal(gainAt('/usr/bin:/v', true), 'succeeded');
  assert.equal(gainAt('/usr/bin:/v/bin', true), 'residual');
  assert.equal(gainAt('/usr/bin', false), 'residual');
});

/** What is tried, what is never opened, and what the mounts and permissions say of a place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hands } from './attack.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { assemble } from './probe/assemble.ts';
import type { Report } from './probe/decode.ts';
import { type Call, everyCall, type Program } from './probe/program.ts';
import { O_APPEND, O_EXCL, O_NOCTTY, O_NONBLOCK, O_WRONLY } from './probe/syscalls.ts';
import type { PathFacts, Target } from './target.ts';
import { byWhom, sizeLimitOf, surfaceOf, trialsOn, WRITABLE_CANDIDATES } from './writability.ts';

const facts = (changes: Partial<PathFacts>): PathFacts => ({
  ...{ kind: 'file', size: 0, mode: 0o644, uid: 0, gid: 0, mountId: 1 },
  ...changes,
});

/** A container in which all candidates exist, the devices with the numbers that they should have. */
function targetThatHas(more: Readonly<Record<string, PathFacts>> = {}, changes: Partial<Target> = {}): Target {
  const base = targetWith(changes);
  const device = (major: number, minor: number, mountId = 3) =>
    facts({ kind: 'character device', mode: 0o666, mountId, device: { major, minor } });
  const devices = {
    '/dev/null': device(1, 3),
    '/dev/zero': device(1, 5),
    '/dev/tty': device(5, 0),
    '/dev/ptmx': device(5, 2),
    '/dev/console': device(136, 0),
  };
  const files = WRITABLE_CANDIDATES.filter((path) => path.startsWith('/proc') || path.startsWith('/sys'));
  const kernel = Object.fromEntries(files.map((path) => [path, facts({ mountId: 2 })]));
  return { ...base, paths: new Map([...base.paths, ...Object.entries({ ...kernel, ...devices, ...more })]) };
}

/** Calls that succeed, but for those on paths that are refused. */
function handsThatRefuse(refused: Readonly<Record<string, string>>): Hands {
  const probe = async (program: Program): Promise<Report> => {
    const errno = ({ args }: Call) => {
      const path = String(args[1]);
      const at = Object.keys(refused).find((place) => path === place || path.startsWith(`${place}/petrify-`));
      return at === undefined ? null : refused[at]!;
    };
    assert.equal(everyCall(program).length, program.length);
    return { value: () => 0n, errno, bytes: () => Buffer.alloc(0), written: Buffer.alloc(0) };
  };
  const never = () => Promise.reject(new Error('not asked for'));
  return { probe, exec: never, copyIn: never, removeCopied: never };
}

const opened = (target: Target) =>
  trialsOn(target)
    .trials.flatMap(({ calls }) => calls)
    .filter(({ name }) => name === 'openat');

test('every visible mount, file of the kubelet, device of the list and file of the kernel is tried, each once', () => {
  const { trials } = trialsOn(targetThatHas());
  const paths = trials.map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
  for (const path of ['/', '/dev', '/dev/shm', '/run', '/host', '/closed', '/data', '/surprise', '/etc/hosts'])
    assert.ok(paths.includes(path), path);
  for (const path of ['/etc/resolv.conf', '/dev/termination-log', '/dev/null', '/dev/ptmx', '/dev/console'])
    assert.ok(paths.includes(path), path);
  for (const path of ['/proc/self/oom_score_adj', '/proc/sys/vm/swappiness']) assert.ok(paths.includes(path), path);
  assert.equal(paths.includes('/proc/keys'), false, 'what runtimes mask is /dev/null');
  assert.ok(
    assemble(
      trials.flatMap(({ calls }) => calls),
      'arm64',
    ).length > 0,
  );
});

test('what is made is removed, and nothing that exists is written to', () => {
  const { trials } = trialsOn(targetThatHas());
  for (const { calls } of trials) {
    const made = calls.filter(({ name, args }) => name === 'openat' && (Number(args[2]) & O_EXCL) !== 0);
    const removed = calls.filter(({ name }) => name === 'unlinkat').map(({ args }) => args[1]);
    assert.deepEqual(
      removed,
      made.map(({ args }) => args[1]),
    );
    assert.equal(
      calls.some(({ name }) => ['write', 'ftruncate', 'truncate'].includes(name)),
      false,
    );
  }
});

test('no device is opened but those whose numbers are known to be harmless', () => {
  const watchdog = facts({ kind: 'character device', mountId: 3, device: { major: 10, minor: 130 } });
  const disk = facts({ kind: 'block device', mountId: 3, device: { major: 1, minor: 3 } });
  const target = targetThatHas({
    '/dev/null': watchdog,
    '/dev/zero': disk,
    '/dev/random': facts({ kind: 'character device', mountId: 3, device: { major: 1, minor: 11 } }),
    '/dev/console': facts({ kind: 'character device', mountId: 3, device: { major: 5, minor: 1 } }),
  });
  const paths = opened(target).map(({ args }) => args[1]);
  for (const path of ['/dev/null', '/dev/zero', '/dev/random', '/dev/console', '/watchdog'])
    assert.equal(paths.includes(path), false, path);
  assert.ok(trialsOn(target).skipped.some(({ id }) => id === 'writability:/watchdog'));
  for (const { args } of opened(target).filter(({ args }) => args[1] === '/dev/tty' || args[1] === '/dev/ptmx')) {
    assert.equal(Number(args[2]) & (O_NOCTTY | O_NONBLOCK), O_NOCTTY | O_NONBLOCK);
  }
});

test('what exists is opened for writing: files of the container at their end, those of the kernel as they are', () => {
  const flagsOf = (path: string) => opened(targetThatHas()).find(({ args }) => args[1] === path)?.args[2];
  for (const path of ['/etc/hosts', '/dev/termination-log']) assert.equal(flagsOf(path), O_WRONLY | O_APPEND, path);
  for (const path of ['/proc/self/oom_score_adj', '/proc/sys/vm/swappiness'])
    assert.equal(flagsOf(path), O_WRONLY, path);
});

test('of the kernel’s file systems only the message queues hold files, and a hidden mount is no place', () => {
  const queues = targetThatHas({ '/dev/mqueue': facts({ kind: 'directory', mountId: 13 }) });
  const hidden = { ...queues.mounts[0]!, id: 90, path: '/proc', fileSystem: 'ext4' };
  const paths = new Map([...queues.paths, ['/proc', facts({ kind: 'directory', mountId: 2 })] as const]);
  const { trials } = trialsOn({ ...queues, paths, mounts: [hidden, ...queues.mounts] });
  const tried = trials.map(({ path }) => path);
  assert.ok(tried.includes('/dev/mqueue'));
  assert.equal(tried.includes('/proc'), false);
});

test('a terminal that the sandbox does not give is said', () => {
  const { containers } = workloadOf({ containers: [{ name: 'a', image: 'a', tty: true }] });
  const base = targetThatHas({}, { container: containers[0]! });
  const without = { ...base, paths: new Map([...base.paths].filter(([path]) => path !== '/dev/console')) };
  assert.ok(trialsOn(without).skipped.some(({ id }) => id === 'writability:/dev/console'));
  assert.equal(
    trialsOn(base).skipped.some(({ id }) => id === 'writability:/dev/console'),
    false,
  );
});

test('what could be opened is open, grouped; what was refused is closed, with its errno and layer', async () => {
  const refused = {
    '': 'EROFS',
    '/closed': 'EROFS',
    '/etc/hosts': 'EACCES',
    '/dev/tty': 'ENXIO',
    '/surprise': 'ENOSPC',
  };
  const { open, closed, skipped } = await surfaceOf(targetThatHas(), handsThatRefuse(refused));
  const devices = open.find(({ what }) => what === '/dev: devices without memory');
  assert.deepEqual(devices?.paths, ['/dev/null', '/dev/zero']);
  assert.deepEqual(open.find(({ what }) => what === '/dev: terminals')?.paths, ['/dev/ptmx', '/dev/console']);
  assert.ok((open.find(({ what }) => what === '/proc/self')?.paths.length ?? 0) > 5);
  const byPath = new Map(closed.map(({ path, ...rest }) => [path, rest]));
  assert.deepEqual(byPath.get('/'), {
    source: 'root file system',
    readOnly: true,
    errno: 'EROFS',
    layer: 'read-only mount',
  });
  assert.deepEqual(byPath.get('/closed'), {
    source: 'emptyDir',
    readOnly: true,
    errno: 'EROFS',
    layer: 'read-only mount',
  });
  assert.deepEqual(byPath.get('/etc/hosts'), {
    source: 'kubelet',
    readOnly: false,
    errno: 'EACCES',
    layer: 'permission',
  });
  assert.ok(skipped.some(({ id, reason }) => id === 'writability:/surprise' && reason.endsWith('ENOSPC')));
  assert.equal(byPath.has('/dev/tty'), false, 'without a terminal of its own there is nothing behind it');
});

test('what is not there is neither open nor closed, and what every container has is not told when it is closed', async () => {
  const path = '/dev/termination-log';
  for (const errno of ['ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV', 'EIO']) {
    const { open, closed, skipped } = await surfaceOf(targetThatHas(), handsThatRefuse({ [path]: errno }));
    const told = [...open.map(({ what }) => what), ...closed.map((each) => each.path), ...skipped.map(({ id }) => id)];
    assert.equal(told.filter((each) => each.endsWith(path)).length, 0, errno);
  }
  const { open, closed } = await surfaceOf(targetThatHas(), handsThatRefuse({ '/dev/null': 'EACCES' }));
  assert.deepEqual(open.find(({ what }) => what === '/dev: devices without memory')?.paths, ['/dev/zero']);
  assert.deepEqual(closed, []);
});

test('hundreds of mounts with long paths are tried by probes that can be assembled', async () => {
  const base = targetThatHas();
  const mounts = Array.from({ length: 300 }, (_, index) => {
    const path = `/${String(index).padStart(250, 'm')}`;
    return { ...base.mounts.find((each) => each.path === '/surprise')!, id: 1000 + index, path };
  });
  const paths = mounts.map(({ id, path }) => [path, facts({ kind: 'directory', mountId: id })] as const);
  const target = { ...base, mounts: [...base.mounts, ...mounts], paths: new Map([...base.paths, ...paths]) };
  let probes = 0;
  const hands = handsThatRefuse({});
  const probe = (program: Program) => {
    probes += 1;
    assemble(program, 'x64');
    return hands.probe(program);
  };
  const { open } = await surfaceOf(target, { ...hands, probe });
  assert.ok(mounts.every(({ path }) => open.some(({ what }) => what === path)));
  assert.ok(probes > 1 && probes < 10, `${probes} probes`);
  probes = 0;
  await surfaceOf(base, { ...hands, probe });
  assert.equal(probes, 1);
});

test('where a place comes from, and what becomes of what is written there', async () => {
  const { open } = await surfaceOf(targetThatHas(), handsThatRefuse({}));
  const said = (what: string) => {
    const { source, survives } = open.find((each) => each.what === what)!.writability;
    return [source, survives.container, survives.pod];
  };
  assert.deepEqual(said('/'), ['root file system', false, false]);
  assert.deepEqual(said('/data'), ['VOLUME of the image', false, false]);
  assert.deepEqual(said('/dev'), ['runtime', false, false]);
  assert.deepEqual(said('/dev/shm'), ['runtime', true, false]);
  assert.deepEqual(said('/etc/hosts'), ['kubelet', false, false]);
  assert.deepEqual(said('/dev/termination-log'), ['kubelet', false, false]);
  assert.deepEqual(said('/run'), ['emptyDir', true, false]);
  assert.deepEqual(said('/host'), ['hostPath', true, true]);
  assert.deepEqual(said('/surprise'), ['undeclared', false, false]);
  assert.deepEqual(said('/proc/self'), ['kernel', false, false]);
  assert.deepEqual(said('/proc/sys'), ['kernel', true, true]);
});

test('who may write, by the permissions', () => {
  const user = { uid: 1000, gid: 1000 };
  const root = { uid: 0, gid: 0 };
  assert.equal(byWhom(user, facts({ mode: 0o777 })), 'everybody');
  assert.equal(byWhom(root, facts({ mode: 0o666 })), 'everybody');
  assert.equal(byWhom(root, facts({ mode: 0o644 })), 'only root');
  assert.equal(byWhom(user, facts({ mode: 0o755, uid: 1000 })), 'this user');
  assert.equal(byWhom(user, facts({ mode: 0o775, gid: 1000 })), 'this group');
  assert.equal(byWhom(user, facts({ mode: 0o2775, gid: 2000 })), 'this group', 'fsGroup');
  assert.equal(byWhom(user, facts({ mode: 0o775, uid: 1000, gid: 1000 })), 'this user');
});

test('the size limit is that of the mount, else that of the manifest', () => {
  const tmpfs = (...superOptions: string[]) => ({ fileSystem: 'tmpfs', superOptions });
  const declared = (sizeLimit: unknown) => ({ volume: { name: 'v', emptyDir: { sizeLimit } } });
  assert.deepEqual(sizeLimitOf(tmpfs('rw', 'size=65536k'), undefined), { bytes: 67_108_864, by: 'mount' });
  assert.deepEqual(sizeLimitOf(tmpfs('rw', 'size=8388608'), declared('16Mi')), { bytes: 8_388_608, by: 'mount' });
  assert.equal(sizeLimitOf(tmpfs('rw'), undefined), null);
  assert.deepEqual(sizeLimitOf({ fileSystem: 'ext4', superOptions: ['size=1k'] }, declared('16Mi')), {
    bytes: 16_777_216,
    by: 'manifest',
  });
  for (const nonsense of [undefined, 0, -1, 'much', {}]) {
    assert.equal(sizeLimitOf({ fileSystem: 'ext4', superOptions: [] }, declared(nonsense)), null);
  }
});

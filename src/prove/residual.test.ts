/** The residual list holds what was really written or really worked, and says of each whether it is meant so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observed } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { HARDENED_POD, targetWith, workloadOf } from './fixtures/target.ts';
import { type Allowed, declaredOpen, type Openings, residualOf, writtenElsewhere } from './residual.ts';
import type { OpenPlace, Surface } from './writability.ts';

const target = targetWith();
const resultsWith = (observed: Observed) =>
  attacks.flatMap((attack) => attack.plan(target).tries.map((each) => ({ attack, try: each, observed })));
const REFUSED = resultsWith({ result: 'refused', errno: 'EROFS', detail: '' });
const won = (executed: boolean) => resultsWith({ result: 'won', errno: null, detail: '', executed });
const NOWHERE: Surface = { open: [], closed: [], skipped: [] };

const place = (what: string, changes: Partial<OpenPlace> = {}): OpenPlace => ({
  what,
  paths: [what],
  group: undefined,
  declared: target.container.mounts.find(({ mountPath }) => mountPath === what || mountPath === `/var${what}`),
  noexec: false,
  holds: 'files',
  writability: {
    by: 'everybody',
    fileSystem: 'ext4',
    source: 'undeclared',
    sizeLimit: null,
    survives: { container: true, pod: false },
  },
  ...changes,
});
const from = (source: string) => ({ writability: { ...place('').writability, source } });
const SELF = { what: '/proc/self', why: 'attributes of its own processes', everyContainer: true };
const OPEN: Surface = {
  ...NOWHERE,
  open: [
    place('/data', from('VOLUME of the image')),
    place('/dev', from('runtime')),
    place('/dev/mqueue', { ...from('runtime'), noexec: true }),
    place('/dev/shm', from('runtime')),
    place('/etc/hosts', { ...from('kubelet'), holds: 'itself' }),
    place('/host', from('hostPath')),
    place('/proc/self', { ...from('kernel'), group: SELF, holds: 'nothing' }),
    place('/run', from('emptyDir')),
  ],
};
const listed = (openings: Partial<Openings>) =>
  residualOf({ target, surface: NOWHERE, results: REFUSED, profile: undefined, ...openings });
const of = (what: string, openings: Partial<Openings>) => {
  const found = listed(openings).filter((each) => each.what === what);
  assert.equal(found.length, 1, what);
  return found[0]!;
};

test('nothing is residual where nothing was found open and everything was refused', () => {
  assert.deepEqual(listed({}), []);
});

test('places say whether a dropped file ran, techniques are named once and come last', () => {
  const found = listed({ surface: OPEN, results: won(true) });
  const names = found.map(({ what }) => what);
  for (const what of ['/run', '/dev/shm', '/dev', '/etc/hosts', 'memfd', 'interpreter', "a neighbour's memory"]) {
    assert.equal(names.filter((name) => name === what).length, 1, what);
  }
  assert.equal(names.includes('/etc'), false, 'the root is one place, wherever it was written');
  assert.equal(names.filter((name) => name === '/').length, 1);
  const techniques = found.map(({ kind }) => kind === 'technique');
  assert.deepEqual(techniques, [...techniques].sort());
  assert.equal(of('/run', { surface: OPEN, results: won(true) }).writability?.execution, 'ran');
  const refused = of('/run', { surface: OPEN, results: won(false) });
  assert.deepEqual([refused.executable, refused.writability?.execution], [false, 'refused']);
});

test('a place that no attack tried tells by its mount whether a program would run', () => {
  const queue = of('/dev/mqueue', { surface: OPEN });
  assert.deepEqual([queue.executable, queue.writability?.execution], [false, 'noexec']);
  const volume = of('/run', { surface: OPEN });
  assert.deepEqual([volume.executable, volume.writability?.execution], [true, 'not-tried']);
  const hosts = of('/etc/hosts', { surface: OPEN });
  assert.deepEqual([hosts.executable, hosts.writability?.execution], [false, 'not-tried']);
  const self = of('/proc/self', { surface: OPEN });
  assert.deepEqual([self.executable, self.writability?.execution], [false, 'no-files']);
});

test('declared, what every container has, and what nobody declared are told apart, and why', () => {
  const judged = (what: string, openings: Partial<Openings> = {}) => {
    const { declared, acceptable, why } = of(what, { surface: OPEN, ...openings });
    return [declared, acceptable, why.split('; ').slice(1).join('; ')];
  };
  assert.deepEqual(judged('/run'), [true, true, 'declared in the manifest']);
  assert.deepEqual(judged('/dev/shm'), [false, true, '']);
  assert.deepEqual(judged('/dev/mqueue'), [false, true, '']);
  assert.deepEqual(judged('/proc/self'), [false, true, 'no manifest prevents it']);
  assert.deepEqual(judged('/data'), [false, false, 'not acceptable: an attack succeeded with it']);
  assert.deepEqual(judged('/host'), [true, false, 'not acceptable: an attack succeeded with it']);
  assert.deepEqual(judged('/dev', { results: won(true) }), [
    false,
    false,
    'not acceptable: an attack succeeded with it',
  ]);
  assert.equal(listed({ surface: OPEN, results: won(true) }).find(({ what }) => what === '/')?.acceptable, false);
});

test('a profile decides what is declared: what it does not list is beyond it', () => {
  const profile: Allowed = {
    writable: [{ path: '/run', kind: 'scratch', shippedFiles: 0, bytes: 0, evidence: [] }],
    residual: [{ what: 'memfd', kind: 'technique', executable: true, why: '' }],
  };
  const cache = {
    ...OPEN,
    open: [...OPEN.open, place('/cache', from('emptyDir')), place('/run/lock', from('emptyDir'))],
  };
  const judged = (what: string, openings: Partial<Openings> = {}) => {
    const { declared, acceptable, why } = of(what, { surface: cache, profile, ...openings });
    return [declared, acceptable, why.split('; ').slice(1).join('; ')];
  };
  assert.deepEqual(judged('/run'), [true, true, 'declared in the profile']);
  assert.deepEqual(judged('/run/lock'), [true, true, 'declared in the profile']);
  assert.deepEqual(judged('/cache'), [false, false, 'beyond the profile']);
  assert.deepEqual(judged('/dev/shm'), [false, true, '']);
  assert.deepEqual(judged('memfd', { results: won(true) }).slice(0, 2), [true, true]);
  assert.deepEqual(of('/run', { surface: cache, profile: { writable: [], residual: [] } }).declared, false);
});

test('what only a neighbour can write is residual as well', () => {
  const open = { path: '/srv', volume: 'v', kind: 'emptyDir', executable: true, noexecRequested: false };
  const [found, ...more] = writtenElsewhere([
    { ...open, writtenBy: null },
    { ...open, writtenBy: 'writer' },
  ]);
  assert.deepEqual(more, []);
  assert.deepEqual([found!.what, found!.declared, found!.acceptable], ['/srv', true, true]);
  assert.match(found!.why, /read-only here and written by container writer/);
  const beyond = writtenElsewhere([{ ...open, writtenBy: 'writer' }], { writable: [], residual: [] });
  assert.deepEqual([beyond[0]!.declared, beyond[0]!.acceptable], [false, false]);
});

test('what worked by a privilege, or on the root itself, leaves no technique open', () => {
  const powerful = targetWith({ uid: 0, capabilities: (1n << 41n) - 1n });
  const won: Observed = { result: 'won', errno: null, detail: '' };
  const namesOf = (some: typeof target, gain: string) => {
    const results = attacks.flatMap((attack) =>
      attack.plan(some).tries.flatMap((each) => (each.gain === gain ? [{ attack, try: each, observed: won }] : [])),
    );
    return listed({ target: some, results }).map(({ what }) => what);
  };
  assert.equal(namesOf(target, 'residual').includes('bpf'), true);
  assert.equal(namesOf(powerful, 'residual').includes('bpf'), false);
  for (const what of ['bpf', 'mount namespace']) assert.equal(namesOf(powerful, 'succeeded').includes(what), false);
});

test('what the manifest asks for beside its volumes is declared: a terminal, a file for the termination message', () => {
  const terminals = { what: '/dev: terminals', why: 'shown, and not kept', everyContainer: true };
  const message = '/dev/termination-log';
  const surface: Surface = {
    ...NOWHERE,
    open: [
      place(terminals.what, { ...from('runtime'), group: terminals, holds: 'nothing' }),
      place(message, { ...from('kubelet'), holds: 'itself' }),
    ],
  };
  const declared = (changes: object) => {
    const [container] = workloadOf({
      ...HARDENED_POD,
      containers: [{ ...HARDENED_POD.containers[0], ...changes }],
    }).containers;
    const openings = { surface, target: { ...target, container: container! } };
    return [of(terminals.what, openings).declared, of(message, openings).declared];
  };
  assert.deepEqual(declared({}), [false, false]);
  assert.deepEqual(declared({ tty: true }), [true, false]);
  assert.deepEqual(declared({ terminationMessagePath: message }), [false, true]);
});

test('a volume that is declared read-only and yet open is not declared so', () => {
  const surface = { ...NOWHERE, open: [place('/closed', from('emptyDir'))] };
  const { declared, acceptable } = of('/closed', { surface });
  assert.deepEqual([declared, acceptable], [false, false]);
});

test('a root that is closed at its top names the directories that are open, and only those of the root', () => {
  const results = won(true).filter(({ try: { place } }) => !['/', '/etc'].includes(place));
  const { why } = of('/', { results });
  assert.match(why, /^the root file system is not read-only: \/usr\/bin, \/var\/lib, \/tmp, /);
  assert.doesNotMatch(why, /\/dev/);
});

test('who did what this container’s own user could not is said of a technique', () => {
  const outside = targetWith({ outside: { live: false, port: 80 } });
  const observed: Observed = { result: 'won', errno: null, detail: '', by: 'Petrify’s own identity' };
  const attach = attacks.find(({ id }) => id === 'attach-process')!;
  const results = attach.plan(outside).tries.map((each) => ({ attack: attach, try: each, observed }));
  assert.match(of('attach', { target: outside, results }).why, / \(done by Petrify’s own identity\)/);
});

test('what the manifest hands over writable is listed, also where it was closed', () => {
  const claim = {
    path: '/state',
    volume: 'v',
    kind: 'persistentVolumeClaim',
    executable: true,
    noexecRequested: false,
  };
  const writable = [
    { ...claim, writtenBy: null },
    { ...claim, path: '/scratch', kind: 'emptyDir', writtenBy: null },
    { ...claim, path: '/config', kind: 'configMap', writtenBy: null },
    { ...claim, path: '/elsewhere', writtenBy: 'writer' },
  ];
  const spec = { volumeDevices: [{ name: 'disk', devicePath: '/dev/xvda' }, null] };
  const found = declaredOpen({ spec }, writable, NOWHERE);
  assert.deepEqual(
    found.map(({ what, executable, declared, acceptable }) => [what, executable, declared, acceptable]),
    [
      ['/state', true, true, true],
      ['/scratch', true, true, true],
      ['/dev/xvda', false, true, true],
    ],
  );
  assert.match(
    found[0]!.why,
    /^volume v \(persistentVolumeClaim\): what stood in for it .*; declared in the manifest$/,
  );
  assert.match(found[1]!.why, /^volume v \(emptyDir\): this user could not write its top/);
  assert.match(found[2]!.why, /^a raw block device/);
  const open = ['/state', '/scratch'].map((mountPath) =>
    place(mountPath, { declared: { ...target.container.mounts[0]!, mountPath } }),
  );
  assert.deepEqual(declaredOpen({ spec: {} }, writable, { open }), []);
});

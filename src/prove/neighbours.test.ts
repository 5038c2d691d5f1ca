/** What attacks on neighbours and on the host go for, and what it means where they win. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacks } from './attacks/index.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { everyCall } from './probe/program.ts';
import { directoriesOf, throughProcess } from './processes.ts';
import { socketPaths } from './sockets.ts';
import type { PathFacts, Target } from './target.ts';

const ROOT_OF_NEIGHBOUR = 70;
const directory = (mountId: number): PathFacts => ({
  kind: 'directory',
  size: 0,
  mode: 0o777,
  uid: 0,
  gid: 0,
  mountId,
});
const socket = (mountId: number): PathFacts => ({ ...directory(mountId), kind: 'socket' });
const gains = (id: string, target: Target) => {
  const { tries } = attacks.find((attack) => attack.id === id)!.plan(target);
  return Object.fromEntries(tries.map(({ place, gain }) => [place, gain]));
};
const containerOf = (spec: object, volumes: readonly object[]) =>
  workloadOf({ containers: [{ name: 'beside', image: 'example/beside:1', ...spec }], volumes }).containers[0]!;

/** A neighbour whose directories lie on these mounts. */
function besides(mounts: Readonly<Record<string, number>>): Target {
  const container = containerOf(
    {
      volumeMounts: [
        { name: 'v', mountPath: '/scratch' },
        { name: 'v', mountPath: '/usr/local/bin', subPath: 'bin' },
        { name: 'host', mountPath: '/node' },
        { name: 'v', mountPath: '/closed', readOnly: true },
      ],
    },
    [
      { name: 'v', emptyDir: {} },
      { name: 'host', hostPath: { path: '/srv' } },
    ],
  );
  const base = targetWith();
  const seen = Object.entries(mounts).map(([path, id]) => [throughProcess({ pid: 7 }, path), directory(id)] as const);
  const own = [...base.paths].filter(([path]) => !path.startsWith('/proc/7/'));
  return { ...base, neighbours: [{ container, pid: 7, uid: 65532 }], paths: new Map([...own, ...seen]) };
}

test("a neighbour's root, its paths of the host and its programs are won; its scratch volumes are residual", () => {
  const target = besides({
    '/': ROOT_OF_NEIGHBOUR,
    '/tmp': ROOT_OF_NEIGHBOUR,
    '/scratch': 71,
    '/usr/local/bin': 72,
    '/node': 73,
  });
  assert.deepEqual(gains('neighbour-files', target), {
    'beside:/': 'succeeded',
    'beside:/tmp': 'succeeded',
    'beside:/scratch': 'residual',
    'beside:/usr/local/bin': 'succeeded',
    'beside:/node': 'succeeded',
  });
});

test('a volume of a neighbour over one of its usual directories is a volume, one that nobody declared is not', () => {
  const target = besides({ '/': ROOT_OF_NEIGHBOUR, '/tmp': 74 });
  assert.equal(gains('neighbour-files', target)['beside:/tmp'], 'succeeded');
});

test('a volume that is declared and not there is the root', () => {
  const target = besides({ '/': ROOT_OF_NEIGHBOUR, '/scratch': ROOT_OF_NEIGHBOUR });
  assert.equal(gains('neighbour-files', target)['beside:/scratch'], 'succeeded');
});

test('what leads back to the own files is no place of a neighbour; its root is tried even unseen', () => {
  const [own] = targetWith().mounts;
  assert.deepEqual(Object.keys(gains('neighbour-files', besides({ '/': ROOT_OF_NEIGHBOUR, '/run': own!.id }))), [
    'beside:/',
  ]);
  assert.deepEqual(Object.keys(gains('neighbour-files', besides({}))), ['beside:/']);
});

test('where no neighbour is seen, the attacks say why', () => {
  const target = targetWith({ neighbours: 'nobody is there' });
  for (const id of ['neighbour-files', 'neighbour-memory', 'neighbour-signal']) {
    const plan = attacks.find((attack) => attack.id === id)!.plan(target);
    assert.deepEqual(plan, { tries: [], skipped: [{ place: '', reason: 'nobody is there' }] });
  }
});

test('directories of a neighbour are bounded, and read-only mounts are not among them', () => {
  const volumeMounts = Array.from({ length: 500 }, (_, index) => ({ name: 'v', mountPath: `/m${index}` }));
  const container = containerOf({ volumeMounts: [{ name: 'v', mountPath: '/ro', readOnly: true }, ...volumeMounts] }, [
    { name: 'v', emptyDir: {} },
  ]);
  const directories = directoriesOf({ container });
  assert.ok(directories.length <= 16 && directories.includes('/m0') && !directories.includes('/ro'));
});

test('sockets are looked for where runtimes have them, also below a mounted directory of the host', () => {
  const { mounts } = containerOf(
    {
      volumeMounts: [
        { name: 'run', mountPath: '/host/run' },
        { name: 'all', mountPath: '/node' },
        { name: 'one', mountPath: '/one.sock' },
      ],
    },
    [
      { name: 'run', hostPath: { path: '/var/run' } },
      { name: 'all', hostPath: { path: '/' } },
      { name: 'one', hostPath: { path: '/run/containerd/containerd.sock' } },
    ],
  );
  const paths = socketPaths({ mounts });
  for (const path of ['/run/docker.sock', '/host/run/docker.sock', '/node/run/crio/crio.sock', '/one.sock'])
    assert.ok(paths.includes(path), `${path}: ${paths}`);
  const many = Array.from({ length: 100 }, (_, index) => ({ ...mounts[0]!, mountPath: `/m${index}` }));
  assert.ok(socketPaths({ mounts: many }).length <= 40);
});

test("a socket of the host is what the controls say of its mount, a neighbour's is residual", () => {
  const volumes = [
    { name: 'runtime', hostPath: { path: '/run/docker.sock' } },
    { name: 'log', hostPath: { path: '/dev/log' } },
    { name: 'shared', emptyDir: {} },
  ];
  const container = containerOf(
    {
      volumeMounts: [
        { name: 'runtime', mountPath: '/runtime.sock', readOnly: true },
        { name: 'log', mountPath: '/log', readOnly: true },
        { name: 'shared', mountPath: '/run' },
      ],
    },
    volumes,
  );
  const base = targetWith();
  const sockets = ['/runtime.sock', '/log', '/run/docker.sock'].map((path) => [path, socket(90)] as const);
  const target = { ...base, container, paths: new Map([...base.paths, ...sockets]) };
  assert.deepEqual(gains('runtime-socket', target), {
    '/runtime.sock': 'succeeded',
    '/log': 'residual',
    '/run/docker.sock': 'residual',
  });
  assert.ok(Object.keys(gains('runtime-socket', { ...target, twin: true })).includes('/runtime.sock'));
});

test('a neighbour’s process is asked for by its number, and is sent no signal', () => {
  const programs = attacks.flatMap((attack) =>
    attack.plan(targetWith()).tries.flatMap((each) => ('program' in each ? everyCall(each.program) : [])),
  );
  const killed = programs.filter(({ name }) => name === 'kill').map(({ args }) => args);
  assert.deepEqual(killed, [[7, 0]]);
});

/** Other containers of the pod and the host: what a shared process namespace, a hostPath and a socket open, and what closes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../src/controls/verdict.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { IMAGE } from '../example.ts';
import { type Arena, bothWays } from './both-ways.ts';
import { missing } from './nginx.ts';

const TIGHT = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  runAsUser: 65532,
  runAsGroup: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const ROOT = { runAsUser: 0, runAsGroup: 0 };

const container = (name: string, context: object = {}, rest: object = {}) => ({
  ...{ name, image: IMAGE, command: ['sleep', '600'] },
  readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
  securityContext: { ...TIGHT, ...context },
  ...rest,
});

const pod = (spec: object) => {
  const value = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'neighbours' },
    spec: { automountServiceAccountToken: false, ...spec },
  };
  return findWorkloads(documentFromValue('neighbours.yaml', value))[0]!;
};

const NODE = [
  { name: 'data', hostPath: { path: '/srv/data' } },
  { name: 'runtime', hostPath: { path: '/run/containerd/containerd.sock', type: 'Socket' } },
];
/** A part of a path of the host is one as well. */
const mounts = (readOnly: boolean) => ({
  volumeMounts: [
    { name: 'data', mountPath: '/host', readOnly },
    { name: 'data', mountPath: '/part', subPath: 'part', readOnly },
    { name: 'runtime', mountPath: '/containerd.sock', readOnly },
  ],
});

const ARENAS = {
  weakBeside: {
    workload: pod({
      shareProcessNamespace: true,
      containers: [container('app'), container('weak', { readOnlyRootFilesystem: false })],
    }),
  },
  tightBeside: {
    workload: pod({
      shareProcessNamespace: true,
      containers: [
        container('app'),
        container('tight', {}, { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }),
      ],
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '16Mi' } }],
    }),
  },
  otherUserBeside: {
    workload: pod({
      shareProcessNamespace: true,
      containers: [container('app'), container('other', { runAsUser: 65533, readOnlyRootFilesystem: false })],
    }),
  },
  hostPath: {
    workload: pod({ containers: [container('app', ROOT, mounts(false))], volumes: NODE }),
  },
  hostPathReadOnly: {
    workload: pod({ containers: [container('app', {}, mounts(true))], volumes: NODE }),
  },
} satisfies Record<string, Arena>;

const proofs = bothWays<keyof typeof ARENAS>('neighbours', ARENAS, {
  'host-path-symlink': { beats: 'hostPath', fails: 'hostPathReadOnly' },
  'neighbour-files': { beats: 'weakBeside', fails: 'otherUserBeside' },
  'neighbour-memory': { beats: 'weakBeside', fails: 'otherUserBeside' },
  'neighbour-signal': { beats: 'weakBeside', fails: 'otherUserBeside' },
  'runtime-socket': { beats: 'hostPath', fails: 'hostPathReadOnly' },
  'write-host-path': { beats: 'hostPath', fails: 'hostPathReadOnly' },
});

const outcomes = (name: keyof typeof ARENAS, attack: string) => {
  const { attempts } = proofs.get(name)!;
  const own = attempts.filter(({ id }) => id.startsWith(`${attack}:`));
  return own.map(({ id, outcome, errno }) => [id.slice(attack.length + 1), outcome, errno]);
};

test("a neighbour's writable root is written by the same user where the image lets it, and by no other", {
  skip: missing,
}, () => {
  const of = (name: keyof typeof ARENAS) =>
    Object.fromEntries(outcomes(name, 'neighbour-files').map(([place, ...rest]) => [place, rest]));
  const weak = of('weakBeside');
  assert.deepEqual(weak['weak:/tmp'], ['succeeded', null]);
  assert.deepEqual(weak['weak:/'], ['blocked', 'EACCES']);
  const tight = of('tightBeside');
  assert.deepEqual(tight['tight:/tmp'], ['blocked', 'EROFS']);
  assert.deepEqual(tight['tight:/scratch'], ['residual', null]);
  assert.deepEqual(of('otherUserBeside'), { 'other:/': ['blocked', 'EACCES'] });
});

test('controls and attacks agree: an immutable neighbour opens nothing but its volumes, a weaker one decides', {
  skip: missing,
}, () => {
  for (const [name, { workload }] of Object.entries(ARENAS)) {
    const spec = judge(workload).containers[0]!.verdict;
    const { attempts, verdict, reasons } = proofs.get(name as keyof typeof ARENAS)!;
    const succeeded = attempts.filter(({ outcome }) => outcome === 'succeeded').map(({ id }) => id);
    if (spec === 'immutable') assert.deepEqual([succeeded, verdict, reasons], [[], 'proven', []], name);
    assert.equal(
      reasons.some((each) => each.includes('contradicts')),
      false,
      name,
    );
  }
  assert.equal(proofs.get('tightBeside')!.verdict, 'proven');
  assert.equal(proofs.get('weakBeside')!.verdict, 'bypassable');
});

test('what a neighbour leaves open is residual, once each', { skip: missing }, () => {
  const { residual } = proofs.get('tightBeside')!;
  const names = residual.map(({ what }) => what);
  for (const what of ["a neighbour's memory", "signals to a neighbour's processes", 'tight:/scratch'])
    assert.equal(names.filter((each) => each === what).length, 1, what);
});

test('a path of the host is the stand-in that the proof says it is, as a whole and in part', { skip: missing }, () => {
  const { differences } = proofs.get('hostPath')!;
  assert.ok(differences.some((each) => /host's \/srv\/data .*empty directory stands in/.test(each)));
  assert.ok(differences.some((each) => /containerd.sock .*socket on which nobody listens/.test(each)));
  assert.deepEqual(
    outcomes('hostPath', 'write-host-path').map(([place, outcome]) => [place, outcome]),
    [
      ['/containerd.sock', undefined],
      ['/host', 'succeeded'],
      ['/part', 'succeeded'],
    ].filter(([, outcome]) => outcome !== undefined),
  );
  assert.deepEqual(outcomes('hostPath', 'runtime-socket'), [['/containerd.sock', 'succeeded', null]]);
  assert.deepEqual(outcomes('hostPathReadOnly', 'runtime-socket'), [['/containerd.sock', 'blocked', 'EACCES']]);
});

test('its own processes stay within its reach where those of others are seen', { skip: missing }, () => {
  for (const name of ['weakBeside', 'tightBeside'] as const) {
    const { residual } = proofs.get(name)!;
    assert.ok(
      residual.some(({ what }) => what === 'own processes'),
      name,
    );
  }
});

/** Where state goes, in a table of kinds; why a claim may not be shared; and whose group a claim becomes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import type { PathKind } from '../profile/evidence.ts';
import type { WritablePath } from '../profile/profile.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { type ContainerDecision, planHardening } from './plan.ts';
import { renderChanges } from './render.ts';
import { claimDocument, claimObstacle, type StatePolicy, storageFor } from './state.ts';

const API: Readonly<Record<string, string>> = { Pod: 'v1', Job: 'batch/v1' };

function workloadOf(kind: string, spec = '', name = 'db'): Workload {
  const containers = '{ containers: [{ name: app, image: app }] }';
  const text = `apiVersion: ${API[kind] ?? 'apps/v1'}
kind: ${kind}
metadata: { name: ${name}, namespace: data }
spec: ${kind === 'Pod' ? containers : `{ ${spec} template: { spec: ${containers} } }`}
`;
  return readDocuments({ file: 'db.yaml', text }).documents.flatMap(findWorkloads)[0]!;
}

const path = (kind: PathKind): WritablePath => ({ path: '/var/lib/db', kind, shippedFiles: 0, bytes: 0, evidence: [] });

const storages: readonly (readonly [string, PathKind, StatePolicy, object])[] = [
  ['Deployment', 'scratch', 'claim', { kind: 'emptyDir' }],
  ['Deployment', 'cache', 'claim', { kind: 'emptyDir' }],
  ['Deployment', 'configuration', 'claim', { kind: 'emptyDir' }],
  ['Deployment', 'state', undefined, { kind: 'emptyDir' }],
  ['Deployment', 'state', 'claim', { kind: 'claim', claimName: 'db-var-lib-db' }],
  ['Pod', 'state', 'claim', { kind: 'claim', claimName: 'db-var-lib-db' }],
  ['StatefulSet', 'state', undefined, { kind: 'claimTemplate' }],
  ['StatefulSet', 'state', 'claim', { kind: 'claimTemplate' }],
  ['StatefulSet', 'log', undefined, { kind: 'emptyDir' }],
];
for (const [kind, what, policy, expected] of storages) {
  test(`${what} of a ${kind}${policy ? ', where claims are asked for' : ''}: ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(storageFor(workloadOf(kind), { name: 'var-lib-db', path: path(what) }, policy), expected);
  });
}

test('the name of a claim is an object’s name, however long its parts are', () => {
  const storage = storageFor(workloadOf('Pod', '', 'x'.repeat(253)), { name: 'v', path: path('state') }, 'claim');
  assert.deepEqual(storage, { kind: 'claim', claimName: 'x'.repeat(253) });
  const cut = storageFor(workloadOf('Pod', '', 'x'.repeat(252)), { name: 'v', path: path('state') }, 'claim');
  assert.deepEqual(cut, { kind: 'claim', claimName: 'x'.repeat(252) }, 'no hyphen at the end');
});

const obstacles: readonly (readonly [string, string, RegExp | undefined])[] = [
  ['Pod', '', undefined],
  ['Deployment', 'strategy: { type: Recreate },', undefined],
  ['Deployment', 'replicas: 1, strategy: { type: Recreate },', undefined],
  ['Deployment', 'replicas: 2, strategy: { type: Recreate },', /has 2 replicas, .* use a StatefulSet, or replicas: 1$/],
  ['Deployment', 'replicas: "1", strategy: { type: Recreate },', /replicas/],
  ['Deployment', '', /set strategy\.type: Recreate$/],
  ['Deployment', 'strategy: { type: RollingUpdate },', /set strategy\.type: Recreate$/],
  ['DaemonSet', '', /^DaemonSet db runs pods side by side/],
  ['ReplicaSet', 'replicas: 1,', /^ReplicaSet db runs pods side by side/],
];
for (const [kind, spec, expected] of obstacles) {
  test(`one claim for a ${kind} { ${spec} }: ${expected ?? 'works'}`, () => {
    const obstacle = claimObstacle(workloadOf(kind, spec));
    if (expected === undefined) assert.equal(obstacle, undefined);
    else assert.match(obstacle ?? '', expected);
  });
}

test('the claim is in the namespace of its workload, and as large as its volume', () => {
  assert.deepEqual(claimDocument(workloadOf('Pod'), 'db-data', '1024Mi'), {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'db-data', namespace: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
  });
});

const decision = (uid: number, kind: PathKind = 'state'): ContainerDecision => ({
  identity: { user: uid === 0 ? undefined : { uid, gid: uid + 1 }, capabilities: [] },
  runsAs: { uid, gid: uid + 1 },
  writable: [path(kind)],
  ports: [],
  tools: 'sh',
  shipped: () => undefined,
  directories: 'plain',
  code: 'mounted',
});

function groupIn(
  workload: Workload,
  ...planned: Parameters<typeof planHardening> extends [unknown, ...infer Rest] ? Rest : never
) {
  const { text } = workload.document.text;
  const { changes } = planHardening(workload, ...planned);
  const after = renderChanges(text, [{ document: workload.document, changes }]);
  const [hardened] = readDocuments({ file: 'db.yaml', text: after }).documents.flatMap(findWorkloads);
  const { fsGroup, fsGroupChangePolicy } = (hardened!.podSpec.securityContext ?? {}) as Record<string, unknown>;
  return [fsGroup, fsGroupChangePolicy];
}

test('a claim is given to the user’s group, and its files are left alone where that is so', () => {
  assert.deepEqual(groupIn(workloadOf('StatefulSet'), new Map([['app', decision(33)]])), [34, 'OnRootMismatch']);
  assert.deepEqual(groupIn(workloadOf('Pod'), new Map([['app', decision(33)]]), { state: 'claim' }), [
    34,
    'OnRootMismatch',
  ]);
});

test('root needs no group, nor does an emptyDir, and one that is there stays', () => {
  assert.deepEqual(groupIn(workloadOf('StatefulSet'), new Map([['app', decision(0)]])), [undefined, undefined]);
  assert.deepEqual(groupIn(workloadOf('Pod'), new Map([['app', decision(33)]])), [undefined, undefined]);
  const { document } = workloadOf('StatefulSet');
  const text = document.text.text.replace('spec: { containers', 'spec: { securityContext: { fsGroup: 5 }, containers');
  const [own] = readDocuments({ file: 'db.yaml', text }).documents.flatMap(findWorkloads);
  assert.deepEqual(groupIn(own!, new Map([['app', decision(33)]])), [5, undefined]);
});

test('a claim brings its document, and its obstacle is one of the plan', () => {
  const { documents, obstacles: found } = planHardening(
    workloadOf('Deployment', 'replicas: 3,'),
    new Map([['app', decision(33)]]),
    { state: 'claim' },
  );
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ['PersistentVolumeClaim'],
  );
  assert.equal(found.length, 1);
  assert.match(found[0]!, /has 3 replicas/);
});

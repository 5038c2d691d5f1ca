/** The operations of a JSON Patch, word for word: guards, missing parents, and what is there already. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Change } from './change.ts';
import { jsonPatch } from './json-patch.ts';
import { patchedObjects } from './patched-object.ts';

const POD = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: web }
    spec:
      initContainers: [{ name: first, image: a }]
      containers:
        - name: web
          image: a
          env: null
          volumeMounts: [{ name: run, mountPath: /run }]
      tolerations: [{ key: x }]
`;
const spec = ['items', 0, 'spec'];

function operations(changes: readonly Omit<Change, 'because'>[]): unknown[] {
  const { documents } = readDocuments({ file: 'web.yaml', text: POD });
  const workload = documents.flatMap(findWorkloads)[0]!;
  const own = changes.map((change) => ({ ...change, because: 'why' }));
  return patchedObjects([{ workload, changes: own }]).flatMap((object) =>
    jsonPatch(object).flatMap((one) => one.operations),
  );
}

test('a container is named before something is done to it, and again when it may have moved', () => {
  assert.deepEqual(
    operations([
      { op: 'add', path: [...spec, 'initContainers', 0, 'workingDir'], value: '/' },
      { op: 'add', path: [...spec, 'initContainers', 0, 'tty'], value: false },
      { op: 'add', path: [...spec, 'initContainers', 0], value: { name: 'seed', image: 'a' } },
      { op: 'add', path: [...spec, 'initContainers', 1, 'tty'], value: true },
      { op: 'add', path: [...spec, 'initContainers', 0, 'tty'], value: true },
    ]),
    [
      { op: 'test', path: '/spec/initContainers/0/name', value: 'first' },
      { op: 'add', path: '/spec/initContainers/0/workingDir', value: '/' },
      { op: 'add', path: '/spec/initContainers/0/tty', value: false },
      { op: 'add', path: '/spec/initContainers/0', value: { name: 'seed', image: 'a' } },
      { op: 'test', path: '/spec/initContainers/1/name', value: 'first' },
      { op: 'replace', path: '/spec/initContainers/1/tty', value: true },
      { op: 'test', path: '/spec/initContainers/0/name', value: 'seed' },
      { op: 'add', path: '/spec/initContainers/0/tty', value: true },
    ],
  );
});

test('missing parents are made once, null is nothing, and what is there is left alone', () => {
  const web = [...spec, 'containers', 0];
  assert.deepEqual(
    operations([
      { op: 'add', path: [...web, 'securityContext', 'capabilities', 'drop'], value: ['ALL'] },
      { op: 'add', path: [...web, 'securityContext', 'runAsUser'], value: 5 },
      { op: 'add', path: [...web, 'env', '-'], value: { name: 'A' } },
      { op: 'add', path: [...web, 'volumeMounts', '-'], value: { mountPath: '/run', name: 'run' } },
      { op: 'add', path: ['items', 0, 'metadata', 'annotations', 'a/b~c'], value: 'x' },
      { op: 'remove', path: [...web, 'stdin'] },
    ]),
    [
      { op: 'test', path: '/spec/containers/0/name', value: 'web' },
      { op: 'add', path: '/spec/containers/0/securityContext', value: { capabilities: { drop: ['ALL'] } } },
      { op: 'add', path: '/spec/containers/0/securityContext/runAsUser', value: 5 },
      { op: 'replace', path: '/spec/containers/0/env', value: [{ name: 'A' }] },
      { op: 'add', path: '/metadata/annotations', value: { 'a/b~c': 'x' } },
    ],
  );
});

test('an item without a merge key is tested whole before it is removed', () => {
  assert.deepEqual(operations([{ op: 'remove', path: [...spec, 'tolerations', 0] }]), [
    { op: 'test', path: '/spec/tolerations/0', value: { key: 'x' } },
    { op: 'remove', path: '/spec/tolerations/0' },
  ]);
});

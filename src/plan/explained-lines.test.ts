/** Every line of a difference has its reason, whatever the notation of the file. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Change } from './change.ts';
import { explainedLines } from './explained-lines.ts';
import { patchedObjects } from './patched-object.ts';
import { renderChanges } from './render.ts';

function explained(text: string, changes: readonly Omit<Change, 'because'>[]): string[] {
  const { documents } = readDocuments({ file: 'web.yaml', text });
  const workload = documents.flatMap(findWorkloads)[0]!;
  const own = changes.map((change, index) => ({ ...change, because: `why ${index + 1}` }));
  const after = renderChanges(text, [{ document: workload.document, changes: own }]);
  const lines = explainedLines(workload.document.text, after, patchedObjects([{ workload, changes: own }]));
  return lines.map(({ sign, line, text: said, because }) => `${line} ${sign}${said} ${because}`);
}

const container = ['spec', 'containers', 0];

test('block style: new parents say what they are made for', () => {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: app
      args: [a] # stays
  volumes:
    - name: old
      hostPath: { path: / }
`;
  const lines = explained(text, [
    { op: 'add', path: [...container, 'securityContext', 'readOnlyRootFilesystem'], value: true },
    { op: 'add', path: [...container, 'securityContext', 'capabilities', 'drop'], value: ['ALL'] },
    { op: 'remove', path: ['spec', 'volumes', 0] },
    { op: 'add', path: ['spec', 'volumes', '-'], value: { name: 'run', emptyDir: { sizeLimit: '64Mi' } } },
    { op: 'add', path: [...container, 'args', '-'], value: 'b' },
  ]);
  assert.deepEqual(lines, [
    '8 -      args: [a] # stays # why 5',
    '8 +      args: [a, b] # stays # why 5',
    '9 +      securityContext: # why 1',
    '10 +        readOnlyRootFilesystem: true # why 1',
    '11 +        capabilities: # why 2',
    '12 +          drop: # why 2',
    '13 +            - ALL # why 2',
    '10 -    - name: old # why 3',
    '11 -      hostPath: { path: / } # why 3',
    '15 +    - name: run # why 4',
    '16 +      emptyDir: # why 4',
    '17 +        sizeLimit: 64Mi # why 4',
  ]);
});

test('flow style: one line for all, and an insertion before others', () => {
  const text = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
"initContainers": [{"name": "one", "image": "x"}],
"containers": [{"name": "web", "image": "app", "securityContext": {"privileged": true}}]}}`;
  const lines = explained(text, [
    { op: 'add', path: [...container, 'securityContext', 'privileged'], value: false },
    { op: 'add', path: [...container, 'securityContext', 'runAsUser'], value: 5 },
    { op: 'add', path: ['spec', 'initContainers', 0], value: { name: 'seed', image: 'app' } },
  ]);
  assert.deepEqual(
    lines.map((line) => line.replace(/".*(?= #)/, '…')),
    ['2 -… # why 3', '3 -… # why 1; why 2', '2 +… # why 3', '3 +… # why 1; why 2'],
  );
});

test('what was appended is known by its place at the end, not by the one that it had first', () => {
  const text = `apiVersion: v1
kind: Pod
spec:
  containers:
    - name: web
      image: app
      args:
        - a
`;
  const lines = explained(text, [
    { op: 'add', path: [...container, 'args', '-'], value: 'last' },
    { op: 'add', path: [...container, 'env', '-'], value: { name: 'B', value: '$(A)' } },
    { op: 'add', path: [...container, 'env', 0], value: { name: 'A', value: 'x' } },
  ]);
  assert.deepEqual(lines, [
    '9 +        - last # why 1',
    '10 +      env: # why 2',
    '11 +        - name: A # why 3',
    '12 +          value: x # why 3',
    '13 +        - name: B # why 2',
    '14 +          value: "$(A)" # why 2',
  ]);
});

test('a reason that quotes a stranger stays on its line', () => {
  const { documents } = readDocuments({
    file: 'x',
    text: 'apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: a, image: b}]\n',
  });
  const workload = documents.flatMap(findWorkloads)[0]!;
  const change: Change = { op: 'add', path: ['spec', 'hostIPC'], value: false, because: 'a\n\u001b[31m---\r\n\u2028b' };
  const after = renderChanges(workload.document.text.text, [{ document: workload.document, changes: [change] }]);
  const [line] = explainedLines(workload.document.text, after, patchedObjects([{ workload, changes: [change] }]));
  assert.equal(line!.because, '# a [31m--- b');
});

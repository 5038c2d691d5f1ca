/** What the exit code of `prove` tells a pipeline, and at which place of a manifest a proof is reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocuments } from '../../manifest/read.ts';
import { proofsOf } from '../../prove/fixtures/proof.ts';
import { findWorkloads } from '../../workload/find.ts';
import { exitCodeOf, placeIn } from './prove.ts';

const PROVEN = { verdict: 'proven' } as const;

test('0 only where everything was attacked and each container is proven', () => {
  assert.equal(exitCodeOf([PROVEN, PROVEN], 0), 0);
  for (const verdict of ['immutable', 'bypassable', 'mutable'] as const) {
    assert.equal(exitCodeOf([PROVEN, { verdict }], 0), 1, verdict);
    assert.equal(exitCodeOf([{ verdict }], 1), 2, verdict);
  }
  assert.equal(exitCodeOf([PROVEN], 1), 2, 'what was missed may be anything');
  assert.equal(exitCodeOf([], 1), 2);
});

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: pod }
spec:
  containers:
    - image: example/web:1
      name: web-server
    - name: log
      image: example/log:1
`;

test('a proof stands where its container has its name', () => {
  const [workload] = readDocuments({ file: 'pod.yaml', text: MANIFEST }).documents.flatMap(findWorkloads);
  const texts = proofsOf(workload!).map((proof) => {
    const { file, line, column, endColumn } = placeIn(workload!, proof);
    return [file, line, MANIFEST.split('\n')[line! - 1]!.slice(column! - 1, endColumn! - 1)];
  });
  assert.deepEqual(texts, [
    ['pod.yaml', 7, 'name: web-server'],
    ['pod.yaml', 8, 'name: log'],
  ]);
});

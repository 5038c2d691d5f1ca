/** References in commands and variables, as the kubelet's own test table has them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expand, fieldValue } from './environment.ts';

describe('expand', () => {
  const variables = new Map([
    ['A', 'a'],
    ['B', '$(A)'],
    ['EMPTY', ''],
    ['a.b', 'dotted'],
  ]);
  for (const [text, expected] of [
    ['$(A)', 'a'],
    ['x-$(A)-$(A)', 'x-a-a'],
    ['$(B)', '$(A)'],
    ['$(EMPTY)!', '!'],
    ['$(a.b)', 'dotted'],
    ['$(NOPE)', '$(NOPE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$$', '$'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['$()', '$()'],
    ['$($(A))', '$(a)'],
    ['100$', '100$'],
  ] as const) {
    it(`${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () =>
      assert.equal(expand(text, variables), expected));
  }
});

describe('fieldValue', () => {
  const metadata = { name: 'web-0', namespace: 'shop', labels: { app: 'web', n: 'a"b' }, annotations: {} };
  const facts = { pod: { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} }, uid: 'u', podIP: '10.0.0.9' } as const;
  it('knows the downward API, and is empty for what it does not know', () => {
    const seen = [
      'metadata.name',
      'metadata.namespace',
      "metadata.labels['app']",
      'metadata.labels',
      'status.podIP',
      'spec.serviceAccountName',
    ];
    assert.deepEqual(
      seen.map((path) => fieldValue(path, facts)),
      ['web-0', 'shop', 'web', 'app="web"\nn="a\\"b"', '10.0.0.9', 'default'],
    );
    for (const path of ["metadata.labels['__proto__']", "metadata.annotations['constructor']", 'spec.volumes', '']) {
      assert.equal(fieldValue(path, facts), '');
    }
  });
});

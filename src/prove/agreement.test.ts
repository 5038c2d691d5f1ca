/** The law between specification and attacks, each clause broken on its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreementsOf } from './agreement.ts';
import type { Attempt, Proof } from './proof.ts';

type Specification = Proof['specification'];

const attempt = (id: string, outcome: Attempt['outcome']): Attempt => ({
  ...{ id, outcome, title: '', technique: 'T1036', family: 'files', errno: null, layer: null, detail: '' },
  control: 'succeeded',
});
const said = (verdict: Specification['verdict'], findings: readonly string[], won: readonly string[]) =>
  disagreementsOf({
    specification: { verdict, findings: findings.map((control) => ({ control, verdict })) },
    attempts: [...won.map((id) => attempt(id, 'succeeded')), attempt('run-from-memory:memfd', 'residual')],
  });

test('immutable: nothing succeeds', () => {
  assert.deepEqual(said('immutable', [], []), []);
  assert.match(said('immutable', ['run-as-user-zero'], ['write-dev:/dev']).join(), /write-dev:\/dev succeeded/);
});

test('mutable: the root was written, not only something else', () => {
  assert.deepEqual(said('mutable', ['read-only-root-filesystem'], ['write-root:/tmp']), []);
  assert.match(said('mutable', ['read-only-root-filesystem'], ['replace-binary:x']).join(), /no attack could/);
});

test('bypassable: each control that says so is shown, and nothing succeeds that no control speaks of', () => {
  assert.deepEqual(said('bypassable', ['privileged'], ['remount-root:remount,rw']), []);
  assert.match(said('bypassable', ['privileged'], []).join(), /privileged says/);
  assert.match(
    said('bypassable', ['privileged', 'writable-host-path'], ['remount-root:remount,rw']).join(),
    /^writable-host-path says/,
  );
  assert.match(
    said('bypassable', ['privileged'], ['remount-root:remount,rw', 'write-dev:/dev']).join(),
    /write-dev:\/dev succeeded, and no control/,
  );
});

test('a finding that changes nothing here speaks of nothing that succeeds', () => {
  const findings = [
    { control: 'privileged', verdict: 'bypassable' },
    { control: 'run-as-non-root', verdict: 'immutable' },
  ] as const;
  const attempts = ['remount-root:remount,rw', 'write-dev:/dev'].map((id) => attempt(id, 'succeeded'));
  assert.deepEqual(disagreementsOf({ specification: { verdict: 'bypassable', findings }, attempts }), [
    'write-dev:/dev succeeded, and no control speaks of it.',
  ]);
});

test('a finding that changes nothing here asks for nothing', () => {
  const specification = {
    verdict: 'immutable',
    findings: [{ control: 'privileged', verdict: 'immutable' }],
  } as const;
  assert.deepEqual(disagreementsOf({ specification, attempts: [] }), []);
});

/** The residual list holds what was really written or really worked, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observed } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { targetWith } from './fixtures/target.ts';
import { residualOf, writtenElsewhere } from './residual.ts';

const target = targetWith();
const resultsWith = (observed: Observed) =>
  attacks.flatMap((attack) => attack.plan(target).tries.map((each) => ({ attack, try: each, observed })));

test('nothing is residual where everything was refused', () => {
  assert.deepEqual(residualOf(target, resultsWith({ result: 'refused', errno: 'EROFS', detail: '' })), []);
});

test('places say whether a dropped file ran, techniques are named once', () => {
  const found = residualOf(target, resultsWith({ result: 'won', errno: null, detail: '', executed: true }));
  const names = found.map(({ what }) => what);
  for (const what of ['/run', '/dev/shm', '/dev', '/etc/hosts', 'memfd', 'interpreter']) {
    assert.equal(names.filter((name) => name === what).length, 1, what);
  }
  assert.equal(names.includes('/etc'), false, 'the root is not residual, whoever wrote there');
  assert.ok(found.every(({ executable }) => executable));
  const noexec = residualOf(target, resultsWith({ result: 'won', errno: null, detail: '', executed: false }));
  assert.equal(noexec.find(({ what }) => what === '/run')?.executable, false);
});

test('what only a neighbour can write is residual as well', () => {
  const open = { path: '/srv', volume: 'v', kind: 'emptyDir', executable: true, noexecRequested: false };
  const [found, ...more] = writtenElsewhere([
    { ...open, writtenBy: null },
    { ...open, writtenBy: 'writer' },
  ]);
  assert.deepEqual(more, []);
  assert.equal(found!.what, '/srv');
  assert.match(found!.why, /read-only here and written by container writer/);
});

/** How long a trial may take to become ready: by how long it took before. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { patience } from './search.ts';

const after = (readyMs: number) => ({ outcome: { ready: true, reason: undefined, readyMs } });

test('many times as long as before, never less than a busy machine needs, never longer than asked for', () => {
  assert.equal(patience(after(300)), 20_000);
  assert.equal(patience(after(9_000)), 72_000);
  assert.equal(patience(after(9_000), 30_000), 30_000);
});

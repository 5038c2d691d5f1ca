/** What the exit code of `prove` tells a pipeline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf } from './prove.ts';

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

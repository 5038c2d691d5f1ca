/** One workload's failure or endlessness is its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { MAX_STARTS } from '../harden/search.ts';
import type { Workload } from '../workload/workload.ts';
import { eachWorkload, MOST_STARTS, timeLimitMs } from './each-workload.ts';

const workloads = ['a', 'b', 'c'].map((name) => ({ name }) as Workload);
const { signal } = new AbortController();

test('one that never ends is aborted and reported, and the others are done', async () => {
  const { done, failed } = await eachWorkload(workloads, { signal, limitMs: 50 }, async ({ name }, signal) => {
    if (name === 'b') await sleep(60_000, undefined, { signal });
    return name;
  });
  assert.deepEqual(done, ['a', 'c']);
  assert.deepEqual(
    failed.map(({ workload, failure }) => [workload.name, failure.code, failure.message]),
    [['b', 'not-ready', 'it was not done within 0.05 s and was given up.']],
  );
});

test('an interruption, and an engine that is gone, end everything', async () => {
  for (const code of ['interrupted', 'no-engine'] as const) {
    const work = () => Promise.reject(new Failure(code, 'x'));
    await assert.rejects(
      eachWorkload(workloads, { signal, limitMs: 1000 }, work),
      (error: Failure) => error.code === code,
    );
  }
});

test('watching longer gives every start its time', () => {
  assert.equal(MOST_STARTS, MAX_STARTS);
  assert.equal(timeLimitMs(600) - timeLimitMs(undefined), MAX_STARTS * 600_000);
});

/** What a failed trial teaches: each lesson leads to exactly one other way to try it on the same rung, or to none. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Candidate } from './candidates.ts';
import { firstStanding, improved, type Lesson, lastStanding, stepDown } from './standing.ts';

const user: Candidate = { identity: { user: { uid: 65532, gid: 65532 }, capabilities: [] }, grows: false };
const root: Candidate = { identity: { user: undefined, capabilities: [] }, grows: true };
const nothing: Lesson = {
  missing: [],
  used: [],
  directories: false,
  code: false,
  intoRoot: false,
  leftovers: [],
  knobs: false,
};

test('files written into / lead to a working directory of its own, once', () => {
  const first = firstStanding([user, root]);
  const moved = improved(first, { ...nothing, intoRoot: true });
  assert.equal(moved?.workingDirectory, 'volume');
  assert.equal(improved(moved!, { ...nothing, intoRoot: true }), undefined);
  assert.equal(stepDown(moved!)?.workingDirectory, 'as-it-is', 'the next rung starts with the least again');
});

test('nothing learned, nothing else to try', () => {
  assert.equal(improved(firstStanding([user]), nothing), undefined);
});

test('the last rung is the most open one, with what was learned about paths', () => {
  const moved = improved(firstStanding([user, root]), { ...nothing, intoRoot: true })!;
  const last = lastStanding(moved);
  assert.deepEqual([last.rung, last.workingDirectory, last.capabilities], [1, 'volume', []]);
  assert.equal(stepDown(last), undefined);
});

test('files that keep it from starting again are removed first, and the next rung starts with none', () => {
  const clearing = improved(firstStanding([user, root]), { ...nothing, leftovers: ['/run/app.pid'] })!;
  assert.deepEqual(clearing.leftovers, ['/run/app.pid']);
  assert.equal(improved(clearing, { ...nothing, leftovers: ['/run/app.pid'] }), undefined);
  assert.deepEqual(stepDown(clearing)?.leftovers, []);
});

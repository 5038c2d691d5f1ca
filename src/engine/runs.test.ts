/** Runs and their makers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { isAlive, newRun, parseRun } from './runs.ts';

it('a run names its maker, who lives or does not', () => {
  const run = parseRun(newRun())!;
  assert.equal(run.pid, process.pid);
  assert.ok(Math.abs(run.startedAt - Date.now()) < 1000);
  assert.equal(isAlive(run), true);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  assert.equal(isAlive({ ...run, pid: gone }), false);
  assert.equal(isAlive({ ...run, machine: '00000000' }), undefined);
});

it('a process that is younger than the run only has its number', { skip: process.platform !== 'linux' }, () => {
  const run = parseRun(newRun(Date.now() - 24 * 60 * 60 * 1000))!;
  assert.equal(isAlive(run), false);
});

it('two runs differ, are fit for a label, and foreign labels are none', () => {
  const [one, other] = [newRun(), newRun()];
  assert.notEqual(one, other);
  assert.match(one, /^[a-z0-9][a-z0-9.]{0,61}[a-z0-9]$/);
  for (const id of ['', 'mine', '../../etc', 'a.b.c.d', `${one}/..`]) assert.equal(parseRun(id), undefined);
});

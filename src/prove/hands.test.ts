/** A probe that did not end as it should reports nothing, whatever it wrote. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunningContainer, SandboxPod } from '../engine/pod.ts';
import { workloadOf } from './fixtures/target.ts';
import { handsIn } from './hands.ts';
import { call } from './probe/program.ts';

const [container] = workloadOf({ containers: [{ name: 'app', image: 'example/app:1' }] }).containers;
const INSIDE: RunningContainer = { container: container!, id: 'f'.repeat(64), volumes: new Map() };

async function probeThat(...all: readonly { exitCode: number; stdout: Buffer }[]) {
  const directory = mkdtempSync(join(tmpdir(), 'petrify-hands-'));
  let times = 0;
  const exec = async () => {
    times += 1;
    return { ...all[Math.min(times, all.length) - 1]!, stderr: Buffer.from('no such file') };
  };
  const hands = handsIn({ exec } as unknown as SandboxPod, INSIDE, directory, 'x64');
  const uid = call('getuid');
  try {
    const report = await hands.probe([uid]);
    const [file] = readdirSync(directory);
    return { value: report.value(uid), mode: statSync(join(directory, file!)).mode & 0o777 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const SEVEN = Buffer.from([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

test('a whole report with exit code 0 counts; the file can be executed by everybody and written by nobody', async () => {
  assert.deepEqual(await probeThat({ exitCode: 0, stdout: SEVEN }), { value: 7n, mode: 0o555 });
});

test('a whole report of a probe that failed, or a part of one, is a failure with what the engine said', async () => {
  const expected = { code: 'cannot-prove', message: /container app .*no such file/ };
  await assert.rejects(probeThat({ exitCode: 137, stdout: SEVEN }), expected);
  await assert.rejects(probeThat({ exitCode: 0, stdout: SEVEN.subarray(1) }), expected);
});

test('output that was lost whole is asked for again, a few times', async () => {
  const lost = { exitCode: 0, stdout: Buffer.alloc(0) };
  assert.deepEqual(await probeThat(lost, lost, { exitCode: 0, stdout: SEVEN }), { value: 7n, mode: 0o555 });
  await assert.rejects(probeThat(lost), { code: 'cannot-prove' });
});

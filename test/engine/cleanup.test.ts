/** Nothing stays behind: not after an error, not after Ctrl-C, not after a crash. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { removeLeftovers, removeRun, withRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import { type Engine, RUN_LABEL } from '../../src/engine/engine.ts';
import { directoryOf, newRun } from '../../src/engine/runs.ts';
import type { Failure } from '../../src/failure.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('cleanup', { skip: `no engine answers: ${engine.message}` }, () => {});
else cleanupTests(engine);

interface Started {
  readonly child: ChildProcess;
  readonly run: string;
  readonly lines: string[];
  /** Resolves once a line with this text was printed. */
  seen(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

async function startChild(): Promise<Started> {
  const script = fileURLToPath(new URL('interrupted-run.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const seen = async (text: string) => {
    while (!lines.some((line) => line.includes(text)) && child.exitCode === null) await sleep(5);
  };
  await seen('run ');
  return { child, run: lines[0]!.split(' ')[1]!, lines, seen, ended };
}

function cleanupTests(engine: Engine): void {
  const empty = { containers: [], networks: [] };

  for (const [when, delayMs] of [
    ['while the pod is being put together', 0],
    ['while the container starts', 250],
    ['while it waits for the pod to become ready', 1500],
  ] as const) {
    it(`leaves nothing after Ctrl-C ${when}`, async () => {
      const { child, run, lines, ended } = await startChild();
      await sleep(delayMs);
      child.kill('SIGINT');
      assert.equal(await ended, 130);
      assert.equal(lines.at(-1), 'interrupted: Interrupted by SIGINT.');
      assert.deepEqual(await engine.labelled(run), empty);
      assert.equal(existsSync(directoryOf(run)), false);
    });
  }

  for (const name of ['SIGTERM', 'SIGHUP'] as const) {
    it(`leaves nothing after ${name} either, also when it comes twice`, async () => {
      const { child, run, seen, ended } = await startChild();
      await seen('starting container main');
      child.kill(name);
      await sleep(20);
      child.kill(name);
      assert.equal(await ended, 130);
      assert.deepEqual(await engine.labelled(run), empty);
      assert.equal(existsSync(directoryOf(run)), false);
    });
  }

  it('removes what a crashed process left, and leaves living ones alone', async () => {
    const mine = newRun();
    const network = await engine.createNetwork(`petrify-${mine}`, { [RUN_LABEL]: mine });
    mkdirSync(directoryOf(mine));
    const { child, run, ended } = await startChild();
    await sleep(1200);
    child.kill('SIGKILL');
    await ended;
    const left = await engine.labelled(run);
    assert.deepEqual([left.containers.length, left.networks.length], [2, 1]);
    assert.ok(existsSync(directoryOf(run)));
    const removed = await removeLeftovers(engine);
    assert.ok(removed.includes(run));
    assert.ok(!removed.includes(mine));
    assert.deepEqual(await engine.labelled(run), empty);
    assert.equal(existsSync(directoryOf(run)), false);
    assert.deepEqual((await engine.labelled(mine)).networks, [network]);
    await removeRun(engine, mine);
    assert.deepEqual(await engine.labelled(mine), empty);
    assert.equal(existsSync(directoryOf(mine)), false);
  });

  it('leaves nothing after an error, and passes results and errors on', async () => {
    let run = '';
    const failing = withRun(engine, async (id) => {
      run = id;
      await engine.createNetwork(`petrify-${id}`, { [RUN_LABEL]: id });
      mkdirSync(directoryOf(id));
      throw new Error('broken');
    });
    await assert.rejects(failing, /^Error: broken$/);
    assert.deepEqual(await engine.labelled(run), empty);
    assert.equal(existsSync(directoryOf(run)), false);
    assert.equal(await withRun(engine, async () => 42), 42);
    assert.equal(process.listenerCount('SIGINT'), 0);
  });

  it('does not wait for work that ignores an interruption', async () => {
    const begin = Date.now();
    const deaf = withRun(engine, async () => {
      setTimeout(() => process.emit('SIGINT'), 20);
      await sleep(30_000, undefined, { ref: false });
    });
    await assert.rejects(deaf, (error: Failure) => error.code === 'interrupted');
    assert.ok(Date.now() - begin < 6_000);
  });
}

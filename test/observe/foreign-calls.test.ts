/** Refused calls of strangers are nobody's here: the number of a process namespace is given again as soon as it is free. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/connect.ts';
import { startClock } from '../../src/observe/clock.ts';
import { openSystemCalls } from '../../src/observe/collectors/system-calls.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
const skip =
  engine instanceof Error
    ? `no engine answers: ${engine.message}`
    : engine.info.local
      ? false
      : 'system calls are seen only on the machine of the engine, by root';

/** What this process has open. */
function opened(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
}

test('the namespace of an ended container is held, so that no stranger gets its number while its calls are read', {
  skip,
}, async () => {
  const { info } = engine as Exclude<typeof engine, Error>;
  const calls = await openSystemCalls(info, startClock());
  const container = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', 'echo ready; sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => container.stdout.once('data', resolve));
  const pid = Number(readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8').trim());
  const namespace = readlinkSync(`/proc/${pid}/ns/pid`);
  await calls.attach('app', pid);
  const { ran } = calls.coverage('app');
  container.kill('SIGKILL');
  await new Promise((resolve) => container.once('exit', resolve));
  const held = opened().filter((what) => what === namespace);
  await calls.close();
  assert.equal(ran, true);
  assert.equal(held.length, 1);
  assert.ok(!opened().includes(namespace), 'and let go afterwards');
});

/** A container whose process ends while it is described: its end is told, nothing else is waited for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { unixAddress } from './address.ts';
import { stateOf } from './inspect.ts';

const ENDED = {
  State: { Status: 'exited', Pid: 0, ExitCode: 3 },
  Image: 'sha256:abc',
};

/** Describes against an engine that refuses so many times, in these words; with how often it was asked. */
async function described(t: TestContext, refusals: number, message: string) {
  const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
  const path = join(folder, 'engine.sock');
  let asked = 0;
  const server = createServer((_, response) => {
    if (asked++ < refusals) response.writeHead(500).end(JSON.stringify({ message }));
    else response.end(JSON.stringify(ENDED));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const state = await stateOf(unixAddress(path), '', 'id').catch((error: Error) => error);
  return { asked, state };
}

const GONE = 'read /proc/22804/cgroup: no such process';

test('asked again while the engine reads of a process that has just ended', async (t) => {
  const { asked, state } = await described(t, 3, GONE);
  assert.equal(asked, 4);
  assert.ok(!(state instanceof Error), String(state));
  assert.deepEqual([state.status, state.exitCode, state.imageId], ['exited', 3, 'abc']);
});

test('but not for ever, and not for any other reason', async (t) => {
  const gone = await described(t, 100, GONE);
  assert.equal(gone.asked, 5);
  assert.match(String(gone.state), /no such process/);
  const other = await described(t, 100, 'no space left');
  assert.equal(other.asked, 1);
  assert.match(String(other.state), /no space left/);
});

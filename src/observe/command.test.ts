/** The user's own exercise, run for real: what it is told, and what is told of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND_TIMEOUT_MS, environmentFor, runCommand } from './command.ts';

const listening = { address: '10.0.0.7', ports: [{ port: 8080, name: 'http' }] };
const run = (command: string, signal?: AbortSignal) => runCommand(command, listening, signal);

const environments: readonly (readonly [string, Parameters<typeof environmentFor>[0], Record<string, string>])[] = [
  ['no port', { address: 'h', ports: [] }, { PETRIFY_HOST: 'h' }],
  [
    'ports, the first alone as well, each once',
    { address: 'h', ports: [81, 80, 81].map((port) => ({ port, name: undefined })) },
    { PETRIFY_HOST: 'h', PETRIFY_PORT: '81', PETRIFY_PORTS: '81 80' },
  ],
  [
    'names',
    {
      address: '::1',
      ports: [
        { port: 80, name: 'http' },
        { port: 9000, name: 'my-metrics.2' },
      ],
    },
    {
      PETRIFY_HOST: '::1',
      PETRIFY_PORT: '80',
      PETRIFY_PORTS: '80 9000',
      PETRIFY_PORT_HTTP: '80',
      PETRIFY_PORT_MY_METRICS_2: '9000',
    },
  ],
  [
    'a hostile name sets nothing of its own',
    { address: 'h', ports: [{ port: 80, name: 'x=1\nPATH' }] },
    { PETRIFY_HOST: 'h', PETRIFY_PORT: '80', PETRIFY_PORTS: '80', PETRIFY_PORT_X_1_PATH: '80' },
  ],
];
for (const [name, given, expected] of environments)
  test(`it is told where the server listens: ${name}`, () => assert.deepEqual(environmentFor(given), expected));

const ends: readonly (readonly [string, string, string | RegExp])[] = [
  ['success', 'echo fine; exit 0', 'success'],
  ['what it is told', '[ "$PETRIFY_HOST:$PETRIFY_PORT:$PETRIFY_PORT_HTTP" = 10.0.0.7:8080:8080 ]', 'success'],
  ['its exit code with its last words', 'echo one; echo two >&2; exit 3', 'exit code 3: two'],
  ['its exit code alone', 'exit 4', 'exit code 4'],
  ['a signal', 'kill -KILL $$', 'ended by SIGKILL'],
  ['a command that is not there', 'no-such-command', /^exit code 127: .*not found$/],
  ['of endless words the last ones', 'yes | head -c 1000000; echo; echo last; exit 1', 'exit code 1: last'],
  ['no input', 'read line && exit 1; exit 0', 'success'],
];
for (const [name, command, expected] of ends) {
  test(`told of it: ${name}`, async () => {
    const answer = await run(command);
    if (typeof expected === 'string') assert.equal(answer, expected);
    else assert.match(answer, expected);
  });
}

/** Whether a process that was started with this marker is still there. */
const lives = (marker: string) => spawnSync('pgrep', ['-f', marker]).status === 0;
const marked = () => `3${Math.floor(Math.random() * 1e8)}`;

test('what it leaves in the background neither keeps us waiting nor stays', async () => {
  const marker = marked();
  assert.equal(await run(`sleep ${marker} & exit 0`), 'success');
  await sleep(50);
  assert.ok(!lives(`^sleep ${marker}`));
});

test('an interruption ends everything that it started', async () => {
  const marker = marked();
  const controller = new AbortController();
  const answer = run(`sh -c 'sleep ${marker}; true'; true`, controller.signal);
  await sleep(200);
  assert.ok(lives(`^sleep ${marker}`));
  controller.abort();
  assert.equal(await answer, 'ended by SIGTERM');
  assert.ok(!lives(`^sleep ${marker}`));
});

test('after an interruption nothing is begun', async () => {
  assert.equal(await run('sleep 60', AbortSignal.abort()), 'ended by SIGTERM');
});

test('one that takes too long is ended, and killed where it will not end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answer = run('trap "" TERM; echo started; while :; do sleep 0.05; done');
  // Real time: the shell must have set its trap.
  spawnSync('sleep', ['0.5']);
  t.mock.timers.tick(COMMAND_TIMEOUT_MS);
  spawnSync('sleep', ['0.2']);
  t.mock.timers.tick(2_000);
  assert.match(await answer, /^ended by SIGKILL/);
});

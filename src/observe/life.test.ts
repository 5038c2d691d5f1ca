/** The phases of a pod's life in their order, on a pod that only writes down what is done to it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerState } from '../engine/engine.ts';
import type { PodOutcome, RunningContainer, RunningPod } from '../engine/pod.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Phase } from './clock.ts';
import { type Life, type LifeOptions, leadThrough, wasKilled } from './life.ts';

interface Acting {
  readonly ready?: boolean;
  readonly restartable?: boolean;
  /** A process of this machine that stands for the container's first one. */
  readonly pid?: number;
  /** Whether it ends when it is sent SIGHUP. */
  readonly endsOnHangUp?: boolean;
  /** What each restart comes to. */
  readonly restarts?: readonly PodOutcome[];
  readonly spec?: object;
  /** It has ended by itself before the shutdown. */
  readonly ended?: boolean;
  readonly options?: Partial<LifeOptions>;
}

const READY: PodOutcome = { ready: true, reason: undefined, readyMs: 1 };

/** Leads a pod of one container through; returns what was done to it, in order, phases in capitals. */
async function led(acting: Acting): Promise<{ log: string[]; life: Life }> {
  const { ready = true, restartable = true, pid = 0, restarts = [] } = acting;
  const log: string[] = [];
  const spec = {
    containers: [{ name: 'app', image: 'app', readinessProbe: { exec: { command: ['true'] } } }],
    initContainers: [{ name: 'first', image: 'app' }],
    ...acting.spec,
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  const workload = findWorkloads(documentFromValue('pod', pod))[0]!;
  let status: ContainerState['status'] = acting.ended ? 'exited' : 'running';
  let left = [...restarts];
  const fake: Partial<RunningPod> = {
    workload,
    containers: workload.containers.map(
      (container): RunningContainer => ({ container, id: container.name, volumes: new Map() }),
    ),
    outcome: ready ? READY : { ready, reason: 'no', readyMs: undefined },
    restartable,
    async state(container) {
      const isInit = container.container.role === 'init';
      return {
        status: isInit ? 'exited' : status,
        pid: isInit ? 0 : pid,
        exitCode: status === 'running' ? undefined : 0,
      } as ContainerState;
    },
    async exec(container) {
      log.push(`ask ${container.container.name}`);
      return { exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    },
    reach: async () => undefined,
    async signal(container, name) {
      log.push(`${name} ${container.container.name}`);
      if (name === 'SIGKILL' || acting.endsOnHangUp) status = 'exited';
    },
    async stop(grace) {
      log.push(`stop within ${grace}`);
      status = 'exited';
    },
    async restart() {
      const [next = READY, ...more] = left;
      left = more;
      log.push('start again');
      status = next.ready ? 'running' : 'exited';
      return next;
    },
  };
  const life = await leadThrough(fake as RunningPod, {
    clock: { atMs: () => 0, phase: () => 'steady', enter: (phase: Phase) => void log.push(phase.toUpperCase()) },
    exposed: () => [],
    seconds: 0,
    command: undefined,
    reload: true,
    restarts: true,
    signal: undefined,
    progress: undefined,
    beforeShutdown: async () => void log.push('look before'),
    afterShutdown: async () => void log.push('look after'),
    ...acting.options,
  });
  return { log, life };
}

/** A process that handles SIGHUP, or one that does not. */
async function processOf(t: TestContext, handles: boolean): Promise<number> {
  const child = spawn('sh', ['-c', `${handles ? "trap 'true' HUP; " : ''}echo up; while :; do sleep 0.1; done`]);
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid!;
}

const SHUTDOWN = ['look before', 'SHUTDOWN', 'stop within 10', 'look after'];
const STEADY = ['STEADY', 'ask app'];
const AGAIN = ['RESTART', 'start again', 'ask app', 'SIGKILL app', 'start again', 'ask app'];

test('steady, shutdown, a second start, and one after a crash; each time it is asked', async () => {
  const { log, life } = await led({});
  assert.deepEqual(log, [...STEADY, ...SHUTDOWN, ...AGAIN]);
  assert.deepEqual(life.later, [
    { what: 'restart', failure: undefined },
    { what: 'crash', failure: undefined },
  ]);
  assert.equal(life.answered.length, 3);
  assert.deepEqual(
    [...life.ended],
    [
      ['first', undefined],
      ['app', 0],
    ],
    'the init container had ended before',
  );
});

test('what is not ready is only stopped', async () => {
  const { log, life } = await led({ ready: false });
  assert.deepEqual(log, SHUTDOWN);
  assert.deepEqual([life.answered, life.later], [[], []]);
});

test('no second life where it is not asked for, or cannot be', async () => {
  assert.deepEqual((await led({ options: { restarts: false } })).log, [...STEADY, ...SHUTDOWN]);
  assert.deepEqual((await led({ restartable: false })).log, [...STEADY, ...SHUTDOWN]);
});

test('SIGHUP only to whom handles it, and then it is asked again', async (t) => {
  const handling = await led({ pid: await processOf(t, true) });
  assert.deepEqual(handling.log, [...STEADY, 'RELOAD', 'SIGHUP app', 'ask app', ...SHUTDOWN, ...AGAIN]);
  assert.deepEqual(handling.life.later[0], { what: 'reload', failure: undefined });
  const other = await led({ pid: await processOf(t, false) });
  assert.ok(!other.log.includes('SIGHUP app'), other.log.join());
  const forbidden = await led({ pid: await processOf(t, true), options: { reload: false } });
  assert.ok(!forbidden.log.includes('SIGHUP app'), forbidden.log.join());
  assert.ok(!(await led({ pid: 2 ** 22 + 1 })).log.includes('SIGHUP app'), 'a process that is gone');
});

test('one that a reload ends is started once more to see its shutdown, and has no second life', async (t) => {
  const { log, life } = await led({ pid: await processOf(t, true), endsOnHangUp: true });
  assert.deepEqual(log, [...STEADY, 'RELOAD', 'SIGHUP app', 'start again', ...SHUTDOWN]);
  assert.deepEqual(life.later, [{ what: 'reload', failure: 'container app ended when it was sent SIGHUP' }]);
});

test('a second start that fails is told, and no crash is made after it', async () => {
  const failed: PodOutcome = { ready: false, reason: 'container app exited with code 9', readyMs: undefined };
  const { log, life } = await led({ restarts: [failed] });
  assert.deepEqual(log, [...STEADY, ...SHUTDOWN, 'RESTART', 'start again']);
  assert.deepEqual(life.later, [{ what: 'restart', failure: 'container app exited with code 9' }]);
  const crashed = await led({ restarts: [READY, { ...failed, reason: undefined }] });
  assert.deepEqual(crashed.life.later[1], { what: 'crash', failure: 'it did not become ready again' });
});

test('one that has ended by itself has no exit code of a shutdown', async () => {
  const { life } = await led({ ended: true, options: { restarts: false } });
  assert.deepEqual(
    [...life.ended],
    [
      ['first', undefined],
      ['app', undefined],
    ],
  );
});

for (const [written, grace] of [
  [undefined, 10],
  [3, 3],
  [0, 0],
  [600, 10],
  [-1, 10],
  ['5', 10],
  [2.5, 10],
] as const)
  test(`terminationGracePeriodSeconds ${written}: ${grace} s`, async () => {
    const spec = { terminationGracePeriodSeconds: written };
    const { log } = await led({ spec, options: { restarts: false } });
    assert.ok(log.includes(`stop within ${grace}`), log.join());
  });

test('the user’s exercise is repeated while it is watched', async () => {
  const { life } = await led({ options: { seconds: 2.2, command: 'true', restarts: false } });
  const own = life.answered.filter(({ request }) => request === 'the exercise');
  assert.ok(own.length >= 3, String(own.length));
});

test('an interruption ends the watch with what it is', async () => {
  const controller = new AbortController();
  const watched = led({ options: { seconds: 60, signal: controller.signal } });
  await sleep(50);
  controller.abort();
  await assert.rejects(watched, { code: 'interrupted' });
});

test('137 is how a process ends that was killed', () => {
  assert.deepEqual([137, 143, 0, undefined].map(wasKilled), [true, false, false, false]);
});

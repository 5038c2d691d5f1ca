/** Leads a ready pod through its life: work, steady state, reload, shutdown, and a second life on the same volumes. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Clock, Phase } from './clock.ts';
import { type Answer, exercise, exerciseBy } from './exercise.ts';

/** For the shutdown, whose writes are observed too; the kubelet's own default is 30, which few need. */
const MAX_GRACE_SECONDS = 10;
/** A server reads its configuration anew within this, or logs that it cannot. */
const RELOAD_MS = 700;
/** After a crash the kubelet waits as well. */
const CRASH_MS = 200;
/** What a process that was killed ends with. */
const KILLED = 137;
/** SIGHUP in the sets of /proc/PID/status. */
const SIGHUP_BIT = 1n;

export interface LifeOptions {
  readonly clock: Clock & { enter(phase: Phase): void };
  /** TCP ports that the container's image exposes. */
  readonly exposed: (container: Container) => readonly number[];
  /** How long to watch after the requests; the exercise is repeated meanwhile where there is one. */
  readonly seconds: number;
  /** The user's own exercise. */
  readonly command: string | undefined;
  /** Whether SIGHUP is sent to those that handle it. */
  readonly reload: boolean;
  /** Whether it is started again after its end, and after a crash. */
  readonly restarts: boolean;
  readonly signal: AbortSignal | undefined;
  readonly progress: ((line: string) => void) | undefined;
  /** Called before the shutdown, while everything still runs. */
  readonly beforeShutdown: () => Promise<void>;
  /** Called when it has ended for the first time. */
  readonly afterShutdown: () => Promise<void>;
}

/** What became of the pod at one later moment of its life. */
export interface Later {
  readonly what: 'reload' | 'restart' | 'crash';
  /** Why it is not ready any more, one sentence; undefined: it works as before. */
  readonly failure: string | undefined;
}

export interface Life {
  readonly answered: readonly Answer[];
  readonly seconds: number;
  readonly later: readonly Later[];
  /** Exit code of each container, by id, after it was asked to end; undefined: it had ended before. */
  readonly ended: ReadonlyMap<string, number | undefined>;
}

/** What is known while it lives. */
interface Living extends LifeOptions {
  /** The last answer of each port. */
  readonly spoken: Map<number, string>;
}

/** Leads it through; a pod that is not ready is only stopped. */
export async function leadThrough(pod: RunningPod, asked: LifeOptions): Promise<Life> {
  const options: Living = { ...asked, spoken: new Map() };
  const { clock } = options;
  const answered: Answer[] = [];
  const later: Later[] = [];
  const startedAt = clock.atMs();
  if (pod.outcome.ready) {
    clock.enter('steady');
    options.progress?.('ready; asking it');
    answered.push(...(await work(pod, options)));
    await watch(pod, options, answered);
    if (options.reload) await reload(pod, options, answered, later);
  }
  const seconds = Math.round((clock.atMs() - (pod.outcome.ready ? startedAt : 0)) / 100) / 10;
  // One that takes SIGHUP for its end is started again, so that its shutdown can be seen.
  if (pod.restartable && later.some(({ failure }) => failure !== undefined)) await pod.restart();
  const running = new Set<string>();
  for (const container of pod.containers)
    if ((await pod.state(container)).status === 'running') running.add(container.id);
  await options.beforeShutdown();
  clock.enter('shutdown');
  await pod.stop(graceSeconds(pod.workload));
  const ended = new Map<string, number | undefined>();
  for (const container of pod.containers)
    ended.set(container.id, running.has(container.id) ? (await pod.state(container)).exitCode : undefined);
  await options.afterShutdown();
  if (options.restarts && pod.restartable && pod.outcome.ready && later.every(({ failure }) => failure === undefined)) {
    clock.enter('restart');
    await liveAgain(pod, options, answered, later);
  }
  return { answered, seconds, later, ended };
}

/** Whether a container had to be killed because it did not end when it was asked to. */
export function wasKilled(exitCode: number | undefined): boolean {
  return exitCode === KILLED;
}

/** Every container's probes and ports, then the user's exercise. */
async function work(pod: RunningPod, { exposed, command, signal, spoken }: Living): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const container of serving(pod))
    answers.push(...(await exercise(pod, container, exposed(container.container), spoken)));
  if (command !== undefined) answers.push(await exerciseBy(command, pod, exposed, signal));
  return answers;
}

/** An init container has ended by now; its image's ports are not served by it. */
function serving(pod: RunningPod): RunningContainer[] {
  return pod.containers.filter(({ container }) => container.role !== 'init');
}

async function watch(pod: RunningPod, options: Living, answered: Answer[]): Promise<void> {
  const { seconds, command, signal, exposed } = options;
  const until = performance.now() + seconds * 1000;
  try {
    while (performance.now() < until) {
      const left = until - performance.now();
      if (command !== undefined && left > 1000) answered.push(await exerciseBy(command, pod, exposed, signal));
      await sleep(Math.max(0, Math.min(1000, until - performance.now())), undefined, signal ? { signal } : {});
    }
  } catch (cause) {
    if (!signal?.aborted) throw cause;
    throw new Failure('interrupted', 'interrupted while watching', { cause });
  }
}

/** SIGHUP to each container whose first process handles it: where nobody does, it would do nothing, or end it. */
async function reload(pod: RunningPod, options: Living, answered: Answer[], later: Later[]): Promise<void> {
  const handling: RunningContainer[] = [];
  for (const container of serving(pod)) if (handlesHangUp((await pod.state(container)).pid)) handling.push(container);
  if (handling.length === 0) return;
  options.clock.enter('reload');
  for (const container of handling) await pod.signal(container, 'SIGHUP');
  await sleep(RELOAD_MS);
  for (const container of handling) {
    if ((await pod.state(container)).status === 'running') continue;
    later.push({ what: 'reload', failure: `container ${container.container.name} ended when it was sent SIGHUP` });
    return;
  }
  answered.push(...(await work(pod, options)));
  later.push({ what: 'reload', failure: undefined });
}

/** Whether a process of this machine has a handler of its own for SIGHUP. */
function handlesHangUp(pid: number): boolean {
  if (pid === 0) return false;
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) & SIGHUP_BIT) !== 0n;
  } catch {
    return false;
  }
}

/** Its volumes hold what its first life has left: once after an orderly end, once after a crash. */
async function liveAgain(pod: RunningPod, options: Living, answered: Answer[], later: Later[]): Promise<void> {
  options.progress?.('starting it again');
  const restart = await again(pod, options, 'restart', answered);
  later.push(restart);
  if (restart.failure !== undefined) return;
  for (const container of serving(pod)) await pod.signal(container, 'SIGKILL');
  await sleep(CRASH_MS);
  later.push(await again(pod, options, 'crash', answered));
}

async function again(pod: RunningPod, options: Living, what: Later['what'], answered: Answer[]): Promise<Later> {
  const { ready, reason } = await pod.restart();
  if (!ready) return { what, failure: reason ?? 'it did not become ready again' };
  answered.push(...(await work(pod, options)));
  return { what, failure: undefined };
}

function graceSeconds(workload: Workload): number {
  const written = workload.podSpec.terminationGracePeriodSeconds;
  return Number.isInteger(written) && (written as number) >= 0
    ? Math.min(written as number, MAX_GRACE_SECONDS)
    : MAX_GRACE_SECONDS;
}

/** One manifest in service: started, asked, stopped and started again as a node does it, killed, and put under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/engine/engine.ts';
import type { PodOptions, RunningPod } from '../../src/engine/pod.ts';
import { waitReady } from '../../src/engine/readiness.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { Failure } from '../../src/failure.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { bounded, type Client, type Question } from './client.ts';
import { type Load, loadFor } from './load.ts';

/** From the start, or from a new start, until it is ready: the slowest here takes a fifth of it. */
const READY_MS = 90_000;
/** What the kubelet gives by default. */
const GRACE_SECONDS = 30;
/** A killed container is gone at once. */
const KILLED_MS = 10_000;

export interface Serving {
  readonly engine: Engine;
  readonly run: string;
  readonly documents: readonly unknown[];
  readonly client: Client;
  readonly signal: AbortSignal;
  readonly lowPorts?: PodOptions['lowPorts'];
}

/** `undefined` in the place of a failure: it holds. A step after a failed one is not taken. */
export interface Service {
  readonly readyMs: number | undefined;
  /** The first step that failed, with what came instead. */
  readonly failed: string | undefined;
  readonly load: Load | undefined;
}

/** Whether it becomes ready and answers once. */
export async function answersOnce(workload: Workload, serving: Serving): Promise<Service> {
  return inPod(workload, serving, async (pod) => {
    await ask(pod, 'client check', serving.client.check);
    return undefined;
  });
}

/** The whole measure: three client checks, one after the container was stopped, one after it was killed, and the load. */
export async function servesThroughout(workload: Workload, serving: Serving, loadSeconds: number): Promise<Service> {
  const { check, state } = serving.client;
  return inPod(workload, serving, async (pod) => {
    await ask(pod, 'client check', check);
    await ask(pod, 'second client check', check);
    await ask(pod, 'storing', state?.store);
    await step('start after SIGTERM', () => startAgain(pod, serving, 'stopped'));
    await ask(pod, 'client check after SIGTERM and start', check);
    await ask(pod, 'finding what was stored before SIGTERM and start', state?.find);
    await step('start after SIGKILL', () => startAgain(pod, serving, 'killed'));
    await ask(pod, 'client check after SIGKILL and start', check);
    const load = await loadFor(check, addressOf(pod), loadSeconds, serving.signal);
    serving.signal.throwIfAborted();
    await ask(pod, 'client check after the load', check);
    return load;
  });
}

/** What a step failed with: the words are the result. */
class Failed extends Error {}

async function step<T>(name: string, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    throw new Failed(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** One question of the client as a step, where it has that question at all. */
async function ask(pod: RunningPod, name: string, question: Question | undefined): Promise<void> {
  await step(name, () => bounded(question?.(addressOf(pod))));
}

/** A pod that does not start, or is refused, is a result; only an interruption is not. */
async function inPod(
  workload: Workload,
  { engine, run, documents, signal, lowPorts }: Serving,
  serve: (pod: RunningPod) => Promise<Load | undefined>,
): Promise<Service> {
  const options = { run, documents, signal, lowPorts, readyTimeoutMs: READY_MS };
  const pod = await runPod(engine, workload, options).catch((error: unknown) => refusalIn(error, signal));
  if (typeof pod === 'string') return { readyMs: undefined, failed: pod, load: undefined };
  const { ready, reason, readyMs } = pod.outcome;
  try {
    if (!ready) return { readyMs, failed: `not ready: ${reason}${await lastWords(pod)}`, load: undefined };
    return { readyMs, failed: undefined, load: await serve(pod) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    // It may have been ended meanwhile, as Kubernetes evicts a pod that exceeds a limit.
    const ended = pod.outcome.ready ? '' : `: ${pod.outcome.reason}`;
    return { readyMs, failed: `${error.message}${ended}${await lastWords(pod)}`, load: undefined };
  } finally {
    await pod.remove();
  }
}

function refusalIn(error: unknown, signal: AbortSignal): string {
  if (!(error instanceof Failure) || signal.aborted) throw error;
  return `not started: ${error.message}`;
}

function addressOf(pod: RunningPod): string {
  if (pod.address === undefined) throw new Error('the pod cannot be reached from here');
  return pod.address;
}

/** Ends the main containers and starts them again on the same volumes, as the kubelet does with a container that ended. */
async function startAgain(pod: RunningPod, serving: Serving, how: 'stopped' | 'killed'): Promise<void> {
  const { engine, signal } = serving;
  const main = pod.containers.filter(({ container }) => container.role === 'main');
  for (const { id } of main) {
    if (how === 'stopped') await engine.stop(id, GRACE_SECONDS);
    else await kill(engine, id, signal);
  }
  const address = addressOf(pod);
  for (const { id, container } of main) {
    await engine.start(id);
    const startedAt = performance.now();
    const deadline = startedAt + READY_MS;
    const reason = await waitReady({ engine, container, id, address, startedAt, deadline, mayEnd: false, signal });
    if (reason !== undefined) throw new Error(`not ready: ${reason}`);
  }
}

async function kill(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  await engine.kill(id, 'SIGKILL');
  await Promise.race([
    engine.wait(id, signal),
    sleep(KILLED_MS, undefined, { ref: false }).then(() => {
      throw new Error(`still there ${KILLED_MS / 1000} s after SIGKILL`);
    }),
  ]);
}

const LAST_LINES = 3;

async function lastWords(pod: RunningPod): Promise<string> {
  const logs = await Promise.all(pod.containers.map((container) => pod.logs(container).catch(() => '')));
  const lines = logs.flatMap((log) => log.trimEnd().split('\n').filter(Boolean).slice(-LAST_LINES));
  return lines.length === 0 ? '' : ` (log: ${lines.join(' | ')})`;
}

/** Starts the containers of a pod in Kubernetes' order: init containers and sidecars one by one, then all main ones. */
import { Failure } from '../failure.ts';
import type { Container } from '../workload/workload.ts';
import type { Engine } from './engine.ts';
import type { PodOptions, PodOutcome, RunningContainer } from './pod.ts';
import { attempt, handlerOf } from './probes.ts';
import { endOf, type Waiting, waitReady, waitStarted } from './readiness.ts';

/** A workload that is not ready by then is reported as such; images are pulled before the clock starts. */
export const READY_TIMEOUT_MS = 60_000;

/** A postStart hook that takes longer hangs the container in Kubernetes as well. */
const HOOK_TIMEOUT_MS = 30_000;

export interface Starting {
  readonly engine: Engine;
  readonly containers: readonly Container[];
  readonly options: PodOptions;
  readonly mayEnd: boolean;
  /** Creates and starts one container; a string is the sentence why the kubelet or the runtime would not. */
  start(container: Container): Promise<RunningContainer | string>;
  address(): string | undefined;
}

/** Starts everything and waits. Never throws for a pod that fails as such: that is its outcome. */
export async function startAll(starting: Starting): Promise<PodOutcome> {
  const begin = performance.now();
  const deadline = begin + (starting.options.readyTimeoutMs ?? READY_TIMEOUT_MS);
  const staying: Waiting[] = [];
  const reason =
    (await startFirst(starting, deadline, staying)) ??
    (await startMain(starting, deadline, staying)) ??
    (await firstEnd(staying));
  if (starting.options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
  return reason === undefined
    ? { ready: true, reason, readyMs: Math.round(performance.now() - begin) }
    : { ready: false, reason, readyMs: undefined };
}

async function startFirst(starting: Starting, deadline: number, staying: Waiting[]): Promise<string | undefined> {
  for (const container of starting.containers) {
    if (container.role !== 'init' && container.role !== 'sidecar') continue;
    starting.options.progress?.(`starting ${container.role} container ${container.name}`);
    const running = await starting.start(container);
    if (typeof running === 'string') return running;
    const waiting = waitingFor(starting, container, running.id, deadline);
    if (container.role === 'sidecar') staying.push(waiting);
    const reason = container.role === 'sidecar' ? await started(waiting) : await completed(waiting);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

async function startMain(starting: Starting, deadline: number, staying: Waiting[]): Promise<string | undefined> {
  const all: Waiting[] = [];
  for (const container of starting.containers) {
    if (container.role !== 'main') continue;
    starting.options.progress?.(`starting container ${container.name}`);
    const running = await starting.start(container);
    if (typeof running === 'string') return running;
    all.push(waitingFor(starting, container, running.id, deadline));
  }
  const reasons = await Promise.all(all.map(async (waiting) => (await postStart(waiting)) ?? waitReady(waiting)));
  staying.push(...all);
  return reasons.find((reason) => reason !== undefined);
}

export interface Restarting extends Omit<Starting, 'start' | 'containers'> {
  readonly running: readonly RunningContainer[];
  /** Starts one that has ended. */
  startAgain(id: string): Promise<void>;
}

/** Starts what has ended again, sidecars first, and waits until the pod is ready once more. Never throws for a pod that fails. */
export async function restartAll(restarting: Restarting): Promise<PodOutcome> {
  const { engine, running, options, startAgain } = restarting;
  const begin = performance.now();
  const deadline = begin + (options.readyTimeoutMs ?? READY_TIMEOUT_MS);
  const again = async ({ container, id }: RunningContainer): Promise<Waiting> => {
    if ((await engine.state(id)).status === 'exited') await startAgain(id);
    return waitingFor(restarting, container, id, deadline);
  };
  const staying: Waiting[] = [];
  for (const one of running) if (one.container.role === 'sidecar') staying.push(await again(one));
  for (const one of running) if (one.container.role === 'main') staying.push(await again(one));
  const reasons = await Promise.all(
    staying.map(async (waiting) => (await postStart(waiting)) ?? (await waitReady(waiting))),
  );
  const reason = reasons.find((one) => one !== undefined) ?? (await firstEnd(staying));
  if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
  return reason === undefined
    ? { ready: true, reason, readyMs: Math.round(performance.now() - begin) }
    : { ready: false, reason, readyMs: undefined };
}

/** One may have died while another was still becoming ready. */
async function firstEnd(staying: readonly Waiting[]): Promise<string | undefined> {
  const ends = await Promise.all(staying.map(endOf));
  return ends.find((end) => end?.reason !== undefined)?.reason;
}

function waitingFor(
  { engine, options, mayEnd, address }: Omit<Starting, 'start' | 'containers'>,
  container: Container,
  id: string,
  deadline: number,
): Waiting {
  return {
    engine,
    container,
    id,
    address: address(),
    startedAt: performance.now(),
    deadline,
    mayEnd: mayEnd && container.role === 'main',
    signal: options.signal,
  };
}

async function started(waiting: Waiting): Promise<string | undefined> {
  return (await postStart(waiting)) ?? waitStarted(waiting);
}

/** An init container must end with 0 before the next one starts. */
async function completed({ engine, container, id, deadline, signal }: Waiting): Promise<string | undefined> {
  const left = AbortSignal.timeout(Math.max(1, Math.round(deadline - performance.now())));
  try {
    const exitCode = await engine.wait(id, signal ? AbortSignal.any([signal, left]) : left);
    return exitCode === 0 ? undefined : `init container ${container.name} exited with code ${exitCode}`;
  } catch (error) {
    if (signal?.aborted || !left.aborted) throw error;
    return `init container ${container.name} did not end in time`;
  }
}

/** A hook that fails kills the container in Kubernetes. */
async function postStart({ engine, container, id, address }: Waiting): Promise<string | undefined> {
  const hook = hookOf(container, 'postStart');
  if (typeof hook !== 'object') return undefined;
  const target = {
    address,
    exec: (command: readonly string[], timeoutMs: number) => engine.exec(id, command, { timeoutMs }),
  };
  const failure = await attempt(hook, target, HOOK_TIMEOUT_MS);
  return failure === undefined ? undefined : `container ${container.name}: postStart hook failed: ${failure}`;
}

/** A lifecycle hook; undefined: none, a string: why it cannot be run here. */
export function hookOf(container: Container, name: 'postStart' | 'preStop'): ReturnType<typeof handlerOf> | undefined {
  const lifecycle = container.spec.lifecycle as Record<string, unknown> | null | undefined;
  const hook = typeof lifecycle === 'object' && lifecycle !== null ? lifecycle[name] : undefined;
  return typeof hook === 'object' && hook !== null ? handlerOf(hook, container) : undefined;
}

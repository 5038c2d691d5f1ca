/** Waits until a container is started or ready, by its probes or, without them, by staying up and taking connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, objectOr } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { Engine } from './engine.ts';
import { attempt, attemptTcp, type Probe, type ProbeTarget, probeOf } from './probes.ts';

/** A container without a readiness probe counts as ready once it has stayed up this long: most failures come at once. */
export const SETTLE_MS = 1_000;

/** Attempts are made more often than a probe's period says, to be quick; failures are still judged by its own numbers. */
const FIRST_INTERVAL_MS = 50;
const LAST_INTERVAL_MS = 1_000;

/** For one connection to a declared port. */
const CONNECT_TIMEOUT_MS = 1_000;

export interface Waiting {
  readonly engine: Engine;
  readonly container: Container;
  readonly id: string;
  readonly address: string | undefined;
  /** `performance.now()` when it started. */
  readonly startedAt: number;
  /** `performance.now()` after which nobody waits any more. */
  readonly deadline: number;
  /** `Never` and `OnFailure` allow a main container to end well. */
  readonly mayEnd: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Resolves with undefined once the startup probe has passed (or there is none), else with the reason. */
export async function waitStarted(waiting: Waiting): Promise<string | undefined> {
  const probe = probeOf(waiting.container, 'startupProbe');
  return typeof probe === 'object' ? pass(waiting, 'startup', probe, true) : undefined;
}

/** Resolves with undefined once the container is ready, else with the reason as one sentence. */
export async function waitReady(waiting: Waiting): Promise<string | undefined> {
  const unstarted = await waitStarted(waiting);
  if (unstarted !== undefined) return unstarted;
  const readiness = probeOf(waiting.container, 'readinessProbe');
  const liveness = probeOf(waiting.container, 'livenessProbe');
  const answers = await Promise.all([
    typeof readiness === 'object' ? pass(waiting, 'readiness', readiness, false) : settle(waiting),
    typeof liveness === 'object' ? pass(waiting, 'liveness', liveness, true) : undefined,
  ]);
  return answers.find((answer) => answer !== undefined);
}

/**
 * `deadly`: the kubelet kills a container whose probe fails for `failureThreshold` periods after the initial delay; a
 * readiness probe may fail for as long as anybody waits. A success before the initial delay is taken.
 */
async function pass(waiting: Waiting, name: string, probe: Probe, deadly: boolean): Promise<string | undefined> {
  const killedAt = waiting.startedAt + probe.initialDelayMs + probe.periodMs * probe.failureThreshold;
  const until = deadly ? Math.min(killedAt, waiting.deadline) : waiting.deadline;
  const target = targetOf(waiting);
  let successes = 0;
  let interval = FIRST_INTERVAL_MS;
  for (;;) {
    const ended = await endOf(waiting);
    if (ended !== undefined) return ended.reason;
    const failure = await attempt(probe.handler, target, probe.timeoutMs);
    successes = failure === undefined ? successes + 1 : 0;
    if (successes >= probe.successThreshold) return undefined;
    if (performance.now() > until) {
      return (await endOf(waiting))?.reason ?? `container ${waiting.container.name}: ${name} probe failed: ${failure}`;
    }
    await sleep(interval, undefined, waiting.signal ? { signal: waiting.signal } : {});
    interval = Math.min(interval * 2, LAST_INTERVAL_MS, probe.periodMs);
  }
}

/** No readiness probe: it stays up for SETTLE_MS, and every TCP port that it declares takes a connection. */
async function settle(waiting: Waiting): Promise<string | undefined> {
  const settled = waiting.startedAt + SETTLE_MS;
  let interval = FIRST_INTERVAL_MS;
  for (;;) {
    const ended = await endOf(waiting);
    if (ended !== undefined) return ended.reason;
    const refused = await refusedPort(waiting);
    const now = performance.now();
    if (refused === undefined && now >= settled) return undefined;
    if (now > waiting.deadline) {
      return `container ${waiting.container.name} takes no connection on its port ${refused ?? ''}`.trimEnd();
    }
    const left = now < settled ? settled - now : interval;
    await sleep(Math.min(interval, left), undefined, waiting.signal ? { signal: waiting.signal } : {});
    interval = Math.min(interval * 2, LAST_INTERVAL_MS);
  }
}

async function refusedPort({ container, address }: Waiting): Promise<number | undefined> {
  if (address === undefined) return undefined;
  for (const written of listOf(container.spec.ports)) {
    const { containerPort: port, protocol } = objectOr(written);
    if (typeof port !== 'number' || (protocol !== undefined && protocol !== 'TCP')) continue;
    if ((await attemptTcp(address, port, CONNECT_TIMEOUT_MS)) !== undefined) return port;
  }
  return undefined;
}

/** undefined: it runs. Otherwise it has ended, well (`reason` undefined, where that is allowed) or not. */
export async function endOf({
  engine,
  id,
  container,
  mayEnd,
}: Waiting): Promise<{ reason: string | undefined } | undefined> {
  const { status, exitCode } = await engine.state(id);
  if (status !== 'exited') return undefined;
  if (mayEnd && exitCode === 0) return { reason: undefined };
  return { reason: `container ${container.name} exited with code ${exitCode}` };
}

function targetOf({ engine, id, address }: Waiting): ProbeTarget {
  return { address, exec: (command, timeoutMs) => engine.exec(id, command, { timeoutMs }) };
}

/** Makes a pod that runs do its work, stops it, and takes everything that it leaves before it is removed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesystemChange } from '../engine/engine.ts';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { Image } from '../image/config.ts';
import type { Coverage, Evidence } from '../profile/evidence.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Clock, Phase } from './clock.ts';
import { type ChangeList, changeEvidence, changesCoverage } from './collectors/engine-changes.ts';
import { declaredPaths, IMAGE_CONFIG_RUN } from './collectors/image-config.ts';
import type { KernelEvents } from './collectors/kernel-events.ts';
import { LOG_LINES_RUN, refusedWrites } from './collectors/log-lines.ts';
import type { PrivilegedCall, SystemCalls } from './collectors/system-calls.ts';
import { type Answer, exercise } from './exercise.ts';

/** For the shutdown, whose writes are observed too; the kubelet's own default is 30, which few need. */
const MAX_GRACE_SECONDS = 10;

/** What was taken from a container while it was there. */
export interface Taken {
  readonly container: Container;
  readonly id: string;
  readonly answered: readonly Answer[];
  /** TCP ports that its network listened on before it was stopped; empty where that cannot be seen. */
  readonly listening: readonly number[];
  readonly evidence: readonly Evidence[];
  readonly privileged: readonly PrivilegedCall[];
  readonly coverage: Coverage;
  readonly logs: string;
  readonly exitCode: number | undefined;
}

/** What was asked of a container while it still ran. */
interface Running extends Pick<Taken, 'listening' | 'exitCode'> {
  readonly changes: ChangeList | string;
}

/** What is needed to take it. */
export interface Taking {
  readonly kernel: KernelEvents;
  readonly calls: SystemCalls;
  readonly clock: Clock & { enter(phase: Phase): void };
  readonly images: ReadonlyMap<string, Image>;
  readonly baselines: ReadonlyMap<string, readonly FilesystemChange[]>;
  /** How long to watch after the requests. */
  readonly seconds: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: ((line: string) => void) | undefined;
}

/** Exercises, watches and stops the pod, takes everything that it leaves, and removes it. */
export async function takeFrom(pod: RunningPod, taking: Taking): Promise<Taken[]> {
  const { kernel, calls, clock } = taking;
  try {
    kernel.drain();
    calls.drain();
    const readyAt = clock.atMs();
    const answers = new Map<string, readonly Answer[]>();
    if (pod.outcome.ready) {
      clock.enter('steady');
      taking.progress?.('ready; asking it');
      for (const container of pod.containers) {
        // An init container has ended by now; its image's ports are not served by it.
        if (container.container.role === 'init') continue;
        const { ports } = imageOf(taking.images, container.container);
        answers.set(container.id, await exercise(pod, container, ports));
      }
      await watch(taking);
    }
    const running = new Map<string, Running>();
    for (const container of pod.containers) {
      const changes = await listChanges(pod, container, clock);
      const { exitCode } = await pod.state(container);
      const listening = await pod.listening(container);
      running.set(container.id, { changes, exitCode, listening });
    }
    const seconds = Math.round((clock.atMs() - (pod.outcome.ready ? readyAt : 0)) / 100) / 10;
    kernel.drain();
    calls.drain();
    kernel.measure();
    clock.enter('shutdown');
    await pod.stop(graceSeconds(pod.workload));
    const taken: Taken[] = [];
    for (const container of pod.containers) {
      const { changes, exitCode, listening } = running.get(container.id)!;
      const lists = [changes, await listChanges(pod, container, clock)];
      const answered = answers.get(container.id) ?? [];
      taken.push(await takeOne(pod, container, taking, { lists, seconds, answered, listening, exitCode }));
    }
    return taken;
  } finally {
    await pod.remove();
  }
}

async function watch({ seconds, signal }: Taking): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new Failure('interrupted', 'interrupted while watching', { cause });
  }
}

function graceSeconds(workload: Workload): number {
  const written = workload.podSpec.terminationGracePeriodSeconds;
  return Number.isInteger(written) && (written as number) >= 0
    ? Math.min(written as number, MAX_GRACE_SECONDS)
    : MAX_GRACE_SECONDS;
}

/** The engine's list of changes now, or why there is none. */
async function listChanges(pod: RunningPod, container: RunningContainer, clock: Clock): Promise<ChangeList | string> {
  try {
    return { phase: clock.phase(), atMs: clock.atMs(), changes: await pod.changes(container) };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Everything about one stopped container that is still there. */
async function takeOne(
  pod: RunningPod,
  running: RunningContainer,
  { kernel, calls, images, baselines }: Taking,
  seen: {
    lists: (ChangeList | string)[];
    seconds: number;
    answered: readonly Answer[];
    listening: readonly number[];
    exitCode: number | undefined;
  },
): Promise<Taken> {
  const { container, id } = running;
  const { config } = imageOf(images, container);
  const logs = await pod.logs(running);
  const workingDir =
    typeof container.spec.workingDir === 'string' ? container.spec.workingDir : config.workingDir || '/';
  const lists = seen.lists.filter((list) => typeof list !== 'string');
  const made = { baseline: baselines.get(id) ?? [], mountPaths: [...running.volumes.keys(), ...config.volumes] };
  const { refused, privileged } = calls.gather(container.name);
  const evidence = [
    ...kernel.gather(container.name),
    ...refused,
    ...(await changeEvidence(lists, made, (path) => pod.stat(running, path))),
    ...refusedWrites(logs, { workingDir }),
    ...declaredPaths(config),
  ];
  const failure = seen.lists.find((list) => typeof list === 'string');
  const collectors = [
    changesCoverage(lists.length > 0 ? undefined : failure),
    kernel.coverage(container.name),
    calls.coverage(container.name),
    LOG_LINES_RUN,
    IMAGE_CONFIG_RUN,
    { collector: 'catalogue', ran: false, note: 'not needed: the workload was run' } as const,
  ];
  const coverage = {
    ready: pod.outcome.ready,
    requests: seen.answered.length,
    seconds: seen.seconds,
    shutdown: seen.exitCode === undefined,
    collectors,
  };
  const { answered, listening, exitCode } = seen;
  return { container, id, answered, listening, evidence, privileged, coverage, logs, exitCode };
}

/** The image of a container; all were read before the pod was started. */
export function imageOf(images: ReadonlyMap<string, Image>, container: Container): Image {
  const image = images.get(container.image ?? '');
  if (image === undefined) throw new Error(`image of ${container.name} was not read`);
  return image;
}

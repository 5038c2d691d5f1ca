/** Leads a pod through its life and takes everything that it leaves, before it is removed. */
import type { FilesystemChange } from '../engine/engine.ts';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import type { Image } from '../image/config.ts';
import { workingDirectoryOf } from '../image/working-directory.ts';
import type { CollectorRun, Coverage, Evidence } from '../profile/evidence.ts';
import type { Container } from '../workload/workload.ts';
import type { Clock } from './clock.ts';
import { agreeOnRefused, askedInVain } from './collectors/agreement.ts';
import { type ChangeList, changeEvidence, changesCoverage } from './collectors/engine-changes.ts';
import { declaredPaths, IMAGE_CONFIG_RUN } from './collectors/image-config.ts';
import type { KernelEvents } from './collectors/kernel-events.ts';
import { LOG_LINES_RUN, refusedWrites } from './collectors/log-lines.ts';
import type { GatheredCalls, PrivilegedCall, SystemCalls } from './collectors/system-calls.ts';
import { type Life, type LifeOptions, leadThrough } from './life.ts';

/** What was taken from a container while it was there. */
export interface Taken {
  readonly container: Container;
  readonly id: string;
  /** TCP ports that its network listened on before it was stopped; empty where that cannot be seen. */
  readonly listening: readonly number[];
  readonly evidence: readonly Evidence[];
  readonly privileged: readonly PrivilegedCall[];
  readonly coverage: Coverage;
  /** Until it was stopped for the first time. */
  readonly logs: string;
  /** The last line of everything that it logged. */
  readonly lastLine: string;
  /** How it ended by itself; undefined: it ran until it was stopped. */
  readonly exitCode: number | undefined;
  /** With what it ended when it was asked to; undefined: it had ended before. */
  readonly endedWith: number | undefined;
}

/** What was asked of a container while it still ran, and when it had ended. */
interface Seen extends Pick<Taken, 'listening' | 'exitCode'> {
  readonly changes: (ChangeList | string)[];
  logs: string;
}

/** What is needed to take it. */
export interface Taking
  extends Pick<LifeOptions, 'clock' | 'seconds' | 'command' | 'reload' | 'restarts' | 'signal' | 'progress'> {
  readonly kernel: KernelEvents;
  readonly calls: SystemCalls;
  readonly images: ReadonlyMap<string, Image>;
  readonly baselines: ReadonlyMap<string, readonly FilesystemChange[]>;
}

/** Exercises, watches and stops the pod, takes everything that it leaves, and removes it. */
export async function takeFrom(pod: RunningPod, taking: Taking): Promise<{ taken: Taken[]; life: Life }> {
  const { kernel, calls, clock } = taking;
  const seen = new Map<string, Seen>();
  try {
    kernel.drain();
    calls.drain();
    const life = await leadThrough(pod, {
      ...taking,
      exposed: (container) => imageOf(taking.images, container).ports,
      async beforeShutdown() {
        for (const container of pod.containers) {
          const changes = await listChanges(pod, container, clock);
          const { exitCode } = await pod.state(container);
          seen.set(container.id, { changes: [changes], exitCode, listening: await pod.listening(container), logs: '' });
        }
        kernel.drain();
        calls.drain();
        kernel.measure();
      },
      async afterShutdown() {
        for (const container of pod.containers) {
          const one = seen.get(container.id)!;
          one.changes.push(await listChanges(pod, container, clock));
          one.logs = await pod.logs(container);
        }
      },
    });
    const taken: Taken[] = [];
    for (const container of pod.containers)
      taken.push(await takeOne(pod, container, taking, seen.get(container.id)!, life));
    return { taken, life };
  } finally {
    await pod.remove();
  }
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
  { changes, exitCode, listening, logs }: Seen,
  { answered, seconds, later, ended }: Life,
): Promise<Taken> {
  const { container, id } = running;
  const { config } = imageOf(images, container);
  const workingDir = workingDirectoryOf(container, config);
  const lists = changes.filter((list) => typeof list !== 'string');
  const made = { baseline: baselines.get(id) ?? [], mountPaths: [...running.volumes.keys(), ...config.volumes] };
  const gathered = calls.gather(container.name);
  const callsRun = calls.coverage(container.name);
  const wholeLog = later.length > 0 ? await pod.logs(running) : logs;
  const lines = refusedWrites(logs, { workingDir });
  const refused = [
    ...agreeOnRefused(lines, gathered, isComplete(callsRun)),
    ...refusedLater(lines, refusedWrites(since(logs, wholeLog), { workingDir }), gathered),
  ];
  const evidence = [
    ...kernel.gather(container.name),
    ...(await changeEvidence(lists, made, (path) => pod.stat(running, path))),
    ...refused,
    ...askedInVain(gathered, refused, exitCode),
    ...declaredPaths(config),
  ];
  const failure = changes.find((list) => typeof list === 'string');
  const collectors = [
    changesCoverage(lists.length > 0 ? undefined : failure, pod.changesMiss),
    kernel.coverage(container.name),
    callsRun,
    LOG_LINES_RUN,
    IMAGE_CONFIG_RUN,
    { collector: 'catalogue', ran: false, note: 'not needed: the workload was run' } as const,
  ];
  const happened = (what: 'reload' | 'crash') => later.some((one) => one.what === what && one.failure === undefined);
  const coverage = {
    ready: pod.outcome.ready,
    requests: answered.filter((answer) => answer.container === container.name).length,
    seconds,
    reload: happened('reload'),
    shutdown: exitCode === undefined,
    restart: happened('crash'),
    collectors,
  };
  const lastLine = wholeLog.trimEnd().split('\n').at(-1) ?? '';
  return {
    container,
    id,
    listening,
    evidence,
    privileged: gathered.privileged,
    coverage,
    logs,
    lastLine,
    exitCode,
    endedWith: ended.get(id),
  };
}

/** What was logged after the first life. */
function since(logs: string, wholeLog: string): string {
  return wholeLog.startsWith(logs) ? wholeLog.slice(logs.length) : wholeLog;
}

/** What the second life was refused: nobody has followed its calls, so a line counts by itself, unless it was judged in the first one. */
function refusedLater(earlier: readonly Evidence[], lines: readonly Evidence[], gathered: GatheredCalls): Evidence[] {
  const judged = new Set(earlier.map(({ path }) => path));
  return agreeOnRefused(lines, gathered, false)
    .filter(({ collector, path }) => collector === 'log-lines' && !judged.has(path))
    .map((line): Evidence => ({ ...line, phase: 'restart' }));
}

/** It ran, and has nothing to say of what it could not see. */
function isComplete({ ran, note }: CollectorRun): boolean {
  return ran && note === undefined;
}

/** The image of a container; all were read before the pod was started. */
export function imageOf(images: ReadonlyMap<string, Image>, container: Container): Image {
  const image = images.get(container.image ?? '');
  if (image === undefined) throw new Error(`image of ${container.name} was not read`);
  return image;
}

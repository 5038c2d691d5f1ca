/** Ends a pod that takes more of its machine than it may, and keeps the sentence that says so: it is the pod's outcome. */
import { objectOr } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { MemoryBound } from './bounds.ts';
import { type DiskGuard, guardDisk, type Place } from './disk-guard.ts';
import type { Engine } from './engine.ts';
import { killedForMemory } from './oom-log.ts';
import type { PodOutcome, RunningContainer } from './pod.ts';
import { bytesText, parseQuantity } from './quantity.ts';

export interface PodGuard {
  /** Why it was ended, one sentence; undefined: it was not. */
  readonly ended: string | undefined;
  watchVolume(name: string, directory: string, sizeLimit: number | undefined): void;
  /** Watches what a created container writes by itself. */
  watchContainer(running: RunningContainer): Promise<void>;
  /** What a look at the container says of its memory, one sentence; undefined: it had enough. */
  outOfMemory(running: RunningContainer): Promise<string | undefined>;
  /** Kills every container; the first sentence stays. */
  end(sentence: string): void;
  /** The pod's outcome, unless it was ended. */
  judged(outcome: PodOutcome): PodOutcome;
  close(): void;
}

export interface Guarding {
  readonly engine: Engine;
  /** A directory of the run, which is there. */
  readonly directory: string;
  /** Everything of the pod, the pause container first. */
  readonly created: readonly string[];
  readonly memoryOf: (container: Container) => MemoryBound;
}

/** Where the engine is another machine's, its disk cannot be watched; its other limits hold there as well. */
export async function guardPod({ engine, directory, created, memoryOf }: Guarding): Promise<PodGuard> {
  let ended: string | undefined;
  const end = (sentence: string) => {
    ended ??= sentence;
    // The pause container too: it takes every process with it where the pod shares them.
    for (const id of created) void engine.kill(id, 'SIGKILL').catch(() => {});
  };
  const disk: DiskGuard | undefined = engine.info.local ? await guardDisk(directory, end) : undefined;
  return {
    get ended() {
      return ended;
    },
    watchVolume: (name, path, sizeLimit) => disk?.watch(volumePlace(name, path, sizeLimit)),
    async watchContainer({ container, id }) {
      if (disk) disk.watch(containerPlace(container, (await engine.state(id)).writesTo ?? []));
    },
    async outOfMemory({ container, id }) {
      const { outOfMemory } = await engine.state(id);
      const killed = outOfMemory === true || (engine.info.local && killedForMemory(id));
      return killed ? memorySentence(container.name, memoryOf(container)) : undefined;
    },
    end,
    judged: (outcome) => (ended === undefined ? outcome : { ready: false, reason: ended, readyMs: undefined }),
    close: () => disk?.close(),
  };
}

/** For what the kernel has killed because of its memory. */
export function memorySentence(name: string, { bytes, from }: MemoryBound): string {
  const whose = from === 'manifest' ? 'its own limit' : 'which is what the sandbox gives it';
  return `container ${name} was killed for using more than ${bytesText(bytes)} of memory, ${whose}`;
}

function volumePlace(name: string, path: string, sizeLimit: number | undefined): Place {
  const what = `volume ${name}`;
  if (sizeLimit === undefined) return { what, paths: [path] };
  const sentence = `${what} holds more than its sizeLimit of ${bytesText(sizeLimit)}: Kubernetes evicts the pod for that`;
  return { what, paths: [path], limit: { bytes: sizeLimit, sentence } };
}

function containerPlace({ name, spec }: Container, paths: readonly string[]): Place {
  const what = `container ${name}`;
  const bytes = parseQuantity(objectOr(objectOr(spec.resources).limits)['ephemeral-storage']);
  if (bytes === undefined || bytes < 1) return { what, paths };
  const sentence = `${what} wrote more than its ephemeral-storage limit of ${bytesText(bytes)}: Kubernetes evicts the pod for that`;
  return { what, paths, limit: { bytes, sentence } };
}

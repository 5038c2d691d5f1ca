/** How much of the machine a container may have at most, whatever its manifest says or does not say. */
import { availableParallelism, totalmem } from 'node:os';
import { objectOr } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { parseQuantity } from './quantity.ts';

/** Kubernetes' nodes allow thousands; a fork bomb must not take this host down. */
export const PIDS_LIMIT = 4096;

/** Without a limit of its own: a JVM or a database starts well in it. */
export const MEMORY_DEFAULT_BYTES = 4 * 2 ** 30;

/** All containers of a pod together get no more of the machine's memory by default, and no single one ever. */
export const MEMORY_SHARE = 0.5;

/** Many containers share that, but less than this makes ordinary software fail for no reason of its own. */
export const MEMORY_LEAST_BYTES = 512 * 2 ** 20;

/** Of the machine's processors: what is left keeps it answering. */
export const CPU_SHARE = 0.75;

/** Where the host runs out of memory all the same, its kernel takes a container's process first (-1000 to 1000). */
export const OOM_SCORE = 1000;

/** A container's log file on the engine's disk; the engine begins it anew there, and 4 MiB of it are read. */
export const LOG_FILE_BYTES = 64 * 2 ** 20;

export interface Machine {
  /** undefined: it is another machine, of which nothing is known. */
  readonly memoryBytes: number | undefined;
  readonly processors: number | undefined;
}

export function machineOf(local: boolean): Machine {
  if (!local) return { memoryBytes: undefined, processors: undefined };
  return { memoryBytes: totalmem(), processors: availableParallelism() };
}

/** What a container gets, and whether its manifest or Petrify has said so. */
export interface MemoryBound {
  readonly bytes: number;
  readonly from: 'manifest' | 'sandbox';
}

/** `containers`: how many of the pod's may run at the same time. */
export function memoryBoundOf(container: Container, containers: number, machine: Machine): MemoryBound {
  const most = machine.memoryBytes === undefined ? Number.POSITIVE_INFINITY : machine.memoryBytes * MEMORY_SHARE;
  const written = parseQuantity(objectOr(objectOr(container.spec.resources).limits).memory);
  if (written !== undefined && written >= 1 && written <= most) return { bytes: Math.floor(written), from: 'manifest' };
  const fair = Math.max(MEMORY_LEAST_BYTES, most / Math.max(1, containers));
  return { bytes: Math.floor(Math.min(written === undefined ? MEMORY_DEFAULT_BYTES : most, fair)), from: 'sandbox' };
}

/** Processors as a number, 1.5; undefined: nothing is known of the machine, and nothing is bounded. */
export function cpusOf({ processors }: Machine): number | undefined {
  return processors === undefined ? undefined : processors * CPU_SHARE;
}

/** Does one thing to every workload; one that fails does not lose the others. */
import { Failure } from '../failure.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

/** Failures that concern no single workload: they end the command. */
const ENDING: ReadonlySet<string> = new Set(['interrupted', 'no-cluster', 'no-engine']);

export interface Failed {
  readonly workload: Workload;
  readonly failure: Failure;
}

/** The results in order, and the failures beside them. Anything that is no Failure is a defect and is thrown on. */
export async function eachWorkload<T>(
  workloads: readonly Workload[],
  work: (workload: Workload) => Promise<T>,
): Promise<{ done: T[]; failed: Failed[] }> {
  const done: T[] = [];
  const failed: Failed[] = [];
  for (const workload of workloads) {
    try {
      done.push(await work(workload));
    } catch (error) {
      if (!(error instanceof Failure) || ENDING.has(error.code)) throw error;
      failed.push({ workload, failure: error });
    }
  }
  return { done, failed };
}

/** Says each failure with its place, on stderr. */
export function sayFailed(failed: readonly Failed[], io: Io): void {
  for (const { workload, failure } of failed) {
    const { file, line } = workload.source;
    io.err(`petrify: ${io.visible(`${file}:${line}: ${workload.kind} ${workload.name}: ${failure.message}`)}\n`);
    if (failure.hint) io.err(`  hint: ${io.visible(failure.hint)}\n`);
  }
}

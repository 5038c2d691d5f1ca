/** Does one thing to every workload; one that fails, or takes for ever, does not lose the others. */
import { Failure } from '../failure.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

/** Failures that concern no single workload: they end the command. */
const ENDING: ReadonlySet<string> = new Set(['interrupted', 'no-engine']);

/** `harden` makes no more starts of one workload; its own module is not loaded for this number. */
export const MOST_STARTS = 24;

/** Every start that a search may make, each waiting a minute to become ready and some seconds to end. */
const TIME_LIMIT_MS = 30 * 60_000;

/** An aborted work gets this long to take away what it has started, before the next one begins. */
const END_GRACE_MS = 10_000;

export interface Failed {
  readonly workload: Workload;
  readonly failure: Failure;
}

/** How long one workload may take in all; `seconds` are those for which each of its runs is watched. */
export function timeLimitMs(seconds: number | undefined): number {
  return TIME_LIMIT_MS + MOST_STARTS * (seconds ?? 0) * 1000;
}

export interface Bound {
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/** The results in order, and the failures beside them. Anything that is no Failure is a defect and is thrown on. */
export async function eachWorkload<T>(
  workloads: readonly Workload[],
  bound: Bound,
  work: (workload: Workload, signal: AbortSignal) => Promise<T>,
): Promise<{ done: T[]; failed: Failed[] }> {
  const done: T[] = [];
  const failed: Failed[] = [];
  for (const workload of workloads) {
    try {
      done.push(await withinTime(bound, (signal) => work(workload, signal)));
    } catch (error) {
      if (!(error instanceof Failure) || ENDING.has(error.code)) throw error;
      failed.push({ workload, failure: error });
    }
  }
  return { done, failed };
}

/** Aborts the work when its time is over, and throws Failure('not-ready') then. */
async function withinTime<T>({ signal, limitMs }: Bound, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const { promise: deaf, reject } = Promise.withResolvers<never>();
  deaf.catch(() => {});
  let grace: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    over.abort();
    grace = setTimeout(() => reject(tooLong(limitMs)), END_GRACE_MS);
  }, limitMs);
  try {
    return await Promise.race([work(AbortSignal.any([signal, over.signal])), deaf]);
  } catch (error) {
    throw over.signal.aborted && !signal.aborted ? tooLong(limitMs) : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
  }
}

function tooLong(limitMs: number): Failure {
  const limit = limitMs < 60_000 ? `${limitMs / 1000} s` : `${Math.round(limitMs / 60_000)} minutes`;
  return new Failure('not-ready', `it was not done within ${limit} and was given up.`, {
    hint: 'shorten --for, or look at what keeps it from starting: petrify observe shows one run',
  });
}

/** Says each failure with its place, on stderr. */
export function sayFailed(failed: readonly Failed[], io: Io): void {
  for (const { workload, failure } of failed) {
    const { file, line } = workload.source;
    io.err(`petrify: ${io.visible(`${file}:${line}: ${workload.kind} ${workload.name}: ${failure.message}`)}\n`);
    if (failure.hint) io.err(`  hint: ${io.visible(failure.hint)}\n`);
  }
}

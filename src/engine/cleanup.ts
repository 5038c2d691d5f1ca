/** Leaves nothing behind: after a run, after Ctrl-C in the middle of one, and after a crash of an earlier one. */
import { readdir } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { Engine } from './engine.ts';
import { removeDirectory } from './run-directory.ts';
import { DIRECTORY_PREFIX, directoriesAt, directoryOf, isAlive, newRun, parseRun } from './runs.ts';

/** After an interruption the work gets this long to end by itself before everything is taken from under it. */
const INTERRUPT_GRACE_MS = 2_000;

/** An engine may still be busy with a container when its network shall go. */
const REMOVE_TRIES = 3;
const REMOVE_WAIT_MS = 300;

/** What a shell reports for a program that SIGINT ended. */
const INTERRUPTED_EXIT_CODE = 130;

/** A run whose maker cannot be seen from here (another machine on the same engine) is left alone for a day. */
export const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/** Removes every container, network and host directory of a run. Throws Failure, naming what resists. */
export async function removeRun(engine: Engine, run: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const errors = await removeOnce(engine, run);
    if (errors.length === 0) return;
    if (tries === REMOVE_TRIES) throw resists(run, errors);
    await new Promise((resolve) => setTimeout(resolve, REMOVE_WAIT_MS));
  }
}

async function removeOnce(engine: Engine, run: string): Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  const { containers, networks } = await engine.labelled(run);
  // One by one and newest first, as listed: those that joined another's network go before it.
  for (const id of containers) await engine.remove(id).catch(note);
  const alive = errors.length > 0;
  for (const name of networks) await engine.removeNetwork(name).catch(note);
  if (!alive) await removeDirectory(directoryOf(run)).catch(note);
  return errors;
}

function resists(run: string, [first]: readonly unknown[]): Failure {
  if (first instanceof Failure && first.code === 'file-unwritable') return first;
  const reason = first instanceof Error ? first.message : String(first);
  const message = `Run ${run} with its directory ${directoryOf(run)} could not be removed: ${reason}`;
  return new Failure('engine-refused', message, { cause: first });
}

/**
 * Removes what crashed runs have left: those of dead processes of this machine at once, those whose process cannot be
 * seen from here once they are older than `olderThanMs`. Runs of living processes stay. Returns the removed runs; one
 * that resists is tried once, left for the next time, and never stands in anybody's way.
 */
export async function removeLeftovers(engine: Engine, olderThanMs: number = LEFTOVER_AGE_MS): Promise<string[]> {
  const removed: string[] = [];
  for (const id of await knownRuns(engine)) {
    const run = parseRun(id);
    if (!run) continue;
    const alive = isAlive(run);
    if (alive === true || (alive === undefined && Date.now() - run.startedAt < olderThanMs)) continue;
    const errors = await removeOnce(engine, id).catch((error: unknown) => [error]);
    if (errors.length === 0) removed.push(id);
  }
  return removed;
}

async function knownRuns(engine: Engine): Promise<ReadonlySet<string>> {
  const names = await readdir(directoriesAt()).catch(() => []);
  const directories = names
    .filter((name) => name.startsWith(DIRECTORY_PREFIX))
    .map((name) => name.slice(DIRECTORY_PREFIX.length));
  return new Set([...(await engine.runs()), ...directories]);
}

/** What ends a run: the terminal's Ctrl-C, a polite kill, a terminal that was closed. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A group gets one signal several times over (npm, a shell and we forward it); a person presses again later than this. */
const INSIST_AFTER_MS = 1_000;

/** Told when a signal arrives: first that everything is being removed, then, when the user insists, that it is not. */
export type OnInterrupt = (what: 'removing' | 'leaving') => void;

/**
 * Calls `fn` with a fresh run's id and a signal, and removes everything of the run afterwards, whatever happened.
 * SIGINT, SIGTERM and SIGHUP abort the signal, remove everything and end in Failure('interrupted'). A second SIGINT after
 * a second ends the process at once: what is left is removed at the next start.
 */
export function withRun<T>(engine: Engine, fn: RunWork<T>, onInterrupt?: OnInterrupt): Promise<T> {
  return interruptible((run) => removeRun(engine, run), fn, onInterrupt);
}

/** What is done in a run. */
export type RunWork<T> = (run: string, signal: AbortSignal) => Promise<T>;

/** `withRun` wherever a run can be removed from: `remove` takes everything of it away. */
export async function interruptible<T>(
  remove: (run: string) => Promise<void>,
  fn: RunWork<T>,
  onInterrupt: OnInterrupt = () => {},
): Promise<T> {
  const run = newRun();
  const interruption = listenForSignals(onInterrupt);
  const { signal } = interruption;
  let failed = false;
  try {
    const result = await Promise.race([fn(run, signal), interruption.overdue]);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    failed = true;
    throw signal.aborted ? signal.reason : error;
  } finally {
    // What resists is found again at the next start; after a failure of the work itself, that one is to be told.
    await remove(run)
      .catch((error: unknown) => {
        if (!failed) throw error;
      })
      .finally(interruption.stop);
  }
}

interface Interruption {
  readonly signal: AbortSignal;
  /** Rejects when the work has not ended by itself some time after the signal. */
  readonly overdue: Promise<never>;
  stop(): void;
}

function listenForSignals(onInterrupt: OnInterrupt): Interruption {
  const abort = new AbortController();
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  overdue.catch(() => {});
  let grace: NodeJS.Timeout | undefined;
  let firstAt = 0;
  const listener = (name: NodeJS.Signals) => {
    if (!abort.signal.aborted) {
      const failure = new Failure('interrupted', `Interrupted by ${name}.`);
      firstAt = Date.now();
      abort.abort(failure);
      grace = setTimeout(() => reject(failure), INTERRUPT_GRACE_MS);
      onInterrupt('removing');
    } else if (name === 'SIGINT' && Date.now() - firstAt > INSIST_AFTER_MS) {
      onInterrupt('leaving');
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  };
  for (const name of ENDING) process.on(name, listener);
  const stop = () => {
    clearTimeout(grace);
    for (const name of ENDING) process.off(name, listener);
  };
  return { signal: abort.signal, overdue, stop };
}

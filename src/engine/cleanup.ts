/** Leaves nothing behind: after a run, after Ctrl-C in the middle of one, and after a crash of an earlier one. */
import { readdir, rm } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { Engine } from './engine.ts';
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

/** Removes every container, network and host directory of a run. Throws the last error when something resists. */
export async function removeRun(engine: Engine, run: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const errors = await removeOnce(engine, run);
    if (errors.length === 0) return;
    if (tries === REMOVE_TRIES) throw errors[0];
    await new Promise((resolve) => setTimeout(resolve, REMOVE_WAIT_MS));
  }
}

async function removeOnce(engine: Engine, run: string): Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  const { containers, networks } = await engine.labelled(run);
  // One by one and newest first, as listed: those that joined another's network go before it.
  for (const id of containers) await engine.remove(id).catch(note);
  for (const name of networks) await engine.removeNetwork(name).catch(note);
  await rm(directoryOf(run), { recursive: true, force: true }).catch(note);
  return errors;
}

/**
 * Removes what crashed runs have left: those of dead processes of this machine at once, those whose process cannot be
 * seen from here once they are older than `olderThanMs`. Runs of living processes stay. Returns the removed runs.
 */
export async function removeLeftovers(engine: Engine, olderThanMs: number = LEFTOVER_AGE_MS): Promise<string[]> {
  const removed: string[] = [];
  for (const id of await knownRuns(engine)) {
    const run = parseRun(id);
    if (!run) continue;
    const alive = isAlive(run);
    if (alive === true || (alive === undefined && Date.now() - run.startedAt < olderThanMs)) continue;
    await removeRun(engine, id);
    removed.push(id);
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

/**
 * Calls `fn` with a fresh run's id and a signal, and removes everything of the run afterwards, whatever happened.
 * SIGINT and SIGTERM abort the signal, remove everything and end in Failure('interrupted'); a second one ends at once.
 */
export async function withRun<T>(engine: Engine, fn: (run: string, signal: AbortSignal) => Promise<T>): Promise<T> {
  const run = newRun();
  const abort = new AbortController();
  let interrupt: (error: Failure) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  interrupted.catch(() => {});
  let grace: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
    const failure = new Failure('interrupted', `Interrupted by ${name}.`);
    abort.abort(failure);
    grace = setTimeout(() => interrupt(failure), INTERRUPT_GRACE_MS);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const result = await Promise.race([fn(run, abort.signal), interrupted]);
    abort.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(grace);
    await removeRun(engine, run).finally(() => process.off('SIGINT', onSignal).off('SIGTERM', onSignal));
  }
}

/** Many clients at once for a while: what was answered, and what was not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bounded, type Question } from './client.ts';

const CLIENTS = 8;
/** After a failure: a server that is gone must not be asked a million times. */
const PAUSE_MS = 100;

export interface Load {
  readonly seconds: number;
  /** Checks that were begun, each of one or several requests. */
  readonly checks: number;
  readonly failures: number;
  /** The first failure in words. */
  readonly failed?: string;
}

/** Ends as soon as the last check that was begun within `seconds` has ended. */
export async function loadFor(check: Question, address: string, seconds: number, signal: AbortSignal): Promise<Load> {
  const until = performance.now() + seconds * 1000;
  let checks = 0;
  const failures: string[] = [];
  const work = async () => {
    while (performance.now() < until && !signal.aborted) {
      checks += 1;
      try {
        await bounded(check(address));
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        await sleep(PAUSE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  const [failed] = failures;
  return { seconds, checks, failures: failures.length, ...(failed === undefined ? {} : { failed }) };
}

/** Judges on every core: this one, and workers that are started once there is enough to do. */
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { ManifestText } from '../manifest/document.ts';
import { type Bench, judgeTexts, type TextResult } from './judge-text.ts';
import type { Order } from './order.ts';

/** Whoever judges texts. Results come whenever they are done; their order is for the caller to keep. */
export interface Crew {
  /** What becomes of the texts; resolves once it is taken on: how much waits is bounded by that. */
  judge(texts: readonly ManifestText[]): Promise<{ readonly result: Promise<TextResult> }>;
  end(): Promise<void>;
}

/**
 * Milliseconds of judging after which workers are started: what one costs until it is as quick as this core, whose
 * compiler knows the code by then. Work and not size is measured, as most of a large stream may be passed over.
 */
const START_AFTER = 200;
/** More workers than this wait for the reading and printing that one core does. */
const MAX_WORKERS = 7;
/** Texts that a worker has before it: one in hand, one so that it need not wait. */
const MAX_AHEAD = 2;

export interface CrewSize {
  readonly workers: number;
  /** Milliseconds of this core's own time. */
  readonly startAfter: number;
}

/** One worker for each core beside this one. */
export function allCores(): CrewSize {
  return { workers: Math.min(availableParallelism() - 1, MAX_WORKERS), startAfter: START_AFTER };
}

/** @param bench that of this core, made of the same order */
export function crewFor(order: Order, bench: Bench, { workers, startAfter }: CrewSize = allCores()): Crew {
  const hands: Hand[] = [];
  let spent = 0;
  const judgeHere = (texts: readonly ManifestText[]): TextResult => {
    const before = process.threadCpuUsage().user;
    const result = judgeTexts(texts, bench);
    spent += (process.threadCpuUsage().user - before) / 1000;
    return result;
  };
  return {
    async judge(texts) {
      if (hands.length === 0 && spent >= startAfter) {
        const { Worker } = await import('node:worker_threads');
        for (let index = 0; index < workers; index++) hands.push(handFor(new Worker(ENTRY, { workerData: order })));
      }
      if (hands.length > 0) await nextTurn();
      const free = hands.filter((hand) => hand.ahead < MAX_AHEAD).sort((a, b) => a.ahead - b.ahead)[0];
      return { result: free === undefined ? Promise.resolve(judgeHere(texts)) : free.judge(texts) };
    },
    async end() {
      await Promise.all(hands.map((hand) => hand.end()));
    },
  };
}

/** A crew of this core alone. */
export function alone(bench: Bench): Crew {
  return { judge: async (texts) => ({ result: Promise.resolve(judgeTexts(texts, bench)) }), end: async () => {} };
}

/** One worker and what it has before it. */
interface Hand {
  readonly ahead: number;
  judge(texts: readonly ManifestText[]): Promise<TextResult>;
  end(): Promise<void>;
}

/** Beside this module, from source and in the built program. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

function handFor(worker: Worker): Hand {
  const waiting: PromiseWithResolvers<TextResult>[] = [];
  let broken: Error | undefined;
  const fail = (error: Error): void => {
    broken ??= error;
    for (const one of waiting.splice(0)) one.reject(error);
  };
  worker.on('message', (result: TextResult) => waiting.shift()!.resolve(result));
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a worker ended by itself, with ${code}`)));
  return {
    get ahead() {
      return waiting.length;
    },
    judge(texts) {
      if (broken !== undefined) return Promise.reject(broken);
      const one = Promise.withResolvers<TextResult>();
      // Whoever waits for it in order may come later than its failure.
      one.promise.catch(() => {});
      waiting.push(one);
      worker.postMessage(texts);
      return one.promise;
    },
    async end() {
      worker.removeAllListeners('exit');
      await worker.terminate();
    },
  };
}

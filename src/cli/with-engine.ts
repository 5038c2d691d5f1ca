/** Connects to an engine for one command, clears what crashed runs left, and removes everything of this one. */
import { removeLeftovers, withRun } from '../engine/cleanup.ts';
import { connectEngine, type EngineChoice } from '../engine/connect.ts';
import type { Engine } from '../engine/engine.ts';
import type { Io, Progress } from './io.ts';

export interface EngineWork {
  readonly engine: Engine;
  readonly run: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export const INTERRUPTED = {
  removing: 'stopping: everything that was started is being removed\n',
  leaving: 'petrify: ended at once; the next start removes what is left\n',
};

/** Runs `work` with an engine. Ctrl-C removes everything and ends in Failure('interrupted'). */
export async function withEngine<T>(
  choice: EngineChoice,
  io: Io,
  doing: string,
  work: (at: EngineWork) => Promise<T>,
): Promise<T> {
  const engine = await connectEngine(choice, io.env);
  await removeLeftovers(engine);
  const progress = await io.progress(doing);
  try {
    return await withRun(
      engine,
      (run, signal) => work({ engine, run, signal, progress }),
      (what) => progress.pause(() => io.err(INTERRUPTED[what])),
    );
  } finally {
    progress.end();
  }
}

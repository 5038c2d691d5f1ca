/** Measures several things side by side, so that a busy machine slows all of them alike. */

import { spawn } from 'node:child_process';

/** One line of a benchmark's result. `ratio` is against the row that the benchmark takes for 1; `goal` is its upper bound. */
export interface BenchRow {
  readonly name: string;
  readonly milliseconds: number;
  readonly ratio: number;
  readonly goal?: number;
}

/** Prints rows below each other, with whether each met its goal. */
export function printRows(rows: readonly BenchRow[]): void {
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const { name, milliseconds, ratio, goal } of rows) {
    const met = goal === undefined ? '' : `  goal ≤ ${goal}: ${ratio <= goal ? 'met' : 'MISSED'}`;
    console.log(`${name.padEnd(width)}  ${milliseconds.toFixed(1).padStart(8)} ms  ×${ratio.toFixed(2)}${met}`);
  }
}

/** Runs before anything is counted: the compiler of the engine must be done with the code. */
const WARM_UP = 2;
const REPETITIONS = 9;

/** A process that is measured from its start to its end, with everything that it prints thrown away. */
export function spawned(command: readonly string[], expected: readonly number[] = [0]): () => Promise<void> {
  const [program = '', ...args] = command;
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      child.on('error', reject);
      child.on('exit', (code) => {
        if (expected.includes(code ?? -1)) resolve();
        else reject(new Error(`${command.join(' ')} ended with ${code}`));
      });
    });
}

/** The median time of each task in milliseconds; the tasks take turns. */
export async function interleaved(tasks: readonly (() => unknown)[]): Promise<number[]> {
  const times = tasks.map((): number[] => []);
  for (let round = -WARM_UP; round < REPETITIONS; round++) {
    for (const [index, task] of tasks.entries()) {
      const start = performance.now();
      await task();
      if (round >= 0) times[index]!.push(performance.now() - start);
    }
  }
  return times.map(median);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** The program as its users call it: a process of its own, bounded in time, that is asked to tidy up before it is killed. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../src/cli/petrify.ts', import.meta.url));
/** From SIGTERM until SIGKILL: removing a pod takes seconds. */
const TIDY_MS = 30_000;

export interface Ended {
  /** undefined: it took too long. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
  readonly pid: number;
}

/** Runs `petrify ARGS`. Throws only where it cannot be started, or for `signal`. */
export async function petrify(
  args: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Ended> {
  signal.throwIfAborted();
  const start = performance.now();
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const overdue = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const end = () => {
    child.kill('SIGTERM');
    sleep(TIDY_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
  };
  overdue.addEventListener('abort', end);
  try {
    const code = await closed;
    signal.throwIfAborted();
    const seconds = (performance.now() - start) / 1000;
    return { code: overdue.aborted ? undefined : code, ...said, seconds, pid: child.pid! };
  } finally {
    overdue.removeEventListener('abort', end);
  }
}

/** The options that keep `harden` to what it finds out by itself, as far as this version of the program has them. */
export async function unaided(signal: AbortSignal): Promise<string[]> {
  const { out } = await petrify(['harden', '--help'], { timeoutMs: TIDY_MS, signal });
  return ['--no-catalog'].filter((option) => out.includes(option));
}

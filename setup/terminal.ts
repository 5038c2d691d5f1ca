/** What the set-up says and asks, always on stderr: stdout belongs to the command behind it. */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline/promises';

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Asks on a terminal; without one, or with CI=true, the answer is yes. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || process.env.CI === 'true') return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y(es)?)?$/i.test(answer.trim());
}

/** Runs a command quietly; when it fails, shows what it printed and throws. */
export function run(command: string, args: readonly string[], options: { env?: Record<string, string> } = {}): void {
  const done = spawnSync(command, args, {
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.status === 0) return;
  say(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  throw new Error(`${command} ${args.join(' ')} ended with ${done.status ?? done.error?.message}`);
}

/** What a command prints; empty when it fails or is not there. */
export function read(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).stdout ?? '';
}

/** Runs the program as a user would, in this process or as one of its own, and keeps what it says. */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import { visible } from '../../src/report/visible.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program in this process: quick, no colours, no spinner. */
export async function petrify(
  args: readonly string[],
  options: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Said> {
  const said = { out: '', err: '' };
  const code = await main(args, {
    stdin: Readable.from([options.stdin ?? '']),
    env: options.env ?? process.env,
    cwd: process.cwd(),
    colour: { out: false, err: false },
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    progress: async () => ({ update: () => {}, pause: (print) => print(), end: () => {} }),
    visible,
  });
  return { code, ...said };
}

/** The program as its own process. `signal` is sent after so many milliseconds. */
export function petrifyProcess(
  args: readonly string[],
  signal?: { name: NodeJS.Signals; afterMs: number },
): Promise<Said> {
  const entry = new URL('../../src/cli/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const timer = signal ? setTimeout(() => child.kill(signal.name), signal.afterMs) : undefined;
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, ...said });
    });
  });
}

/** Runs the program as a user would, in this process or as one of its own, and keeps what it says. */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { visible } from '../../src/report/visible.ts';

const POLL_MS = 20;

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
  const { io, said } = recordedIo(options);
  const code = await main(args, io);
  return { code, ...said };
}

/** What a command reads and writes, and what it has said so far: no colours, no spinner. */
export function recordedIo({ stdin = '', env = process.env }: { stdin?: string; env?: NodeJS.ProcessEnv } = {}): {
  readonly io: Io;
  readonly said: { out: string; err: string };
} {
  const said = { out: '', err: '' };
  const io: Io = {
    stdin: Readable.from([stdin]),
    env,
    colour: { out: false, err: false },
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    progress: async () => ({ update: () => {}, pause: (print) => print(), end: () => {} }),
    visible,
  };
  return { io, said };
}

/** The program as its own process. Once `ready` holds for its pid, it gets the signal. */
export function petrifyProcess(
  args: readonly string[],
  interrupt: { signal: NodeJS.Signals; ready: (pid: number) => Promise<boolean> },
): Promise<Said> {
  const entry = new URL('../../src/cli/petrify.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const poll = async () => {
    while (child.exitCode === null && !(await interrupt.ready(child.pid!))) await sleep(POLL_MS);
    child.kill(interrupt.signal);
  };
  return new Promise((resolve, reject) => {
    poll().catch(reject);
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }));
  });
}

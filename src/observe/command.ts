/** The user's own exercise: a command on this machine that is told where the server listens, and says by its exit code whether it works. */
import { spawn } from 'node:child_process';

/** A check that takes longer is no check. */
export const COMMAND_TIMEOUT_MS = 120_000;
/** Of its output, as the reason of a failure. */
const OUTPUT_BYTES = 4 * 1024;
/** A command that ignores SIGTERM is ended for good. */
const KILL_AFTER_MS = 2_000;

/** Where the server listens, as the command's environment says it. */
export interface Listening {
  readonly address: string;
  /** Of the containers in order, each with its name where the manifest gives one. */
  readonly ports: readonly { readonly port: number; readonly name: string | undefined }[];
}

/** `PETRIFY_HOST`, `PETRIFY_PORT` (the first), `PETRIFY_PORTS` (all), `PETRIFY_PORT_HTTP` for a port that is named `http`. */
export function environmentFor({ address, ports }: Listening): Record<string, string> {
  const named = ports.flatMap(({ port, name }) =>
    name === undefined ? [] : [[`PETRIFY_PORT_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`, String(port)]],
  );
  const all = [...new Set(ports.map(({ port }) => port))];
  return {
    PETRIFY_HOST: address,
    ...(all.length > 0 ? { PETRIFY_PORT: String(all[0]), PETRIFY_PORTS: all.join(' ') } : {}),
    ...Object.fromEntries(named),
  };
}

/** Runs it once by the shell. Resolves with `success`, or with how it ended and what it last said; never throws. */
export function runCommand(command: string, listening: Listening, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command], {
      env: { ...process.env, ...environmentFor(listening) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Of its own group, so that everything that it started ends with it.
      detached: true,
    });
    let said = '';
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-OUTPUT_BYTES);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    let killing: NodeJS.Timeout | undefined;
    const end = () => {
      endGroup(child.pid, 'SIGTERM');
      killing = setTimeout(() => endGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
    };
    const timer = setTimeout(end, COMMAND_TIMEOUT_MS);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    // What it left in the background would keep its output open.
    child.on('exit', () => endGroup(child.pid, 'SIGKILL'));
    const done = (answer: string) => {
      clearTimeout(timer);
      clearTimeout(killing);
      signal?.removeEventListener('abort', end);
      resolve(answer);
    };
    child.on('error', (error) => done(`could not be run: ${error.message}`));
    child.on('close', (code, name) => {
      const last = said.trimEnd().split('\n').at(-1) ?? '';
      const how = code === null ? `ended by ${name}` : `exit code ${code}`;
      done(code === 0 ? 'success' : `${how}${last === '' ? '' : `: ${last}`}`);
    });
  });
}

function endGroup(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended already.
  }
}

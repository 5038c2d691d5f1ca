/** The hijacked connections of `exec`: an HTTP request that turns into a raw stream, both ways. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';
import { frameReader } from './frames.ts';
import { broken, type Call, open, payloadOf, reasonOf } from './http.ts';

export interface Hijacked {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Starts an exec session on its own connection: sends `stdin` and its end, where there is any, and collects both outputs until the
 * engine closes. `limitBytes` bounds what is kept of each output; `timeoutMs` is for the whole session.
 */
export async function hijack(
  address: Address,
  call: Call,
  options: { stdin?: Buffer | undefined; timeoutMs: number; limitBytes: number },
): Promise<Hijacked> {
  const late = new Failure('engine-refused', `The command did not end within ${options.timeoutMs / 1000} s.`);
  const request = open(address, call, { agent: false, headers: { connection: 'Upgrade', upgrade: 'tcp' } });
  let current: Duplex | IncomingMessage | ClientRequest = request;
  const timer = setTimeout(() => current.destroy(late), options.timeoutMs);
  try {
    const connection = await upgraded(request, payloadOf(call));
    current = connection;
    // Ending what the engine has closed already would take away the output that waits to be read.
    if (connection instanceof Duplex && options.stdin !== undefined) connection.end(options.stdin);
    return await collect(connection, options.limitBytes);
  } catch (error) {
    throw error instanceof Failure ? error : broken(address, call, error as Error);
  } finally {
    clearTimeout(timer);
    current.destroy();
  }
}

/** The raw connection; some engines answer 200 with a plain body to a session without input. */
function upgraded(request: ClientRequest, payload: Buffer | undefined): Promise<Duplex | IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on('response', async (response) => {
      if (response.statusCode === 200) return resolve(response);
      const body = await buffer(response).catch(() => Buffer.alloc(0));
      const reason = reasonOf({ status: response.statusCode ?? 0, headers: response.headers, body });
      reject(new Failure('engine-refused', `The engine refused to run a command: ${reason}`));
    });
    request.end(payload);
  });
}

/** The engine closes when the command has ended, whether or not that has read its input; its exit code tells the rest. */
const ENDED_BEFORE_ITS_INPUT: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);

async function collect(connection: Duplex | IncomingMessage, limitBytes: number): Promise<Hijacked> {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const kept = { stdout: 0, stderr: 0 };
  const frames = frameReader();
  try {
    for await (const chunk of connection) {
      for (const { stream, data } of frames(chunk as Buffer)) {
        const room = limitBytes - kept[stream];
        if (room > 0) output[stream].push(data.subarray(0, room));
        kept[stream] += data.length;
      }
    }
  } catch (error) {
    if (!ENDED_BEFORE_ITS_INPUT.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return { stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr) };
}

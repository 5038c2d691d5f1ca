/** Talks HTTP to an engine: calls with JSON, and streams; nothing about containers. */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';

/** An engine that says nothing for this long is stuck; creating a container on a busy disk has been seen to take 8 s. */
export const CALL_TIMEOUT_MS = 60_000;

/** The largest answer that is kept in memory: a change list of 100,000 files is about 10 MB. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is (a tar). */
  readonly body?: Buffer;
  readonly signal?: AbortSignal | undefined;
  /** How long the engine may stay silent; 0: for ever. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const agents = new Map<string, Agent>();

/** One keep-alive agent an address; idle sockets do not keep the process alive. */
function agentOf(address: Address): Agent {
  let agent = agents.get(address.text);
  if (!agent) {
    agent = address.secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    agents.set(address.text, agent);
  }
  return agent;
}

/** A request that is not sent yet. */
export function open(address: Address, call: Call, extra: RequestOptions = {}): ClientRequest {
  const payload = payloadOf(call);
  const options: RequestOptions = {
    ...address.connection,
    agent: agentOf(address),
    method: call.method,
    path: call.path,
    ...(call.signal ? { signal: call.signal } : {}),
    ...extra,
    headers: {
      host: 'engine',
      ...(payload
        ? { 'content-type': call.body ? 'application/x-tar' : 'application/json', 'content-length': payload.length }
        : {}),
      ...extra.headers,
    },
  };
  return address.secure ? httpsRequest(options) : httpRequest(options);
}

export function payloadOf(call: Call): Buffer | undefined {
  return call.body ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
}

/** An engine that went away, not one that is slow or says too much: nothing more can be done with it. */
const GONE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE']);

/** A connection that broke is a Failure with the address; an abort stays what it is. */
export function broken(address: Address, call: Call, cause: Error): Error {
  if (call.signal?.aborted) return new Failure('interrupted', 'Interrupted.', { cause });
  return new Failure(
    GONE.has((cause as NodeJS.ErrnoException).code ?? '') ? 'no-engine' : 'engine-refused',
    `The engine at ${address.text} does not answer (${call.method} ${call.path}): ${cause.message}`,
    {
      cause,
      hint: 'Is the engine still running? `podman system service` or `systemctl status docker` tells. What was started is removed at the next start.',
    },
  );
}

/** Sends a call and hands over the answer as a stream. Throws Failure('no-engine') when the engine has gone. */
export function stream(address: Address, call: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(address, call);
    const silence = call.timeoutMs ?? CALL_TIMEOUT_MS;
    if (silence > 0) request.setTimeout(silence, () => request.destroy(new Error(`silent for ${silence / 1000} s`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The engine closed an idle connection just as it was taken: it has not seen this call.
      if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))
        resolve(stream(address, call));
      else reject(broken(address, call, error));
    });
    request.on('response', resolve);
    request.end(payloadOf(call));
  });
}

/** Sends a call and waits for the whole answer, whatever its status. */
export async function send(address: Address, call: Call): Promise<Answer> {
  const response = await stream(address, call);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > ANSWER_LIMIT_BYTES) throw new Error(`the answer is larger than ${ANSWER_LIMIT_BYTES} bytes`);
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    response.destroy();
    throw broken(address, call, error as Error);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

/** Reads an answer's JSON; a defect of the engine if it is none. */
export function jsonOf(answer: Answer): unknown {
  return answer.body.length === 0 ? undefined : JSON.parse(answer.body.toString('utf8'));
}

/** The engine's own words for an error status. */
export function reasonOf(answer: Answer): string {
  try {
    const { message, cause } = jsonOf(answer) as { message?: unknown; cause?: unknown };
    if (typeof message === 'string') return message.trim();
    if (typeof cause === 'string') return cause.trim();
  } catch {}
  return answer.body.toString('utf8').trim().slice(0, 500) || `status ${answer.status}`;
}

/** Talks JSON with a Kubernetes API server: time limits, bounded retries, and refusals in one sentence. */
import { X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failure.ts';
import { isObject, type JsonObject, objectOr, textOf } from '../workload/value.ts';
import { proxyFor } from './proxy.ts';

/** What an API server answered: with status 200 or 201 the object, else the `Status` that says why not. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface Api {
  /** How a person knows the cluster: the context. */
  readonly name: string;
  /** `path` begins with `/api`. Refusals (403, 404, 410) are answers; what ends the conversation is a Failure. */
  get(path: string): Promise<Answer>;
  /** As `get` for what changes something: asked again only where the server says that it has done nothing (429). */
  send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: JsonObject): Promise<Answer>;
  /** Hands a text over as it comes (a log that is followed), until it ends or `stop` aborts; no other time limit. */
  stream(path: string, onData: (chunk: Buffer) => void, stop: AbortSignal): Promise<Answer>;
  close(): void;
}

export interface ApiLimits {
  /** For one request, from its start to the last byte of the answer. */
  readonly requestMs: number;
  /** Waiting between tries of one request, all together. */
  readonly waitMs: number;
}

export const API_LIMITS: ApiLimits = { requestMs: 60_000, waitMs: 60_000 };

const MAX_TRIES = 5;
const FIRST_WAIT_MS = 250;
/** A page of pods is a few MiB. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
/** Too many requests, or a server that starts, stops or loses its store for a moment. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** For what may not be done twice: the server was too busy to begin. */
const NOTHING_DONE: ReadonlySet<number> = new Set([429]);
/** Not even these credentials, or nothing that could be understood. */
const UNAUTHORIZED = 401;

export interface ConnectOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal | undefined;
  readonly limits: ApiLimits;
}

/** @param config with its current context set */
export function connect(config: KubeConfig, { env, signal, limits }: ConnectOptions): Api {
  const cluster = config.getCurrentCluster()!;
  const name = config.getCurrentContext();
  const server = cluster.server;
  if (!URL.canParse(server)) {
    throw new Failure('no-cluster', `The context ${name} names the server ${server}, which is no address.`);
  }
  const base = new URL(server);
  const proxy = cluster.proxyUrl || proxyFor(base, env);
  config.clusters = config.clusters.map((one) => (one === cluster ? { ...one, proxyUrl: proxy } : one));
  const prefix = base.pathname.replace(/\/$/, '');
  let agent: { destroy(): void } | undefined;

  async function optionsOf({ method, path, body }: Question): Promise<RequestOptions> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const options: RequestOptions = {
      method,
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port,
      path: prefix + path,
      headers: {
        // A log answers to nothing but this one.
        accept: 'application/json, */*',
        'user-agent': 'petrify',
        ...(body === undefined ? {} : { 'content-type': type }),
      },
    };
    // As kubectl: no credentials without TLS (`kubectl proxy` has its own).
    if (base.protocol === 'http:') return options;
    await authenticated(config, options, name, limits.requestMs, signal);
    if (typeof options.agent === 'object') agent = options.agent;
    return options;
  }

  async function open(question: Question, stop: AbortSignal): Promise<IncomingMessage> {
    const options = await optionsOf(question);
    options.signal = signal === undefined ? stop : AbortSignal.any([signal, stop]);
    const response = await exchange(base.protocol === 'http:' ? httpRequest : httpsRequest, options, question.body);
    if (response.statusCode === UNAUTHORIZED) throw unauthorized(name, options);
    return response;
  }

  async function once(question: Question): Promise<Answer & { readonly retryAfterMs: number | undefined }> {
    const response = await open(question, AbortSignal.timeout(limits.requestMs));
    const status = response.statusCode ?? 0;
    const body = parsed(await read(response));
    if (status === 200 && body === undefined) {
      throw new Failure('cluster-refused', `${server} answers, but not as a Kubernetes API server does.`, {
        hint: 'check the server and its path in the kubeconfig',
      });
    }
    const seconds = Number(response.headers['retry-after']);
    return { status, body: body ?? {}, retryAfterMs: seconds > 0 ? seconds * 1000 : undefined };
  }

  async function ask(question: Question): Promise<Answer> {
    const reads = question.method === 'GET';
    let waited = 0;
    for (let tries = 1; ; tries++) {
      let wait = FIRST_WAIT_MS * 2 ** (tries - 1);
      try {
        const answer = await once(question);
        if (!(reads ? TRY_AGAIN : NOTHING_DONE).has(answer.status)) return answer;
        wait = answer.retryAfterMs ?? wait;
        if (tries >= MAX_TRIES || waited + wait > limits.waitMs) return answer;
      } catch (error) {
        if (signal?.aborted) throw interrupted(signal, error);
        const failure = failureOf(error, name, server, limits);
        if (!reads || !isPassing(error) || tries >= MAX_TRIES || waited + wait > limits.waitMs) throw failure;
      }
      waited += wait;
      await sleep(wait, undefined, { signal }).catch((error: unknown) => {
        throw interrupted(signal, error);
      });
    }
  }

  async function stream(path: string, onData: (chunk: Buffer) => void, stop: AbortSignal): Promise<Answer> {
    try {
      const response = await open({ method: 'GET', path }, stop);
      const status = response.statusCode ?? 0;
      if (status !== 200) return { status, body: parsed(await read(response)) ?? {} };
      for await (const chunk of response) onData(chunk as Buffer);
      return { status, body: {} };
    } catch (error) {
      if (signal?.aborted) throw interrupted(signal, error);
      if (stop.aborted) return { status: 200, body: {} };
      throw failureOf(error, name, server, limits);
    }
  }

  return {
    name,
    get: (path) => ask({ method: 'GET', path }),
    send: (method, path, body) => ask({ method, path, body }),
    stream,
    close: () => agent?.destroy(),
  };
}

interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject | undefined;
}

/** Credentials, certificates and proxy, as the library applies them. */
async function authenticated(
  config: KubeConfig,
  options: RequestOptions,
  name: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const overdue = AbortSignal.timeout(limitMs);
  const stop = signal === undefined ? overdue : AbortSignal.any([signal, overdue]);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = () => reject(stop.reason);
  stop.addEventListener('abort', onStop, { once: true });
  try {
    signal?.throwIfAborted();
    await Promise.race([config.applyToHTTPSOptions(options), stopped]);
  } catch (cause) {
    if (signal?.aborted) throw interrupted(signal, cause);
    throw noCredentials(config, name, overdue.aborted ? new Error('it does not end') : cause);
  } finally {
    stop.removeEventListener('abort', onStop);
    stopped.catch(() => {});
  }
}

function exchange(
  request: typeof httpsRequest,
  options: RequestOptions,
  body: JsonObject | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(options, resolve)
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new Failure('cluster-refused', `An answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB.`);
    }
  }
  return Buffer.concat(chunks, length);
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A connection that broke, not one that was never there: a GET may be asked again. */
function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error));
}

const PASSING: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'EAI_AGAIN']);

function codeOf(error: unknown): string {
  return isObject(error) ? (textOf(error.code) ?? '') : '';
}

function interrupted(signal: AbortSignal | undefined, cause: unknown): Failure {
  return signal?.reason instanceof Failure ? signal.reason : new Failure('interrupted', 'Interrupted.', { cause });
}

interface Words {
  readonly message: string;
  readonly hint: string;
}

const SAME_CONTEXT = 'check the server in the kubeconfig, and that the cluster runs';
const TRUST = 'the kubeconfig needs the certificate-authority of this cluster';
const CONNECTION_WORDS: Readonly<Record<string, Words>> = {
  ECONNREFUSED: { message: 'refuses the connection', hint: SAME_CONTEXT },
  ECONNRESET: { message: 'breaks the connection off', hint: SAME_CONTEXT },
  EHOSTUNREACH: { message: 'cannot be reached', hint: SAME_CONTEXT },
  ENETUNREACH: { message: 'cannot be reached', hint: SAME_CONTEXT },
  ENOTFOUND: { message: 'has a name that nobody knows', hint: SAME_CONTEXT },
  EAI_AGAIN: { message: 'has a name that cannot be looked up now', hint: 'check the network' },
  ETIMEDOUT: { message: 'does not answer', hint: SAME_CONTEXT },
  CERT_HAS_EXPIRED: {
    message: 'shows a certificate that has expired',
    hint: 'renew the certificate of the API server',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { message: 'shows a certificate of its own making', hint: TRUST },
  SELF_SIGNED_CERT_IN_CHAIN: { message: 'shows a certificate of an unknown authority', hint: TRUST },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { message: 'shows a certificate of an unknown authority', hint: TRUST },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { message: 'shows a certificate of an unknown authority', hint: TRUST },
  CERT_SIGNATURE_FAILURE: { message: 'shows a certificate of another authority', hint: TRUST },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    message: 'shows a certificate for another name',
    hint: 'set tls-server-name in the kubeconfig, or use a name that the certificate has',
  },
};

/** One sentence for whatever broke the conversation; defects are given back as they are. */
function failureOf(error: unknown, name: string, server: string, { requestMs }: ApiLimits): unknown {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return error;
  if (error.name === 'TimeoutError' || (error.name === 'AbortError' && !codeOf(error).startsWith('ERR_INVALID'))) {
    return new Failure(
      'no-cluster',
      `The cluster of context ${name} at ${server} did not answer within ${requestMs / 1000} s.`,
      {
        hint: SAME_CONTEXT,
        cause: error,
      },
    );
  }
  const code = codeOf(error);
  const words = CONNECTION_WORDS[code];
  if (words === undefined && code === '') return error;
  return new Failure(
    'no-cluster',
    `The cluster of context ${name} at ${server} ${words?.message ?? `cannot be asked: ${error.message}`}.`,
    { hint: words?.hint ?? SAME_CONTEXT, cause: error },
  );
}

function noCredentials(config: KubeConfig, name: string, cause: unknown): Failure {
  const user = config.getCurrentUser();
  const exec = objectOr(user?.exec);
  const command = textOf(exec.command);
  const reason = cause instanceof Error ? (cause.message.trim().split('\n', 1)[0] ?? '') : String(cause);
  if (command === undefined) {
    return new Failure('no-cluster', `The credentials of context ${name} cannot be used: ${reason}.`, { cause });
  }
  const hint = textOf(exec.installHint)?.trim().split('\n', 1)[0] ?? 'kubectl needs it for this context as well';
  const what = codeOf(cause) === 'ENOENT' ? 'is not installed' : `failed: ${reason}`;
  return new Failure('no-cluster', `The credential plugin ${command} of context ${name} ${what}.`, { hint, cause });
}

function unauthorized(name: string, { cert }: RequestOptions): Failure {
  const expiry = expiryOf(cert);
  const expired = expiry !== undefined && expiry.getTime() < Date.now();
  const why = expired ? `: its certificate ended on ${expiry.toISOString().slice(0, 10)}` : '';
  return new Failure('cluster-refused', `The cluster of context ${name} does not accept its credentials${why}.`, {
    hint: 'log in again, or renew the credentials in the kubeconfig',
  });
}

function expiryOf(cert: RequestOptions['cert']): Date | undefined {
  if (typeof cert !== 'string' && !Buffer.isBuffer(cert)) return undefined;
  try {
    return new X509Certificate(cert).validToDate;
  } catch {
    return undefined;
  }
}

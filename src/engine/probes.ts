/** The kubelet's probes: one attempt of an HTTP, TCP or exec handler. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { ExecResult } from './engine.ts';

/** The kubelet follows at most this many redirects. */
const REDIRECT_LIMIT = 10;

export type Handler =
  | {
      readonly kind: 'http';
      readonly secure: boolean;
      readonly port: number;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'exec'; readonly command: readonly string[] };

export interface Probe {
  readonly handler: Handler;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** What a probe is aimed at. */
export interface ProbeTarget {
  /** undefined: the host cannot reach the pod. */
  readonly address: string | undefined;
  exec(command: readonly string[], timeoutMs: number): Promise<ExecResult>;
}

/** Reads `startupProbe`, `readinessProbe` or `livenessProbe`; a string says why it cannot be run here. */
export function probeOf(
  container: Container,
  field: 'startupProbe' | 'readinessProbe' | 'livenessProbe',
): Probe | string | undefined {
  const written = container.spec[field];
  if (typeof written !== 'object' || written === null) return undefined;
  const probe = objectOr(written);
  const handler = handlerOf(probe, container);
  if (typeof handler === 'string') return handler;
  const number = (name: string, fallback: number, least: number) => {
    const value = probe[name];
    return Number.isInteger(value) && (value as number) >= least ? (value as number) : fallback;
  };
  return {
    handler,
    initialDelayMs: number('initialDelaySeconds', 0, 0) * 1000,
    periodMs: number('periodSeconds', 10, 1) * 1000,
    timeoutMs: number('timeoutSeconds', 1, 1) * 1000,
    successThreshold: number('successThreshold', 1, 1),
    failureThreshold: number('failureThreshold', 3, 1),
  };
}

/** Reads the handler of a probe or of a lifecycle hook; a string says why it cannot be run here. */
export function handlerOf(written: unknown, container: Container): Handler | string {
  const { httpGet, tcpSocket, exec, grpc } = objectOr(written);
  if (exec) return { kind: 'exec', command: listOf(objectOr(exec).command).map(String) };
  if (grpc) return 'is a gRPC probe';
  const action = objectOr(httpGet ?? tcpSocket);
  const port = portOf(action.port, container);
  if (port === undefined) return 'names no port that the container declares';
  // Asked from this host and its network, it would reach what the pod's author never could.
  const host = textOf(action.host);
  if (host !== undefined) return `is aimed at a host of its own, ${JSON.stringify(host)}`;
  if (!httpGet) return { kind: 'tcp', port };
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' };
  for (const header of listOf(action.httpHeaders)) {
    const name = textOf(objectOr(header).name);
    if (name !== undefined && /^[\w!#$%&'*+.^`|~-]+$/.test(name))
      headers[name.toLowerCase()] = String(objectOr(header).value);
  }
  const path = textOf(action.path) ?? '/';
  return {
    kind: 'http',
    secure: action.scheme === 'HTTPS',
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    headers,
  };
}

function portOf(value: unknown, container: Container): number | undefined {
  const valid = (port: unknown) => Number.isInteger(port) && (port as number) > 0 && (port as number) < 65536;
  if (valid(value)) return value as number;
  const named = listOf(container.spec.ports).find((port) => objectOr(port).name === value && typeof value === 'string');
  const found = named === undefined ? Number(value) : objectOr(named).containerPort;
  return valid(found) ? (found as number) : undefined;
}

/** A handler as it is aimed from here, with the address for it. */
export async function aim(
  handler: Handler,
  reach: (port: number) => Promise<{ readonly host: string; readonly port: number } | undefined>,
): Promise<{ readonly handler: Handler; readonly address: string | undefined }> {
  const at = handler.kind === 'exec' ? undefined : await reach(handler.port);
  if (handler.kind === 'exec' || at === undefined) return { handler, address: undefined };
  return { handler: { ...handler, port: at.port }, address: at.host };
}

/** Makes one attempt. Resolves with undefined when it passed, else with what came instead. */
export async function attempt(handler: Handler, target: ProbeTarget, timeoutMs: number): Promise<string | undefined> {
  if (handler.kind === 'exec') {
    try {
      const { exitCode } = await target.exec(handler.command, timeoutMs);
      return exitCode === 0 ? undefined : `the command ${handler.command.join(' ')} ended with ${exitCode}`;
    } catch (error) {
      return (error as Error).message;
    }
  }
  const host = target.address;
  if (host === undefined) return 'the pod has no address that can be reached from here';
  if (handler.kind === 'tcp') return attemptTcp(host, handler.port, timeoutMs);
  const url = new URL(
    `${handler.secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${handler.port}${handler.path}`,
  );
  return attemptHttp(url, handler.headers, timeoutMs, REDIRECT_LIMIT);
}

export function attemptTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (result: string | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => end(undefined));
    socket.on('timeout', () => end(`no connection to port ${port} within ${timeoutMs / 1000} s`));
    socket.on('error', (error) => end(`port ${port}: ${error.message}`));
  });
}

/** Any status from 200 to 399 passes; a redirect to another host counts as passed, as for the kubelet. */
async function attemptHttp(
  url: URL,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  redirects: number,
): Promise<string | undefined> {
  const answer = await fetchStatus(url, headers, timeoutMs);
  if (typeof answer === 'string') return answer;
  const { status, location } = answer;
  if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, url)) {
    const next = new URL(location, url);
    if (next.hostname !== url.hostname) return undefined;
    if (redirects === 0) return 'too many redirects';
    return attemptHttp(next, headers, timeoutMs, redirects - 1);
  }
  return status >= 200 && status < 400 ? undefined : `HTTP status ${status} from ${url.pathname} at port ${url.port}`;
}

function fetchStatus(
  url: URL,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ status: number; location: string | undefined } | string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = make(url, { headers, agent: false, rejectUnauthorized: false }, (response) => {
      clearTimeout(timer);
      response.on('error', () => {});
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      response.destroy();
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      resolve(`port ${url.port}: ${error.message}`);
    });
    request.end();
  });
}

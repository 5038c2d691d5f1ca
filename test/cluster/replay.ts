/** An API server that replays objects over TLS: real paging, selectors and refusals, without a cluster behind it. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';

export type Replayed = { kind?: string; metadata: { name: string; namespace?: string }; [key: string]: unknown };

export const TOKEN = 'the-token';

/** Takes a request over before it is answered; true: it did. */
export type Fault = (url: URL, response: ServerResponse, request: IncomingMessage) => boolean | Promise<boolean>;

export interface Replay {
  readonly server: string;
  readonly requests: string[];
  objects: Record<string, Replayed[]>;
  fault: Fault;
  close(): Promise<void>;
}

/** Objects of a recorded list. */
export function recorded(file: string): Replayed[] {
  return JSON.parse(readFileSync(new URL(`../../src/cluster/fixtures/${file}`, import.meta.url), 'utf8')).items;
}

export function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  return true;
}

export function refuse(response: ServerResponse, code: number, message: string, metadata: object = {}) {
  return answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, metadata });
}

const NO_FAULT: Fault = () => false;

/** `objects`: by path of the resource without a namespace, `/api/v1/pods`. */
export async function startReplay(certificates: Certificates, objects: Record<string, Replayed[]>): Promise<Replay> {
  const { cert, key } = certificates.server;
  const tls = { cert, key, ca: certificates.authority, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, async (request, response) => {
    const url = new URL(request.url!, 'https://replay');
    replay.requests.push(request.url!);
    const known = (request.socket as TLSSocket).authorized || request.headers.authorization === `Bearer ${TOKEN}`;
    if (!known) return refuse(response, 401, 'Unauthorized');
    if (await replay.fault(url, response, request)) return;
    const { path, namespace, name } = parse(url.pathname);
    const all = replay.objects[path];
    if (all === undefined) return refuse(response, 404, 'the server could not find the requested resource');
    const found = all.filter((object) => selected(object, namespace, url.searchParams.get('fieldSelector')));
    if (name !== undefined) {
      const one = found.find((object) => object.metadata.name === name);
      return one ? answer(response, 200, one) : refuse(response, 404, `${name} not found`);
    }
    const limit = Number(url.searchParams.get('limit') ?? found.length);
    const start = Number(url.searchParams.get('continue') ?? 0);
    const next = start + limit < found.length ? String(start + limit) : undefined;
    // As the API server: items of a typed list do not say what they are.
    const items = found.slice(start, start + limit).map(({ kind: _, apiVersion: __, ...rest }) => rest);
    answer(response, 200, { kind: 'List', apiVersion: 'v1', metadata: { continue: next }, items });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const replay: Replay = {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    objects,
    fault: NO_FAULT,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return replay;
}

/** `/api/v1/namespaces/shop/pods` → `/api/v1/pods` in `shop`. */
function parse(path: string): { path: string; namespace?: string; name?: string } {
  const [, group, namespace, plural, name] =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (group !== undefined) return { path: `${group}/${plural}`, namespace, name };
  const named = /^(\/api\/v1\/namespaces)\/([^/]+)$/.exec(path);
  return named ? { path: named[1]!, name: named[2]! } : { path };
}

function selected(object: Replayed, namespace: string | undefined, selector: string | null): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  const phase = (object.status as { phase?: string } | undefined)?.phase;
  return !(selector ?? '').split(',').some((term) => term.startsWith('status.phase!=') && term.endsWith(`=${phase}`));
}

/** A kubeconfig as kubectl writes it. */
export function kubeconfig(certificates: Certificates, server: string, user: object = { token: TOKEN }): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'replay', cluster: { server, 'certificate-authority-data': base64(certificates.authority) } }],
    users: [{ name: 'jane', user }],
    contexts: [{ name: 'test', context: { cluster: 'replay', user: 'jane' } }],
  });
}

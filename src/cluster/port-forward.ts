/** Makes a port of a pod reachable from this machine, as `kubectl port-forward` does: the node dials it inside the pod. */
import { type Socket as Connection, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { openSocket, type Socket } from './socket.ts';

/** Where a port of the pod is found on this machine. */
export interface Reached {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
/** A port that nobody listens on is told within a round trip to the node; silence means that the dial went well. */
const REFUSAL_WAIT_MS = 400;
/** Channels of the one forwarded port. */
const DATA = 0;
const ERROR = 1;
/** Each channel begins with the number of its port. */
const PREFIX_BYTES = 2;

/** Forwards ports of one pod until it is closed. */
export interface Forwarder {
  /** Where `port` is reached here. A port that refuses connections in the pod is one that refuses them here. */
  reach(port: number): Promise<Reached>;
  /** Whether somebody takes connections on `port` in the pod. */
  listens(port: number): Promise<boolean>;
  close(): void;
}

export function forwarderTo(config: KubeConfig, at: { readonly namespace: string; readonly pod: string }): Forwarder {
  const servers = new Map<number, Promise<Listening>>();
  const path = (port: number) => `/api/v1/namespaces/${at.namespace}/pods/${at.pod}/portforward?ports=${port}`;
  const listening = (port: number) => {
    let server = servers.get(port);
    if (server === undefined) {
      server = listen((connection) => join(config, path(port), connection));
      servers.set(port, server);
    }
    return server;
  };
  return {
    async reach(port) {
      if (await refuses(config, path(port))) return { host: LOOPBACK, port: await closedPort() };
      const { address } = await listening(port);
      return { host: LOOPBACK, port: address };
    },
    listens: async (port) => !(await refuses(config, path(port))),
    close() {
      for (const server of servers.values()) server.then(({ close }) => close()).catch(() => {});
    },
  };
}

interface Listening {
  readonly address: number;
  close(): void;
}

async function listen(onConnection: (connection: Connection) => void): Promise<Listening> {
  const connections = new Set<Connection>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => {}).on('close', () => connections.delete(connection));
    onConnection(connection);
  });
  const address = await portOf(server);
  const close = () => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
  return { address, close };
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, LOOPBACK, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port');
  return address.port;
}

/** A port of this machine on which nobody listens: the system has just given it out and got it back. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Dials the port once: the node says on the error channel when nobody takes the connection. */
async function refuses(config: KubeConfig, path: string): Promise<boolean> {
  let refused = false;
  const { promise: told, resolve } = Promise.withResolvers<void>();
  const socket = await openSocket(config, path, (channel, data) => {
    if (channel !== ERROR || data.length <= PREFIX_BYTES) return;
    refused = true;
    resolve();
  });
  await Promise.race([told, socket.closed, sleep(REFUSAL_WAIT_MS)]);
  socket.close();
  return refused;
}

/** One connection of this machine to one of the pod. */
function join(config: KubeConfig, path: string, connection: Connection): void {
  const begun = new Set<number>();
  let socket: Socket | undefined;
  const waiting: Buffer[] = [];
  connection.on('data', (data: Buffer) => {
    if (socket === undefined) waiting.push(data);
    else socket.send(DATA, data);
  });
  const opening = openSocket(config, path, (channel, message) => {
    const data = begun.has(channel) ? message : message.subarray(PREFIX_BYTES);
    begun.add(channel);
    if (data.length === 0) return;
    if (channel === ERROR) connection.resetAndDestroy();
    else if (channel === DATA) connection.write(data);
  });
  opening.then(
    (opened) => {
      socket = opened;
      for (const data of waiting.splice(0)) opened.send(DATA, data);
      connection.on('close', () => opened.close());
      if (connection.destroyed) opened.close();
      opened.closed.then(() => connection.end());
    },
    () => connection.destroy(),
  );
}

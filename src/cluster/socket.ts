/** Opens the WebSocket of a pod's `exec` or `portforward`; each message carries the number of its channel first. */
import { PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failure.ts';

/** What is needed of a WebSocket. */
export interface Socket {
  send(channel: number, data: Buffer): void;
  /** Whether the end of a channel can be told to the server (`v5.channel.k8s.io`, Kubernetes 1.29). */
  readonly canEnd: boolean;
  close(): void;
  /** Resolves when it is closed, by whomever. */
  readonly closed: Promise<void>;
}

/** For the connection to stand; an API server on this earth answers within a second. */
const OPEN_TIMEOUT_MS = 30_000;

/**
 * @param path of the API, with its query
 * @param onData gets each message of the server with the number of its channel
 * Throws Failure('cluster-refused') where the server does not open it.
 */
export async function openSocket(
  config: KubeConfig,
  path: string,
  onData: (channel: number, data: Buffer) => void,
): Promise<Socket> {
  const { Exec } = await import('@kubernetes/client-node');
  // Left to itself, the library would close this program's own output when a server closes a channel.
  const nobody = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  // The library gives its sockets out only here.
  const handler = Object.assign(new Exec(config).handler, { streams: nobody });
  const opening = handler.connect(path, null, (channel, data) => {
    onData(channel, data);
    return true;
  });
  const opened = await settled(opening, path);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  opened.onclose = () => resolve();
  opened.onerror = () => resolve();
  if (opened.readyState >= CLOSING) resolve();
  return {
    closed,
    canEnd: opened.protocol === 'v5.channel.k8s.io',
    send: (channel, data) => opened.send(Buffer.concat([Buffer.of(channel), data])),
    close: () => opened.close(),
  };
}

/** `readyState` of a WebSocket that will send nothing more. */
const CLOSING = 2;

type Opened = Awaited<ReturnType<import('@kubernetes/client-node').Exec['handler']['connect']>>;

async function settled(opening: Promise<Opened>, path: string): Promise<Opened> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${OPEN_TIMEOUT_MS / 1000} s`)), OPEN_TIMEOUT_MS);
  try {
    return await Promise.race([opening, late]);
  } catch (cause) {
    opening.then((socket) => socket.close()).catch(() => {});
    const what = path.split('?', 1)[0]!.split('/').at(-1);
    const reason = (cause as { message?: string }).message ?? String(cause);
    throw new Failure('cluster-refused', `The cluster does not open ${what}: ${reason}.`, {
      hint: 'the rights that are needed are listed in docs/cluster.md',
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads and follows the logs of a cluster's pod. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/client.ts';
import { LOG_LIMIT_BYTES } from '../engine/engine.ts';

/** For a log that is not followed. */
const READ_TIMEOUT_MS = 30_000;
/** Until a log that is followed has surely begun. */
const FOLLOW_START_MS = 300;
/** The last lines of a container come a moment after it has ended. */
const FOLLOW_END_MS = 3_000;

/** The last bytes of something long. */
interface Tail {
  add(chunk: Buffer): void;
  text(): string;
}

function tail(): Tail {
  let chunks: Buffer[] = [];
  let length = 0;
  return {
    add(chunk) {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= 2 * LOG_LIMIT_BYTES) return;
      chunks = [Buffer.concat(chunks).subarray(-LOG_LIMIT_BYTES)];
      length = LOG_LIMIT_BYTES;
    },
    text: () => Buffer.concat(chunks).subarray(-LOG_LIMIT_BYTES).toString('utf8'),
  };
}

/** Everything that a container has logged, the instance before its last restart first. */
export async function readLog(cluster: Cluster, pod: string, container: string): Promise<string> {
  const previous = await readOne(cluster, pod, container, { previous: 'true' });
  return previous + (await readOne(cluster, pod, container, {}));
}

/** Empty where the cluster has none (400: not started, or no instance before). */
async function readOne(cluster: Cluster, pod: string, container: string, more: object): Promise<string> {
  const kept = tail();
  await cluster.api.stream(pathOf(pod, container, more), kept.add, AbortSignal.timeout(READ_TIMEOUT_MS));
  const text = kept.text();
  return GONE.test(text) ? '' : text;
}

/** What the kubelet gives, with status 200, for an instance whose log it has removed already. */
const GONE = /^unable to retrieve container logs for \S+$/;

/** A log that is read until its container has ended. */
export interface FollowedLog {
  /** Waits for its end, but not for ever; what came by then. */
  ended(): Promise<string>;
}

/** Resolves once the log is being followed. @param pod the path of the pod */
export async function followLog(cluster: Cluster, pod: string, container: string): Promise<FollowedLog> {
  const kept = tail();
  const stop = new AbortController();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const add = (chunk: Buffer) => {
    kept.add(chunk);
    resolve();
  };
  const end = cluster.api.stream(pathOf(pod, container, { follow: 'true' }), add, stop.signal).catch(() => {});
  await Promise.race([begun, end, sleep(FOLLOW_START_MS)]);
  return {
    async ended() {
      await Promise.race([end, sleep(FOLLOW_END_MS)]);
      stop.abort();
      return kept.text();
    },
  };
}

const pathOf = (pod: string, container: string, more: object) =>
  `${pod}/log?${new URLSearchParams({ container, ...more })}`;

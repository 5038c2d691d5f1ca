/** Attaches to a container's first process, as `kubectl attach` does, and lets go again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failure.ts';
import { objectOr, textOf } from '../workload/value.ts';
import type { Place } from './exec.ts';
import { openSocket } from './socket.ts';

/** A node that cannot attach says so within a round trip; silence means that it has. */
const REFUSAL_WAIT_MS = 400;
const STATUS = 3;

/** To its output alone: nothing is typed. Throws Failure('cluster-refused') where that is refused. */
export async function attachTo(config: KubeConfig, { namespace, pod, container }: Place): Promise<void> {
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  let told: string | undefined;
  const { promise: refused, resolve } = Promise.withResolvers<void>();
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/attach?${query}`;
  const socket = await openSocket(config, path, (channel, data) => {
    if (channel !== STATUS) return;
    told = messageOf(data);
    resolve();
  });
  await Promise.race([refused, socket.closed, sleep(REFUSAL_WAIT_MS)]);
  socket.close();
  if (told !== undefined) throw new Failure('cluster-refused', `The cluster does not attach: ${told}.`);
}

/** undefined: it ended well. */
function messageOf(data: Buffer): string | undefined {
  try {
    const { status, message } = objectOr(JSON.parse(data.toString('utf8')));
    return status === 'Success' ? undefined : (textOf(message) ?? 'no reason is given');
  } catch {
    return 'no reason is given';
  }
}

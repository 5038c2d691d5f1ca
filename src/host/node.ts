/** The node on which a pod of a cluster runs: its kernel, its runtime, its architecture. */
import type { Cluster } from '../cluster/client.ts';
import { Failure } from '../failure.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import { refused } from './namespace.ts';

export interface Node {
  /** As Node.js names it. */
  readonly architecture: 'x64' | 'arm64';
  /** As `uname -r` says it. */
  readonly kernel: string;
  /** `containerd://1.6.20`. */
  readonly runtime: string;
  /** `node1 (Linux 6.18, containerd 1.6.20)`. */
  readonly words: string;
}

const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const;

/** undefined: the pod has come to none. Throws Failure where nobody may read what the node is. */
export async function nodeOf(cluster: Cluster, pod: JsonObject): Promise<Node | undefined> {
  const name = textOf(objectOr(pod.spec).nodeName);
  if (name === undefined) return undefined;
  const answer = await cluster.api.get(`/api/v1/nodes/${name}`);
  if (answer.status !== 200) throw refused(cluster, `get the node ${name}`, answer);
  const info = objectOr(objectOr(answer.body.status).nodeInfo);
  const written = textOf(info.architecture) ?? '';
  const architecture = ARCHITECTURES[written as keyof typeof ARCHITECTURES];
  if (architecture === undefined)
    throw new Failure('cannot-prove', `The probe is made for amd64 and arm64, and node ${name} is ${written}.`);
  const kernel = textOf(info.kernelVersion) ?? 'of an unknown version';
  const runtime = textOf(info.containerRuntimeVersion) ?? 'an unknown runtime';
  return { architecture, kernel, runtime, words: `${name} (Linux ${kernel}, ${runtime.replace('://', ' ')})` };
}

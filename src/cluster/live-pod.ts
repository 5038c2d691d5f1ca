/** Finds a pod of a workload that serves in its cluster. */
import { Failure } from '../failure.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import type { Cluster } from './client.ts';
import { pagesOf, pathOf, Refused, type Resource } from './list.ts';
import { controllerOf, type Owner, readController, resourceOf } from './owners.ts';

const PODS: Resource = { group: '/api/v1', plural: 'pods' };
const RUNNING = 'status.phase=Running';

/** A `v1` Pod that is ready, of the workload with this kind and name. Throws Failure where there is none. */
export async function livePodOf(cluster: Cluster, workload: Workload, namespace: string): Promise<JsonObject> {
  const tops = new Map<string, Owner | undefined>();
  const topOf = async (pod: JsonObject): Promise<Owner | undefined> => {
    const owner = controllerOf(pod);
    if (owner === undefined) return undefined;
    const key = `${owner.apiVersion} ${owner.kind} ${owner.name}`;
    if (!tops.has(key)) tops.set(key, await topOwner(cluster, owner, namespace));
    return tops.get(key);
  };
  const { apiVersion, kind, name } = workload;
  try {
    for await (const page of pagesOf(cluster.api, PODS, { namespace, fieldSelector: RUNNING, onRestart: () => {} })) {
      for (const pod of page) {
        if (!isReady(pod)) continue;
        if (kind === 'Pod' && textOf(objectOr(pod.metadata).name) === name) return pod;
        const top = kind === 'Pod' ? undefined : await topOf(pod);
        if (top?.apiVersion === apiVersion && top.kind === kind && top.name === name) return pod;
      }
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Failure(
      'cluster-refused',
      `The cluster ${cluster.api.name} refuses to list pods in namespace ${namespace}: ${error.message}`,
      {
        hint: 'the rights that are needed are listed in docs/cluster.md',
      },
    );
  }
  throw new Failure(
    'cannot-prove',
    `No pod of ${kind} ${name} is ready in namespace ${namespace} of the cluster ${cluster.api.name}.`,
    {
      hint: 'without --live a copy of it is attacked in a throw-away namespace',
    },
  );
}

function isReady({ metadata, status }: JsonObject): boolean {
  if (objectOr(metadata).deletionTimestamp !== undefined) return false;
  const conditions = listOf(objectOr(status).conditions).map(objectOr);
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** A controller that may not be read counts as the one at the top. */
async function topOwner(cluster: Cluster, owner: Owner, namespace: string): Promise<Owner> {
  const resource = resourceOf(owner);
  if (resource === undefined) return owner;
  const { status, body } = await cluster.api.get(pathOf(resource, namespace, owner.name));
  return status === 200 ? readController(owner, namespace, body).top : owner;
}

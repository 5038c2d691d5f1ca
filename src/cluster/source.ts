/** A live cluster as a source of manifests: its pods as they were admitted, then the objects that decide who may change them. */

import { Failure } from '../failure.ts';
import type { Source, SourceItem } from '../source/source.ts';
import type { ObjectKind } from '../workload/objects.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import { API_LIMITS, type Api, type ApiLimits, connect } from './api.ts';
import { PodGroups } from './groups.ts';
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts';
import { oneOf, pagesOf, pathOf, Refused, type Resource } from './list.ts';
import { type ObjectList, objectsOf } from './objects.ts';
import { type Controller, idOf, type Owner, readController, resourceOf } from './owners.ts';
import { TooDeep } from './specification.ts';

export interface ClusterOptions extends KubeconfigOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Objects beside pods that are wanted. Secrets are never asked for: the API gives none without its data. */
  readonly kinds?: ReadonlySet<ObjectKind>;
  /** Its abort ends the stream in Failure('interrupted'). */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ApiLimits;
}

const NAMESPACES: Resource = { group: '/api/v1', plural: 'namespaces' };
const PODS: Resource = { group: '/api/v1', plural: 'pods' };
/** Pods that have ended run nothing any more. */
const RUNNING = 'status.phase!=Succeeded,status.phase!=Failed';

const MISSING = 404;
const FORBIDDEN = 403;

/**
 * The pods of a cluster, one text for all of an owner with the same specification, in the order of namespace, owner's
 * kind and name; then the objects beside them. What the API server refuses is `unreadable`, the rest is still given.
 * @throws Failure `no-cluster` or `cluster-refused` where there is nobody to ask
 */
export async function* clusterSource(options: ClusterOptions): Source {
  const { namespace, kinds = NO_KINDS, signal } = options;
  const config = await loadKubeconfig(options);
  const api = connect(config, { env: options.env, signal, limits: options.limits ?? API_LIMITS });
  try {
    if (namespace !== undefined) await expectNamespace(api, namespace);
    const pods = new PodGroups();
    yield* collectPods(api, namespace, pods);
    const controllers = new Map<string, Controller>();
    yield* collectControllers(api, namespace, pods, controllers);
    for (const text of pods.texts(controllers, api.name)) yield { text };
    yield* objectsOf(kinds, namespace, (list) => objectPages(api, list), {
      cluster: api.name,
      refused: (list, error) => refusal(api, list, list.namespace, error),
      mounts: (within, configMap) => pods.mounts(within, configMap),
    });
  } finally {
    api.close();
  }
}

const NO_KINDS: ReadonlySet<ObjectKind> = new Set();

/** An empty list is all that the API has to say of a namespace that is not there, so it is asked for by name. */
async function expectNamespace(api: Api, namespace: string): Promise<void> {
  const { status } = await api.get(pathOf(NAMESPACES, undefined, namespace));
  if (status !== MISSING) return;
  throw new Failure('cluster-refused', `The cluster of context ${api.name} has no namespace ${namespace}.`, {
    hint: 'check its name: kubectl get namespaces',
  });
}

function objectPages(api: Api, list: ObjectList): AsyncIterable<readonly JsonObject[]> {
  return list.name === undefined ? pagesOf(api, list, list) : oneOf(api, list, list.namespace, list.name);
}

async function* collectPods(api: Api, namespace: string | undefined, pods: PodGroups): Source {
  let tooDeep = 0;
  const onRestart = () => {
    pods.clear();
    tooDeep = 0;
  };
  try {
    for await (const page of pagesOf(api, PODS, { namespace, fieldSelector: RUNNING, onRestart })) {
      for (const pod of page) {
        try {
          pods.add(pod);
        } catch (error) {
          if (!(error instanceof TooDeep)) throw error;
          tooDeep++;
        }
      }
    }
  } catch (error) {
    yield refusal(api, PODS, namespace, error);
  }
  if (tooDeep > 0) yield unreadable(api, `${tooDeep} pods nest deeper than any pod can: not judged`);
  if (pods.dropped > 0) {
    yield unreadable(
      api,
      `${pods.dropped} pods were not judged: there are too many different ones`,
      'give --namespace',
    );
  }
  if (pods.mirrors > 0) {
    const are =
      pods.mirrors === 1
        ? '1 pod is static: its node runs it'
        : `${pods.mirrors} pods are static: their nodes run them`;
    const message = `${are} from files; the cluster shows copies`;
    yield { notice: { file: api.name, message, hint: 'mend the files on the node' } };
  }
}

/** Templates and owners of what made the pods. A controller that has gone meanwhile is left out. */
async function* collectControllers(
  api: Api,
  namespace: string | undefined,
  pods: PodGroups,
  controllers: Map<string, Controller>,
): Source {
  const wanted = pods.controllers();
  const kinds = new Map<string, { readonly resource: Resource; readonly like: Owner }>();
  for (const { owner } of wanted.values()) {
    const resource = resourceOf(owner);
    if (resource !== undefined) kinds.set(resource.plural, { resource, like: owner });
  }
  for (const { resource, like } of kinds.values()) {
    try {
      for await (const page of pagesOf(api, resource, { namespace, onRestart: () => {} })) {
        for (const object of page) {
          const metadata = objectOr(object.metadata);
          const owner = { ...like, name: textOf(metadata.name) ?? '' };
          const within = textOf(metadata.namespace) ?? '';
          const id = idOf(owner, within);
          if (wanted.has(id)) controllers.set(id, readController(owner, within, object));
        }
      }
    } catch (error) {
      yield refusal(
        api,
        resource,
        namespace,
        error,
        ': their pods are named by them, and injected containers may be unknown',
      );
    }
  }
}

const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['clusterroles', 'namespaces']);

/** One sentence for a list that was refused; anything else ends the stream. */
function refusal(
  api: Api,
  { group, plural }: Resource,
  namespace: string | undefined,
  error: unknown,
  consequence = '',
): SourceItem {
  if (!(error instanceof Refused)) throw error;
  const what = `${plural}${group === '/api/v1' ? '' : ` (${group.split('/')[2]})`}`;
  const scope = namespace === undefined ? ' in all namespaces' : ` in namespace ${namespace}`;
  const where = CLUSTER_SCOPED.has(plural) ? '' : scope;
  const hint =
    error.status === FORBIDDEN
      ? `grant the verb list on ${plural}${namespace === undefined ? ', or give --namespace' : ''}: see docs/cluster.md`
      : undefined;
  return unreadable(api, `the cluster refuses to list ${what}${where}${consequence}: ${error.message}`, hint);
}

function unreadable({ name }: Api, message: string, hint?: string): SourceItem {
  return { unreadable: { file: name, line: 1, message, ...(hint === undefined ? {} : { hint }) } };
}

/** The objects beside pods that decide what may be changed: roles, namespaces, and what the pods mount; never Secrets. */
import type { SourceItem } from '../source/source.ts';
import type { ObjectKind } from '../workload/objects.ts';
import { isObject, type JsonObject, objectOr, textOf } from '../workload/value.ts';
import type { Resource } from './list.ts';
import { isShallow, LAST_APPLIED } from './specification.ts';

interface ObjectResource extends Resource {
  readonly kind: ObjectKind;
  readonly apiVersion: string;
  readonly namespaced: boolean;
  /** Beside metadata, all that is kept of an object. */
  readonly fields: readonly string[];
}

const RBAC = { group: '/apis/rbac.authorization.k8s.io/v1', apiVersion: 'rbac.authorization.k8s.io/v1' };
const CORE = { group: '/api/v1', apiVersion: 'v1' };

const RESOURCES: readonly ObjectResource[] = [
  { ...CORE, kind: 'Namespace', plural: 'namespaces', namespaced: false, fields: [] },
  { ...RBAC, kind: 'ClusterRole', plural: 'clusterroles', namespaced: false, fields: ['aggregationRule', 'rules'] },
  { ...RBAC, kind: 'Role', plural: 'roles', namespaced: true, fields: ['rules'] },
  { ...CORE, kind: 'ConfigMap', plural: 'configmaps', namespaced: true, fields: ['immutable'] },
];

/** A list to be read, in one namespace or in all, or one object of it by its name. */
export interface ObjectList extends Resource {
  readonly namespace: string | undefined;
  readonly name?: string;
}

export interface ObjectReading {
  readonly cluster: string;
  readonly refused: (list: ObjectList, error: unknown) => SourceItem;
  /** Whether a pod that was read has the ConfigMap among its volumes. */
  readonly mounts: (namespace: string, configMap: string) => boolean;
}

/** One text an object, each kind in the order of the API server. With a namespace, ClusterRoles are left out: they are not its own. */
export async function* objectsOf(
  kinds: ReadonlySet<ObjectKind>,
  namespace: string | undefined,
  pages: (list: ObjectList) => AsyncIterable<readonly JsonObject[]>,
  reading: ObjectReading,
): AsyncGenerator<SourceItem> {
  for (const resource of RESOURCES) {
    if (!kinds.has(resource.kind) || (namespace !== undefined && resource.kind === 'ClusterRole')) continue;
    const list = listFor(resource, namespace);
    try {
      for await (const page of pages(list)) {
        for (const object of page) {
          if (resource.kind === 'ConfigMap' && !isMounted(object, reading)) continue;
          if (resource.kind === 'ClusterRole' && isBootstrapped(object)) continue;
          yield itemFor(resource, object, reading.cluster);
        }
      }
    } catch (error) {
      yield reading.refused(list, error);
    }
  }
  if (!kinds.has('Secret')) return;
  const message =
    'Secrets of a cluster are not judged: the API shows whether one is immutable only together with its data';
  yield { notice: { file: reading.cluster, message, hint: 'check the manifests that make them' } };
}

function listFor({ group, plural, namespaced }: ObjectResource, namespace: string | undefined): ObjectList {
  if (namespaced || namespace === undefined) return { group, plural, namespace };
  // By its name: a Role of the namespace can grant that, a list of namespaces it cannot.
  return { group, plural, namespace: undefined, name: namespace };
}

function isMounted(object: JsonObject, { mounts }: ObjectReading): boolean {
  const { namespace, name } = objectOr(object.metadata);
  return mounts(textOf(namespace) ?? '', textOf(name) ?? '');
}

/** Roles that Kubernetes itself makes and keeps as they are. The label alone does not say so: anybody can write it. */
const BOOTSTRAPPED = /^(?:admin|cluster-admin|edit|view|system:.{1,250})$/;

function isBootstrapped(object: JsonObject): boolean {
  const { name, labels } = objectOr(object.metadata);
  const { 'kubernetes.io/bootstrapping': label } = objectOr(labels);
  return label === 'rbac-defaults' && BOOTSTRAPPED.test(textOf(name) ?? '');
}

function itemFor({ kind, apiVersion, fields }: ObjectResource, object: JsonObject, cluster: string): SourceItem {
  const { name, namespace, labels, annotations } = objectOr(object.metadata);
  const kept = isObject(annotations) ? { ...annotations } : undefined;
  if (kept !== undefined) delete kept[LAST_APPLIED];
  const value: Record<string, unknown> = { apiVersion, kind, metadata: { name, namespace, labels, annotations: kept } };
  for (const field of fields) value[field] = object[field];
  const place = textOf(namespace) === undefined ? '' : `${namespace}/`;
  const called = textOf(name) ?? '(unnamed)';
  if (!isShallow(value)) {
    const message = `${kind} ${place}${called} nests deeper than any can: not judged`;
    return { unreadable: { file: cluster, line: 1, message } };
  }
  const text = JSON.stringify(value, null, 2);
  return { text: { file: `${place}${kind}/${called}`, text, rendered: { by: 'cluster', from: cluster } } };
}

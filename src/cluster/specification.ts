/** What of a running pod counts: the text that is judged, and the key that equal pods of one owner share. */
import { createHash } from 'node:crypto';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';

/** Deeper than any pod can be; what is deeper did not come from a Kubernetes API server. */
const MAX_DEPTH = 40;

/** Differs from pod to pod of one owner, and decides nothing about what the pod may change. */
const OF_ONE_POD: ReadonlySet<string> = new Set(['affinity', 'hostname', 'nodeName']);
/** The volume of the service account's token ends in five letters that are new for each pod. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;
/** Annotations that change what is judged. */
const JUDGED_ANNOTATIONS = [
  'petrify.dev/',
  'container.apparmor.security.',
  'container.seccomp.security.',
  'seccomp.security.',
];
/** Written by `kubectl apply`: the whole object once more, a ConfigMap with its data. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A pod, or an object beside it, that nests deeper than Kubernetes does. */
export class TooDeep extends Error {}

/** Whether a value nests as little as Kubernetes' objects do: what nests more would break what walks through it. */
export function isShallow(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth <= MAX_DEPTH && Object.values(value).every((field) => isShallow(field, depth + 1));
}

/** The pod as it was admitted, without status and field managers. @throws TooDeep */
export function textOfPod(pod: JsonObject): string {
  const { name, namespace, labels, annotations, ownerReferences } = objectOr(pod.metadata);
  const others = { ...objectOr(annotations) };
  delete others[LAST_APPLIED];
  const metadata = {
    name,
    namespace,
    labels,
    annotations: isObject(annotations) ? others : undefined,
    ownerReferences,
  };
  const admitted = { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod.spec };
  if (!isShallow(admitted)) throw new TooDeep();
  return JSON.stringify(admitted, null, 2);
}

/** Equal for pods that differ only in what is each pod's own. @throws TooDeep */
export function keyOfPod(pod: JsonObject): string {
  const metadata = objectOr(pod.metadata);
  const own = typeof metadata.name === 'string' && metadata.name !== '' ? metadata.name : undefined;
  const spec = Object.fromEntries(Object.entries(objectOr(pod.spec)).filter(([key]) => !OF_ONE_POD.has(key)));
  const annotations = Object.fromEntries(
    Object.entries(objectOr(metadata.annotations)).filter(([key]) =>
      JUDGED_ANNOTATIONS.some((prefix) => key.startsWith(prefix)),
    ),
  );
  const canonical = JSON.stringify(canonicalOf({ spec, annotations }, '', '', own, 0));
  return createHash('sha256').update(canonical).digest('base64');
}

/** Keys in order, and what is each pod's own put aside. `list` is the key of the list that an item stands in. */
function canonicalOf(value: unknown, key: string, list: string, own: string | undefined, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new TooDeep();
  if (typeof value === 'string') {
    if (key === 'name' && TOKEN_VOLUME.test(value)) return 'kube-api-access';
    // The claims of a StatefulSet and of ephemeral volumes carry the pod's name.
    if (key === 'claimName' && own !== undefined) return value.replaceAll(own, '\0');
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => canonicalOf(item, '', key, own, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.keys(value)
    // Injectors write the pod's address or name into variables; no control looks at values.
    .filter((name) => !(list === 'env' && name === 'value'))
    .sort()
    .map((name) => [name, canonicalOf(value[name], name, '', own, depth + 1)]);
  return Object.fromEntries(entries);
}

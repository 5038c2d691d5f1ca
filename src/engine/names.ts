/** Names that a pod's containers see or are found by: the pod's own, its host name, and the services in front of it. */
import type { Pod } from '../workload/pod.ts';
import { isObject, objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import { itemsOf } from './configuration.ts';

/** What controllers append; always the same here, so that a run can be repeated. */
const REPLICA_SET_SUFFIX = '-6d4cf56db6';
const POD_SUFFIX = '-x2b9k';

/** A host name's longest label. */
const LABEL_LIMIT = 63;

/** The name that a controller would give the pod. */
export function podNameOf(workload: Workload, pod: Pod): string {
  if (workload.kind === 'Pod' || workload.kind === 'StatefulSet') return pod.metadata.name;
  const middle = workload.kind === 'Deployment' ? REPLICA_SET_SUFFIX : '';
  return `${pod.metadata.name}${middle}${POD_SUFFIX}`;
}

export function hostnameOf(pod: Pod): string {
  const name = (textOf(pod.spec.hostname) ?? pod.metadata.name).toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
  return name.slice(0, LABEL_LIMIT).replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'pod';
}

/** Every name by which Services of the input, whose selector matches the pod, would be resolved. */
export function serviceNamesOf(documents: readonly unknown[], pod: Pod): string[] {
  const { namespace, labels } = pod.metadata;
  const names = new Set<string>();
  for (const service of documents.flatMap(itemsOf).filter(isObject)) {
    const { name, namespace: where = namespace } = objectOr(service.metadata);
    const selector = Object.entries(objectOr(objectOr(service.spec).selector));
    const selects =
      selector.length > 0 && selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
    if (service.kind !== 'Service' || !selects || typeof name !== 'string' || where !== namespace) continue;
    for (const suffix of ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`])
      names.add(name + suffix);
  }
  return [...names];
}

/** A container's name in the engine tells a person what it is. */
export function containerNameOf(podId: string, container: string): string {
  return `${podId}-${container.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, LABEL_LIMIT)}`;
}

/** A copy of the pod under its controller's name. */
export function named(pod: Pod, name: string): Pod {
  return { ...pod, metadata: { ...pod.metadata, name } };
}

/** Whether the controller's pods may end well (`Never`, `OnFailure`). */
export function mayEnd(pod: Pod): boolean {
  return pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure';
}

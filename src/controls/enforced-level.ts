/** What a Namespace enforces of Pod Security, and where it says so. */
import type { Path } from '../manifest/document.ts';
import type { KubernetesObject } from '../workload/objects.ts';
import { objectOr, textOf } from '../workload/value.ts';

export const LABEL = 'pod-security.kubernetes.io/enforce';

/** Kubernetes' own parts run there and need the node. */
export const IN_SYSTEM = 'kube-system';

/** Longest label value that Kubernetes takes. */
const MAX_LEVEL = 63;

/** `level`: as written, undefined where it is missing or no text. */
export function enforcedLevel({ value, objectPath }: KubernetesObject): { level: string | undefined; path: Path } {
  const labels = objectOr(objectOr(value.metadata).labels);
  const level = Object.hasOwn(labels, LABEL) ? textOf(labels[LABEL])?.slice(0, MAX_LEVEL) : undefined;
  return { level, path: [...objectPath, 'metadata', 'labels', LABEL] };
}

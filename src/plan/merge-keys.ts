/** How Kubernetes merges the lists of a pod spec: by which key, and whether the order of the items means something. */
import type { Path } from '../manifest/document.ts';
import { CONTAINER_LISTS } from '../workload/containers.ts';

/** `patchMergeKey` of k8s.io/api/core/v1; a list that is not here is replaced whole. */
export interface MergeRule {
  readonly key: string;
  /** Started, read or resolved one after the other: an item that moves is another pod. */
  readonly ordered: boolean;
}

const byKey = (key: string, ordered = false): MergeRule => ({ key, ordered });

const OF_POD: ReadonlyMap<string, MergeRule> = new Map([
  ...CONTAINER_LISTS.map(([list]) => [list, byKey('name', true)] as const),
  ['volumes', byKey('name')],
  ['imagePullSecrets', byKey('name')],
  ['hostAliases', byKey('ip')],
  ['topologySpreadConstraints', byKey('topologyKey')],
  ['resourceClaims', byKey('name')],
  ['schedulingGates', byKey('name')],
]);

const OF_CONTAINER: ReadonlyMap<string, MergeRule> = new Map([
  // A later variable may refer to an earlier one.
  ['env', byKey('name', true)],
  ['ports', byKey('containerPort')],
  ['volumeMounts', byKey('mountPath')],
  ['volumeDevices', byKey('devicePath')],
]);

const CONTAINERS: ReadonlySet<unknown> = new Set(CONTAINER_LISTS.map(([list]) => list));

/** The rule of the list at `path` of an object; undefined: it has no merge key. */
export function mergeRuleAt(path: Path, podSpecPaths: readonly Path[]): MergeRule | undefined {
  for (const podSpecPath of podSpecPaths) {
    if (!podSpecPath.every((step, index) => path[index] === step)) continue;
    const [list, , field, ...deeper] = path.slice(podSpecPath.length);
    if (field === undefined && path.length === podSpecPath.length + 1) return OF_POD.get(String(list));
    if (CONTAINERS.has(list) && deeper.length === 0) return OF_CONTAINER.get(String(field));
  }
  return undefined;
}

/** Where pod specs sit in an object: known places for Kubernetes' own kinds, by shape for all others. */
import type { Path } from '../manifest/document.ts';
import { valueAt } from '../manifest/position.ts';
import { CONTAINER_LISTS } from './containers.ts';
import { isObject, type JsonObject, listOf, textOf } from './value.ts';

/** Deeper than any custom resource that was seen to embed a pod template (below 12), and safe for the stack. (The reader bounds aliases, so values are few.) */
const MAX_DEPTH = 32;

const TEMPLATE_SPEC: Path = ['spec', 'template', 'spec'];
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set(['', 'apps', 'batch', 'extensions']);
const BUILT_IN_KINDS: ReadonlyMap<string, Path> = new Map<string, Path>([
  ['Pod', ['spec']],
  ['PodTemplate', ['template', 'spec']],
  ['CronJob', ['spec', 'jobTemplate', ...TEMPLATE_SPEC]],
  ['DaemonSet', TEMPLATE_SPEC],
  ['Deployment', TEMPLATE_SPEC],
  ['Job', TEMPLATE_SPEC],
  ['ReplicaSet', TEMPLATE_SPEC],
  ['ReplicationController', TEMPLATE_SPEC],
  ['StatefulSet', TEMPLATE_SPEC],
]);

/** Kubernetes' other groups: no kind of theirs makes pods, whatever a schema or an example in it looks like. */
const GROUPS_WITHOUT_PODS: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** What is never the specification of pods: labels, what the cluster reports, and Petrify's own profiles. */
export const NOT_SPECIFICATION: ReadonlySet<string> = new Set(['metadata', 'status']);
const OWN_GROUP = 'petrify.dev/';

/** Paths, relative to the object, of every pod spec in it. */
export function podSpecPaths(object: JsonObject, apiVersion: string, kind: string): readonly Path[] {
  const known = builtInPath(apiVersion, kind);
  if (known !== undefined) return namesContainers(valueAt(object, known)) ? [known] : [];
  if (makesNoPods(apiVersion)) return [];
  const found: Path[] = [];
  for (const key of Object.keys(object)) {
    if (!NOT_SPECIFICATION.has(key)) search(object[key], [key], found);
  }
  return found;
}

/** Whether an object of this kind can be passed over unread: one of Kubernetes' own kinds that make no pods. */
export function canBeSkipped(apiVersion: string, kind: string): boolean {
  return makesNoPods(apiVersion) && builtInPath(apiVersion, kind) === undefined && !kind.endsWith('List');
}

/** One of Kubernetes' own kinds, whose pod spec is its only place for images. */
export function isBuiltIn(apiVersion: string, kind: string): boolean {
  return builtInPath(apiVersion, kind) !== undefined;
}

/** Said of kinds that are not in the table: those of Kubernetes' groups (Service, ControllerRevision) and our own. */
function makesNoPods(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  if (group === undefined) return false;
  return BUILT_IN_GROUPS.has(group) || GROUPS_WITHOUT_PODS.has(group) || apiVersion.startsWith(OWN_GROUP);
}

function builtInPath(apiVersion: string, kind: string): Path | undefined {
  return BUILT_IN_GROUPS.has(groupOf(apiVersion) ?? 'unknown') ? BUILT_IN_KINDS.get(kind) : undefined;
}

/** The API group: empty for the core group, undefined where there is no apiVersion to tell. */
function groupOf(apiVersion: string): string | undefined {
  if (apiVersion === '') return undefined;
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** A patch that only sets `replicas` is no workload; one whose `containers` cannot be read is, and is never judged good. */
function namesContainers(podSpec: unknown): boolean {
  if (!isObject(podSpec)) return false;
  return CONTAINER_LISTS.some(([list]) => podSpec[list] !== undefined && podSpec[list] !== null);
}

function search(value: unknown, path: Path, found: Path[]): void {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) search(item, [...path, index], found);
    return;
  }
  const object = value as JsonObject;
  if (looksLikePodSpec(object, path)) {
    found.push(path);
    return;
  }
  for (const key of Object.keys(object)) search(object[key], [...path, key], found);
}

/**
 * A mapping with a list of containers in which something has an image; below a template a name is enough (operators
 * merge such a template over their own). Init containers alone are enough as well. An asterisk marks the pattern of a
 * policy, which runs nothing.
 */
function looksLikePodSpec(object: JsonObject, path: Path): boolean {
  if (object.containers === undefined && object.initContainers === undefined) return false;
  const inTemplate = path.some((step) => typeof step === 'string' && step.toLowerCase().endsWith('template'));
  return (
    listOf(object.containers).some((container) => looksLikeContainer(container, inTemplate)) ||
    listOf(object.initContainers).some((container) => looksLikeContainer(container, inTemplate))
  );
}

function looksLikeContainer(container: unknown, inTemplate: boolean): boolean {
  if (!isObject(container)) return false;
  const mark = textOf(container.image) ?? (inTemplate ? textOf(container.name) : undefined);
  return mark !== undefined && !mark.includes('*');
}

/** Renders a plan as a strategic-merge patch: what `kubectl patch` and Kustomize merge by Kubernetes' own keys. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import { isObject, type JsonObject } from '../workload/value.ts';
import { type MergeRule, mergeRuleAt } from './merge-keys.ts';
import type { PatchedObject } from './patched-object.ts';

/** Kinds that both tools know the merge keys of; of all others lists would be replaced by what the patch says of them. */
const VERSIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['v1', new Set(['Pod', 'PodTemplate', 'ReplicationController'])],
  ['apps/v1', new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'])],
  ['batch/v1', new Set(['CronJob', 'Job'])],
]);

/** Whether there is such a patch: not for custom resources, which take JSON patches only, nor for a nameless object. */
export function mergesStrategically({ apiVersion, kind, name }: Pick<PatchedObject, 'apiVersion' | 'kind' | 'name'>) {
  return name !== undefined && VERSIONS.get(apiVersion)?.has(kind) === true;
}

/**
 * The patch, with the object's kind and name. Items of lists are found by their merge keys, lists without one are written
 * whole, what goes is `null` or `$patch: delete`. Where the order of a list means something, all of its items are named.
 */
export function strategicMergePatch(object: PatchedObject): JsonObject {
  const { apiVersion, kind, namespace, name } = object;
  const { metadata, ...changed } = mapPatch(object.before, object.after, [], object.podSpecPaths) as JsonObject;
  const identity = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion, kind, metadata: { ...identity, ...(metadata as JsonObject | undefined) }, ...changed };
}

/** undefined: nothing differs. */
function valuePatch(before: unknown, after: unknown, path: Path, podSpecPaths: readonly Path[]): unknown {
  if (isObject(before) && isObject(after)) {
    const patch = mapPatch(before, after, path, podSpecPaths);
    return Object.keys(patch).length === 0 ? undefined : patch;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const rule = mergeRuleAt(path, podSpecPaths);
    return rule === undefined ? after : listPatch(before, after, rule, path, podSpecPaths);
  }
  return after;
}

function mapPatch(before: unknown, after: unknown, path: Path, podSpecPaths: readonly Path[]): JsonObject {
  const [old, now] = [before as JsonObject, after as JsonObject];
  const patch: Record<string, unknown> = {};
  const set = (key: string, value: unknown) =>
    Object.defineProperty(patch, key, { value, enumerable: true, configurable: true, writable: true });
  for (const key of Object.keys(now)) {
    const was = Object.hasOwn(old, key) ? old[key] : undefined;
    if (isEqual(was, now[key])) continue;
    const value = valuePatch(was, now[key], [...path, key], podSpecPaths);
    if (value !== undefined) set(key, value);
  }
  for (const key of Object.keys(old)) if (!Object.hasOwn(now, key)) set(key, null);
  return patch;
}

function listPatch(
  before: readonly unknown[],
  after: readonly unknown[],
  rule: MergeRule,
  path: Path,
  podSpecPaths: readonly Path[],
): readonly unknown[] {
  const old = itemsByKey(before, rule.key);
  const now = itemsByKey(after, rule.key);
  // Two ports of one number, a mount without a path: the key does not tell them apart.
  if (old === undefined || now === undefined) return [{ $patch: 'replace' }, ...after];
  const changed = new Map<unknown, unknown>();
  for (const [key, item] of now) {
    const was = old.get(key);
    if (isEqual(was, item)) continue;
    changed.set(
      key,
      was === undefined ? item : { [rule.key]: key, ...itemPatch(was, item, after, path, podSpecPaths) },
    );
  }
  const gone = [...old.keys()].filter((key) => !now.has(key)).map((key) => ({ [rule.key]: key, $patch: 'delete' }));
  // Both tools put what the patch names first, and the rest behind it.
  const order = [...changed.keys(), ...[...old.keys()].filter((key) => now.has(key) && !changed.has(key))];
  if (rule.ordered && !isEqual(order, [...now.keys()]))
    return [...[...now.keys()].map((key) => changed.get(key) ?? { [rule.key]: key }), ...gone];
  return [...changed.values(), ...gone];
}

function itemPatch(
  was: JsonObject,
  item: JsonObject,
  after: readonly unknown[],
  path: Path,
  podSpecPaths: readonly Path[],
): JsonObject {
  return mapPatch(was, item, [...path, after.indexOf(item)], podSpecPaths);
}

/** undefined: an item has no such key, or two have the same. */
function itemsByKey(items: readonly unknown[], key: string): Map<unknown, JsonObject> | undefined {
  const found = new Map<unknown, JsonObject>();
  for (const item of items) {
    const value = isObject(item) && Object.hasOwn(item, key) ? item[key] : undefined;
    if ((typeof value !== 'string' && typeof value !== 'number') || found.has(value)) return undefined;
    found.set(value, item as JsonObject);
  }
  return found;
}

/** What a chart would have to expose for a hardened object, under which keys of its values it may, and how near a rendering comes. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import { valueAt } from '../manifest/position.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import { type MergeRule, mergeRuleAt } from './merge-keys.ts';

/** Deeper keys are settings of the application, not of its pod. */
const MAX_DEPTH = 6;
/** Components of an umbrella chart; below them nobody hides keys that values.yaml does not show. */
const MAX_COMPONENT_DEPTH = 2;
/** An umbrella over more components is rather one chart a component. */
const MAX_COMPONENTS = 200;
/** Shorter keys begin too many names of fields. */
const MIN_PREFIX = 6;
/** More keys than this for one wish are not tried: the likely ones come first. */
const MAX_CANDIDATES = 64;

/** A place of an object that shall become something else. */
export interface Wish {
  /** The name of the field, as a chart would call its key. */
  readonly field: string;
  /** In the object as it is rendered now. */
  readonly path: Path;
  readonly kind: 'map' | 'list' | 'value';
  /** For a map what differs (`null` takes away), for a list what is added, else what shall stand there. */
  readonly value: unknown;
  /** All that a map shall hold. */
  readonly whole?: JsonObject;
  /** The wish that this one is a part of. */
  readonly within?: Wish;
  /** Names that a component's key may have: of the container and of the object. */
  readonly names: readonly string[];
}

/** An object, rendered and wanted. */
export interface Wanted {
  readonly now: unknown;
  readonly after: unknown;
  readonly podSpecPaths: readonly Path[];
}

/** Everything in which an object differs from what is wanted, in parts as large as a chart exposes them. */
export function wishesFor({ now, after, podSpecPaths }: Wanted): readonly Wish[] {
  const wishes: Wish[] = [];
  const name = textOf(objectOr(objectOr(now).metadata).name);
  const visit = (was: JsonObject, want: JsonObject, path: Path, names: readonly string[]): void => {
    for (const key of new Set([...Object.keys(was), ...Object.keys(want)])) {
      const at = [...path, key];
      const [old, wanted] = [was[key], want[key]];
      if (isSame(old, wanted, at, podSpecPaths)) continue;
      const leads = podSpecPaths.some((podSpecPath) => at.every((step, index) => podSpecPath[index] === step));
      if (leads && isObject(old) && isObject(wanted)) visit(old, wanted, at, names);
      else if (mergeRuleAt(at, podSpecPaths)?.key === 'name' && isContainers(at) && Array.isArray(wanted)) {
        for (const [index, item] of listOf(old).entries()) {
          const own = wanted.find((other) => objectOr(other).name === objectOr(item).name);
          if (isObject(item) && isObject(own)) visit(item, own, [...at, index], [String(item.name), ...names]);
        }
        const added = wanted.filter(
          (item) => !listOf(old).some((other) => objectOr(other).name === objectOr(item).name),
        );
        if (added.length > 0) wishes.push({ field: key, path: at, kind: 'list', value: added, names });
      } else wishes.push(wishOf(key, at, old, wanted, names));
    }
  };
  visit(objectOr(now), objectOr(after), [], name === undefined ? [] : [name]);
  return wishes;
}

const isContainers = (path: Path) => /ontainers$/.test(String(path.at(-1)));

function wishOf(field: string, path: Path, old: unknown, wanted: unknown, names: readonly string[]): Wish {
  if (isObject(wanted) && (old === undefined || old === null || isObject(old)))
    return { field, path, kind: 'map', value: mergeOf(objectOr(old), wanted), whole: wanted, names };
  if (Array.isArray(wanted) && (old === undefined || old === null || Array.isArray(old))) {
    const added = wanted.filter((item) => !listOf(old).some((other) => isEqual(other, item)));
    const isAddition = listOf(old).every((item) => wanted.some((other) => isEqual(other, item)));
    if (isAddition) return { field, path, kind: 'list', value: added, names };
  }
  return { field, path, kind: 'value', value: wanted ?? null, names };
}

/** What Helm merges into a map so that it becomes another. */
function mergeOf(old: JsonObject, wanted: JsonObject): JsonObject {
  const changed = Object.entries(wanted).filter(([key, value]) => !isEqual(old[key], value));
  const gone = Object.keys(old).filter((key) => !Object.hasOwn(wanted, key));
  return Object.fromEntries([
    ...changed.map(([key, value]) => {
      const was = old[key];
      return [key, isObject(value) && isObject(was) ? mergeOf(was, value) : value] as const;
    }),
    ...gone.map((key) => [key, null] as const),
  ]);
}

/** A wish for a map as wishes for its entries: a chart may expose some of them, or share one key among containers. */
export function partsOf(wish: Wish): readonly Wish[] {
  if (wish.kind !== 'map') return [];
  return Object.entries(objectOr(wish.value)).map(([field, value]) => ({
    ...wish,
    field,
    path: [...wish.path, field],
    kind: isObject(value) ? 'map' : 'value',
    value,
    within: wish,
    ...(isObject(value) ? { whole: objectOr(wish.whole?.[field]) } : {}),
  }));
}

/**
 * Keys that may grant a wish, the likeliest first: those that values.yaml shows, then those that charts usually read.
 * @param components maps in which there may be keys that values.yaml does not show
 */
export function candidateKeys(values: JsonObject, wish: Wish, components: readonly Path[]): readonly Path[] {
  const { within, field } = wish;
  const inner = within ? candidateKeys(values, within, components).map((key) => [...key, field]) : [];
  const known = new Set(inner.map((key) => JSON.stringify(key)));
  const own = keysNamed(values, wish, components).filter((key) => !known.has(JSON.stringify(key)));
  return [...inner, ...own].slice(0, MAX_CANDIDATES);
}

function keysNamed(values: JsonObject, wish: Wish, components: readonly Path[]): readonly Path[] {
  const shown: Path[] = [];
  const visit = (map: JsonObject, path: Path): void => {
    for (const [key, value] of Object.entries(map)) {
      const at = [...path, key];
      if (matches(key, wish.field) && canHold(value, wish)) shown.push(at);
      if (isObject(value) && at.length < MAX_DEPTH) visit(value, at);
    }
  };
  visit(values, []);
  const usual = components.flatMap((path) => {
    const map = objectOr(valueAt(values, path));
    return usualKeys(wish).flatMap((key) => (Object.hasOwn(map, key) ? [] : [[...path, key]]));
  });
  const fit = (path: Path) => -wish.names.filter((name) => path.some((step) => isAbout(String(step), name))).length;
  // A list that holds something has to be repeated, and then stays as it was when the chart's own changes.
  const full = (path: Path) => (wish.kind === 'list' ? Math.sign(listOf(valueAt(values, path)).length) : 0);
  const byFit = (a: Path, b: Path) => fit(a) - fit(b) || full(a) - full(b) || a.length - b.length;
  return [...shown.sort(byFit), ...usual.sort(byFit)];
}

/** The values themselves and the maps that may be those of a component. */
export function componentMaps(values: JsonObject): readonly Path[] {
  const found: Path[] = [[]];
  const visit = (map: JsonObject, path: Path): void => {
    for (const [key, value] of Object.entries(map)) {
      if (!isObject(value) || path.length >= MAX_COMPONENT_DEPTH) continue;
      found.push([...path, key]);
      visit(value, [...path, key]);
    }
  };
  visit(values, []);
  return found.slice(0, MAX_COMPONENTS);
}

/** `extraVolumes`, `podSecurityContext`, `automount` for `automountServiceAccountToken`. */
function matches(key: string, field: string): boolean {
  const [short, long] = [key.toLowerCase(), field.toLowerCase()];
  return short.includes(long) || (short.length >= MIN_PREFIX && long.startsWith(short));
}

/** What is said of a component `web` may be meant for the container `web`, or for `release-web`; `queryFrontend` for `query-frontend`. */
function isAbout(step: string, name: string): boolean {
  const plain = (word: string) => word.toLowerCase().replace(/[^a-z0-9]+/g, '');
  const short = plain(step);
  return (
    short.length > 1 &&
    (plain(name).endsWith(short) ||
      name
        .toLowerCase()
        .split(/[^a-z0-9]+/)
        .includes(short))
  );
}

function canHold(value: unknown, { kind }: Wish): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (kind === 'map') return isObject(value);
  if (kind === 'list') return Array.isArray(value) || (isObject(value) && Object.keys(value).length === 0);
  return !isObject(value);
}

const USUAL_PREFIXES = ['', 'extra', 'additional', 'container', 'pod'];

function usualKeys({ field, kind }: Wish): readonly string[] {
  const capital = field.charAt(0).toUpperCase() + field.slice(1);
  if (kind === 'value') return [field];
  return USUAL_PREFIXES.map((prefix) => (prefix === '' ? field : prefix + capital));
}

/**
 * The values that a key may get for a wish: for a list what is there and what is added, for a map what differs. A map that
 * has a switch does nothing while that is off, and what else a chart has in it shows only then.
 */
export function proposalsFor(values: JsonObject, key: Path, wish: Wish): readonly JsonObject[] {
  const there = valueAt(values, key);
  const nest = (inner: unknown) => key.toReversed().reduce((below, step) => ({ [step]: below }), inner) as JsonObject;
  if (wish.kind === 'list') return [nest([...listOf(there), ...listOf(wish.value)])];
  if (wish.kind === 'value' || !isObject(there)) return [nest(wish.value)];
  const on = there[SWITCH] === false ? { [SWITCH]: true } : {};
  const { whole = {} } = wish;
  const others = Object.keys(there).filter((entry) => entry !== SWITCH && !Object.hasOwn(whole, entry));
  const value = objectOr(wish.value);
  const less = { ...Object.fromEntries(others.map((entry) => [entry, null])), ...value };
  return [nest({ ...value, ...on }), ...(others.length === 0 ? [] : [nest({ ...less, ...on })])];
}

const SWITCH = 'enabled';

/** As Helm merges the values of a later file into those before. `null` stays: it takes away what the chart has. */
export function mergedValues(values: JsonObject, more: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(more)) {
    const was = Object.hasOwn(merged, key) ? merged[key] : undefined;
    const next = isObject(value) && isObject(was) ? mergedValues(was, value) : value;
    Object.defineProperty(merged, key, { value: next, enumerable: true, configurable: true, writable: true });
  }
  return merged;
}

/** Equal to Kubernetes: null is nothing, and volumes, mounts and the like have no order. */
export function isSame(a: unknown, b: unknown, path: Path, podSpecPaths: readonly Path[]): boolean {
  return distance(a, b, path, podSpecPaths) === 0;
}

/** In how many places two values differ. */
export function distance(a: unknown, b: unknown, path: Path, podSpecPaths: readonly Path[]): number {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return 0;
  if (Array.isArray(a) && Array.isArray(b)) {
    const pairs = pairsOf(a, b, mergeRuleAt(path, podSpecPaths));
    if (pairs === undefined) return isEqual(a, b) ? 0 : 1;
    return pairs.reduce((sum, [one, other], index) => sum + distance(one, other, [...path, index], podSpecPaths), 0);
  }
  if (isObject(a) || isObject(b)) {
    if ((a ?? null) !== null && (b ?? null) !== null && !(isObject(a) && isObject(b))) return 1;
    const [old, now] = [objectOr(a), objectOr(b)];
    let sum = isObject(a) && isObject(b) ? 0 : 1;
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)]))
      sum += distance(old[key], now[key], [...path, key], podSpecPaths);
    return sum;
  }
  return isEqual(a, b) ? 0 : 1;
}

/** Whether all that differs between `now` and `before` is as `after` has it: a part of the way, and nothing beside it. */
export function isBetween(
  before: unknown,
  now: unknown,
  after: unknown,
  path: Path,
  podSpecPaths: readonly Path[],
): boolean {
  if (isSame(now, before, path, podSpecPaths) || isSame(now, after, path, podSpecPaths)) return true;
  if (isObject(now) && [before, after].every((one) => isObject(one) || (one ?? null) === null)) {
    const [old, want] = [objectOr(before), objectOr(after)];
    return [...new Set([...Object.keys(old), ...Object.keys(now), ...Object.keys(want)])].every((key) =>
      isBetween(old[key], now[key], want[key], [...path, key], podSpecPaths),
    );
  }
  const rule = mergeRuleAt(path, podSpecPaths);
  if (!Array.isArray(now) || rule === undefined) return false;
  const [old, mid, want] = [before, now, after].map((list) => keyed(listOf(list), rule));
  if (!old || !mid || !want) return false;
  if (rule.ordered && !inOrderOf([...mid.keys()], [...want.keys()])) return false;
  return [...new Set([...old.keys(), ...mid.keys(), ...want.keys()])].every((key) =>
    isBetween(old.get(key), mid.get(key), want.get(key), [...path, 0], podSpecPaths),
  );
}

function inOrderOf(keys: readonly unknown[], wanted: readonly unknown[]): boolean {
  const places = keys.map((key) => wanted.indexOf(key)).filter((place) => place >= 0);
  return places.every((place, index) => index === 0 || places[index - 1]! < place);
}

/** Items of one key beside each other; undefined: the lists are compared as they are. */
function pairsOf(
  a: readonly unknown[],
  b: readonly unknown[],
  rule: MergeRule | undefined,
): readonly (readonly [unknown, unknown])[] | undefined {
  const old = rule && keyed(a, rule);
  const now = rule && keyed(b, rule);
  if (!rule || !old || !now) return undefined;
  if (rule.ordered && !inOrderOf([...old.keys()], [...now.keys()])) return undefined;
  return [...new Set([...old.keys(), ...now.keys()])].map((key) => [old.get(key), now.get(key)] as const);
}

function keyed(items: readonly unknown[], { key }: MergeRule): Map<unknown, unknown> | undefined {
  const found = new Map<unknown, unknown>();
  for (const item of items) {
    const value = objectOr(item)[key];
    if (value === undefined || found.has(value)) return undefined;
    found.set(value, item);
  }
  return found;
}

/** Renders a plan as JSON Patch (RFC 6902) against the object, guarded so that an index never hits another item. */
import type { Path } from '../manifest/document.ts';
import { objectOr } from '../workload/value.ts';
import { mergeRuleAt } from './merge-keys.ts';
import type { PatchedObject } from './patched-object.ts';
import type { Made } from './replay.ts';

export interface Operation {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  /** A JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly value?: unknown;
}

/** One change with the operations that make it: its guards first. */
export interface ExplainedOperations {
  readonly because: string;
  readonly operations: readonly Operation[];
}

/**
 * The operations in the order of the plan. Before the first one that goes through an item of a list, a `test` says which
 * item is meant: by its merge key, else by all that it holds. A patch is for the object as it was read, and for once.
 */
export function jsonPatch(object: PatchedObject): readonly ExplainedOperations[] {
  const tested = new Set<string>();
  return object.made.map((made) => {
    const guards = made.through.flatMap((passed) => guardOf(passed, object.podSpecPaths));
    const missing = guards.filter(({ path }) => !tested.has(path));
    for (const { path } of guards) tested.add(path);
    // Other items of that list have another index now.
    if (made.op !== 'replace' && typeof made.path.at(-1) === 'number') tested.clear();
    return { because: made.change.because, operations: [...missing, operationOf(made)] };
  });
}

function operationOf({ op, path, value }: Made): Operation {
  return op === 'remove' ? { op, path: pointerOf(path) } : { op, path: pointerOf(path), value };
}

function guardOf({ path, item }: Made['through'][number], podSpecPaths: readonly Path[]): readonly Operation[] {
  const rule = mergeRuleAt(path.slice(0, -1), podSpecPaths);
  const key = rule && objectOr(item)[rule.key];
  if (rule === undefined || key === undefined) return [{ op: 'test', path: pointerOf(path), value: item }];
  return [{ op: 'test', path: pointerOf([...path, rule.key]), value: key }];
}

/** `/spec/containers/0`, with `~` and `/` of a key escaped. */
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

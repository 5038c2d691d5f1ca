/** Makes the changes of a plan one after the other on a plain value, and tells what each one did and where it ended up. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import type { Change } from './change.ts';

type Step = string | number;
type Holder = Record<Step, unknown>;

/** What one change did to the value. Changes that found it done already are left out. */
export interface Made {
  readonly change: Change;
  readonly op: 'add' | 'replace' | 'remove';
  /** Where, at that moment: the first parent that was missing, else the place itself; `-` appends. */
  readonly path: Path;
  /** What is there now, missing parents around it; undefined for a removal. */
  readonly value: unknown;
  /** Items of lists that the path leads through (or removes, or replaces), as they were then, the outermost first. */
  readonly through: readonly { readonly path: Path; readonly item: unknown }[];
}

/** Where the text has to be looked at to see a change: in the old one, in the new one, or in both. */
export interface Place {
  readonly change: Change;
  /** In the value as it was; undefined where nothing of it stood there. */
  readonly before: Path | undefined;
  /** In the value as it became; undefined for what is gone. */
  readonly after: Path | undefined;
  /** How many of the last steps of `after` the change made itself. */
  readonly created: number;
}

export interface Replayed {
  /** The value with all changes made; the given one is left as it was. */
  readonly after: unknown;
  readonly made: readonly Made[];
  readonly places: readonly Place[];
}

/** The changes must fit the value (`draftOf` refuses those that do not). Paths are relative to the value. */
export function replay(before: unknown, changes: readonly Change[]): Replayed {
  const root: Holder = { value: structuredClone(before) };
  const old = pathsOf(root.value);
  const traces = changes.flatMap((change) => makeOne(root, change));
  const now = pathsOf(root.value);
  const places = traces.map(({ made, holder, key, kept, first }): Place => {
    const at = now.get(holder);
    const after =
      at && made.op !== 'remove' ? [...at, kept === undefined ? key : indexOf(holder, kept, key)] : undefined;
    const was = old.get(first.holder);
    const stood = made.op === 'add' ? undefined : first.index;
    return {
      change: made.change,
      before: was && stood !== undefined ? [...was, stood] : was,
      after,
      created: made.op === 'add' ? made.change.path.length - made.path.length + 1 : 1,
    };
  });
  return { after: root.value, made: traces.map(({ made }) => made), places };
}

interface Trace {
  readonly made: Made;
  /** What holds the change's own value directly, and under which key then. */
  readonly holder: object;
  readonly key: Step;
  /** The item of a list: its index may move afterwards. */
  readonly kept: unknown;
  /** What was touched of the value as it was then, and at which step. */
  readonly first: { readonly holder: object; readonly index: Step };
}

function makeOne(root: Holder, change: Change): readonly Trace[] {
  const { path, op } = change;
  const through: { path: Path; item: unknown }[] = [];
  let holder = root.value as Holder;
  for (let depth = 0; depth < path.length - 1; depth++) {
    const step = path[depth]!;
    const child = holder[step];
    if (child === null || child === undefined) {
      if (op === 'remove') return [];
      const inner = nested(path.slice(depth + 1), structuredClone(change.value));
      const isThere = Object.hasOwn(holder, step);
      holder[step] = inner.value;
      const made: Made = {
        change,
        op: isThere ? 'replace' : 'add',
        path: path.slice(0, depth + 1),
        value: structuredClone(inner.value),
        through,
      };
      return [{ made, ...inner, first: { holder, index: step } }];
    }
    if (Array.isArray(holder)) through.push({ path: path.slice(0, depth + 1), item: structuredClone(child) });
    holder = child as Holder;
  }
  const made = makeLast(holder, change, through);
  return made === undefined ? [] : [made];
}

function makeLast(holder: Holder, change: Change, through: Made['through']): Trace | undefined {
  const key = change.path.at(-1)!;
  const value = structuredClone(change.value);
  const trace = (op: Made['op'], at: Step, passed = through): Trace => ({
    made: { change, op, path: change.path, value: op === 'remove' ? undefined : change.value, through: passed },
    holder,
    key: at,
    kept: Array.isArray(holder) ? value : undefined,
    first: { holder, index: at },
  });
  if (!Array.isArray(holder)) {
    const isThere = Object.hasOwn(holder, key);
    if (change.op === 'remove' ? !isThere : isThere && isEqual(holder[key], value)) return undefined;
    if (change.op === 'remove') delete holder[key];
    else Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
    return trace(change.op === 'remove' ? 'remove' : isThere ? 'replace' : 'add', key);
  }
  if (change.op === 'add') {
    if (key === '-' && holder.some((item) => isEqual(item, value))) return undefined;
    const index = key === '-' ? holder.length : (key as number);
    holder.splice(index, 0, value);
    return trace('add', index);
  }
  const index = key as number;
  const item = holder[index];
  if (item === undefined || (change.op === 'replace' && isEqual(item, value))) return undefined;
  const passed = [...through, { path: change.path, item: structuredClone(item) }];
  if (change.op === 'remove') holder.splice(index, 1);
  else holder[index] = value;
  return trace(change.op, index, passed);
}

/** The value with its missing parents around it, and what holds it directly. */
function nested(steps: Path, value: unknown): { value: unknown; holder: object; key: Step; kept: unknown } {
  const [step, ...rest] = steps;
  const isItem = step === '-' || typeof step === 'number';
  const inner = rest.length === 0 ? undefined : nested(rest, value);
  const content = inner ? inner.value : value;
  const holder = isItem ? [content] : { [step!]: content };
  if (inner) return { ...inner, value: holder };
  return { value: holder, holder, key: isItem ? 0 : step!, kept: isItem ? value : undefined };
}

function indexOf(holder: object, item: unknown, otherwise: Step): Step {
  const index = (holder as unknown[]).indexOf(item);
  return index < 0 ? otherwise : index;
}

/** Every mapping and list of a value with its path. */
function pathsOf(value: unknown): Map<object, Path> {
  const paths = new Map<object, Path>();
  const visit = (at: unknown, path: Path) => {
    if (typeof at !== 'object' || at === null) return;
    paths.set(at, path);
    for (const [key, child] of Object.entries(at)) visit(child, [...path, Array.isArray(at) ? Number(key) : key]);
  };
  visit(value, []);
  return paths;
}

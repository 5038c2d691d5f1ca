/** Finds the values of a chart that make its hardened objects: candidates are tried by rendering, and only what has exactly the effect stays. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import { valueAt } from '../manifest/position.ts';
import {
  candidateKeys,
  componentMaps,
  distance,
  isBetween,
  isSame,
  mergedValues,
  partsOf,
  proposalsFor,
  type Wanted,
  type Wish,
  wishesFor,
} from '../plan/chart-values.ts';
import { isObject, type JsonObject } from '../workload/value.ts';

/** Renderings for one object: each is a run of Helm, a tenth of a second for most charts. */
const RENDERINGS_PER_OBJECT = 100;
/** Renderings for one chart. */
const MAX_RENDERINGS = 1000;

/** The same bound for charts that take seconds. */
const MAX_MINUTES = 5;

/** The objects of a rendering by their ids; undefined: the chart refuses these values. */
export type Rendered = ReadonlyMap<string, unknown> | undefined;

type WantedObject = Omit<Wanted, 'now'>;

export interface ChartSearch {
  /** All values that hold: the chart's own with the user's. */
  readonly values: JsonObject;
  /** What shall become of which object, by id. */
  readonly wanted: ReadonlyMap<string, WantedObject>;
  /** Renders the chart with these values over all others. */
  readonly render: (values: JsonObject) => Promise<Rendered>;
  readonly maxRenderings?: number;
}

/** A key that has an effect, and where. */
export interface FoundKey {
  readonly key: Path;
  readonly object: string;
  readonly path: Path;
}

export interface ChartValues {
  /** What to give Helm; empty where the chart exposes nothing of it. */
  readonly values: JsonObject;
  readonly found: readonly FoundKey[];
  /**
   * The wanted objects as the chart renders them with these values, without what is another at each rendering; undefined:
   * the object itself has another name each time.
   */
  readonly now: ReadonlyMap<string, unknown>;
  readonly renderings: number;
  /** Why the search ended before everything was tried; undefined: it did not. */
  readonly cutShort: string | undefined;
}

/** Deterministic and bounded. Nothing is offered that was not rendered. */
export async function searchChartValues(search: ChartSearch): Promise<ChartValues> {
  const searching = new Searching(search);
  const cutShort = await searching.run();
  const { values, found, now, renderings } = searching;
  const wanted = new Map([...search.wanted.keys()].map((id) => [id, now.get(id)]));
  return { values, found, now: wanted, renderings, cutShort };
}

interface Proposal {
  readonly key: Path;
  readonly values: JsonObject;
}

class Searching {
  values: JsonObject = {};
  now: ReadonlyMap<string, unknown> = new Map();
  found: FoundKey[] = [];
  renderings = 0;
  readonly #search: ChartSearch;
  readonly #tried = new Set<string>();
  readonly #end = performance.now() + MAX_MINUTES * 60_000;
  /** Values that change objects which nobody wants changed: no other wish needs to try them. */
  readonly #foreign = new Set<string>();
  /** Objects that are another at each rendering: random passwords, dates, names of tests. */
  readonly #unstable = new Set<string>();
  /** The places where they differ: checksums of such a password. */
  readonly #masks = new Map<string, readonly Path[]>();
  /** The wanted objects that every rendering has. */
  #wishing: readonly (readonly [string, WantedObject])[] = [];

  #components: readonly Path[] = [[]];
  /** What is not wanted stays as it was here. */
  #first: ReadonlyMap<string, unknown> = new Map();

  constructor(search: ChartSearch) {
    this.#search = search;
  }

  async run(): Promise<string | undefined> {
    const [first, second] = [await this.#render({}), await this.#render({})];
    if (first === undefined || second === undefined) return 'the chart cannot be rendered again';
    for (const [id, object] of first) {
      if (isEqual(object, second.get(id))) continue;
      this.#unstable.add(id);
      if (second.has(id)) this.#masks.set(id, differences(object, second.get(id)));
    }
    this.#wishing = [...this.#search.wanted]
      .filter(([id]) => second.has(id) && first.has(id))
      .map(([id, wanted]) => [id, { ...wanted, after: masked(wanted.after, this.#masks.get(id)) }]);
    this.#first = this.#masked(first);
    this.now = this.#first;
    this.#components = await this.#findComponents();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (performance.now() > this.#end) return `${MAX_MINUTES} minutes were not enough to try everything`;
      if (this.renderings >= this.#limit) return `${this.#limit} renderings were not enough to try everything`;
      await this.#grant(next.id, next.wish);
    }
    return undefined;
  }

  /**
   * Many maps of values are printed as they are (`resources`, `nodeSelector`): a foreign key in one of those shows, and
   * would be taken for an effect again and again. One rendering with a mark in every map tells them apart.
   */
  async #findComponents(): Promise<readonly Path[]> {
    const maps = componentMaps(this.#search.values).map((path, index) => ({ path, mark: `petrify-mark-${index}-` }));
    const marks = maps.map(({ path, mark }) => nested([...path, MARK_KEY], mark));
    const rendered = await this.#render(marks.reduce(mergedValues, {}));
    // A schema that knows all keys, or a template that goes through all of them.
    if (rendered === undefined) return [[]];
    const printed = JSON.stringify([...rendered.values()]);
    return maps.filter(({ mark }) => !printed.includes(mark)).map(({ path }) => path);
  }

  get #limit(): number {
    return this.#search.maxRenderings ?? Math.min(MAX_RENDERINGS, RENDERINGS_PER_OBJECT * this.#search.wanted.size);
  }

  /** The first wish that was not tried yet, a whole map before its entries. */
  #next(): { id: string; wish: Wish } | undefined {
    for (const [id, wanted] of this.#wishing) {
      const open = [...wishesFor({ now: this.now.get(id), ...wanted })];
      for (let wish = open.shift(); wish !== undefined; wish = open.shift()) {
        const name = JSON.stringify([id, wish.path, wish.kind, wish.value]);
        if (!this.#tried.has(name)) {
          this.#tried.add(name);
          return { id, wish };
        }
        open.push(...partsOf(wish));
      }
    }
    return undefined;
  }

  async #grant(id: string, wish: Wish): Promise<void> {
    const values = mergedValues(this.#search.values, this.values);
    const proposals = candidateKeys(values, wish, this.#components).flatMap((key) =>
      proposalsFor(values, key, wish).map((one): Proposal => ({ key, values: one })),
    );
    const open = proposals.filter((one) => !this.#foreign.has(JSON.stringify(one.values)));
    await this.#narrow(id, wish, open);
  }

  /** Many keys at once: most have no effect at all, and that takes one rendering to know. True: the wish is granted. */
  async #narrow(id: string, wish: Wish, proposals: readonly Proposal[]): Promise<boolean> {
    if (proposals.length === 0 || this.renderings >= this.#limit) return false;
    const rendered = await this.#render(proposals.reduce((all, one) => mergedValues(all, one.values), this.values));
    if (rendered !== undefined && this.#isAsNow(rendered)) return false;
    if (proposals.length > 1) {
      const middle = Math.ceil(proposals.length / 2);
      return (
        (await this.#narrow(id, wish, proposals.slice(0, middle))) ||
        (await this.#narrow(id, wish, proposals.slice(middle)))
      );
    }
    if (rendered !== undefined && !this.#othersAreSame(rendered))
      this.#foreign.add(JSON.stringify(proposals[0]!.values));
    if (rendered === undefined || !this.#isProgress(rendered)) return false;
    await this.#accept(id, wish, proposals[0]!, rendered);
    return true;
  }

  #isAsNow(rendered: ReadonlyMap<string, unknown>): boolean {
    return this.#othersAreSame(rendered) && this.#areSame(this.now, rendered);
  }

  /** Objects with a random name are counted only. */
  #othersAreSame(rendered: ReadonlyMap<string, unknown>): boolean {
    if (rendered.size !== this.#first.size) return false;
    return [...this.#first].every(([id, object]) => {
      if (this.#unstable.has(id)) return true;
      return rendered.has(id) && (this.#search.wanted.has(id) || isEqual(object, rendered.get(id)));
    });
  }

  /** Nearer to what is wanted, in every object no step beside the way, and nothing else changed. */
  #isProgress(rendered: ReadonlyMap<string, unknown>): boolean {
    if (!this.#othersAreSame(rendered)) return false;
    let [before, after] = [0, 0];
    for (const [id, { after: want, podSpecPaths }] of this.#wishing) {
      const [old, now] = [this.now.get(id), rendered.get(id)];
      if (!isBetween(old, now, want, [], podSpecPaths)) return false;
      before += distance(old, want, [], podSpecPaths);
      after += distance(now, want, [], podSpecPaths);
    }
    return after < before;
  }

  async #accept(id: string, wish: Wish, proposal: Proposal, rendered: ReadonlyMap<string, unknown>): Promise<void> {
    const values = await this.#pruned(proposal, rendered);
    this.values = mergedValues(this.values, values);
    this.now = rendered;
    this.found.push({ key: proposal.key, object: id, path: wish.path });
  }

  /** The proposal without the entries that change nothing: a chart may read some fields of a map only. */
  async #pruned({ key, values }: Proposal, rendered: ReadonlyMap<string, unknown>): Promise<JsonObject> {
    let kept = values;
    for (const entry of entriesOf(values, key)) {
      const less = without(kept, [...key, entry]);
      if (this.renderings >= this.#limit || entriesOf(less, key).length === 0) break;
      const again = await this.#render(mergedValues(this.values, less));
      if (again !== undefined && this.#areSame(again, rendered)) kept = less;
    }
    return kept;
  }

  #areSame(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
    return this.#wishing.every(([id, { podSpecPaths }]) => isSame(a.get(id), b.get(id), [], podSpecPaths));
  }

  async #render(values: JsonObject): Promise<Rendered> {
    this.renderings++;
    const rendered = await this.#search.render(values);
    return rendered && this.#masked(rendered);
  }

  #masked(rendered: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
    return new Map(Array.from(rendered, ([id, object]) => [id, masked(object, this.#masks.get(id))]));
  }
}

/** Where two values differ. Lists of different lengths differ as a whole. */
function differences(a: unknown, b: unknown, path: Path = []): readonly Path[] {
  if (isEqual(a, b)) return [];
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
    return a.flatMap((item, index) => differences(item, b[index], [...path, index]));
  if (!isObject(a) || !isObject(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], [...path, key]),
  );
}

/** A copy without what stands at the paths. */
function masked(value: unknown, paths: readonly Path[] = []): unknown {
  if (paths.length === 0) return value;
  const copy = structuredClone(value);
  for (const path of paths) {
    const holder = valueAt(copy, path.slice(0, -1));
    if (Array.isArray(holder)) holder[path.at(-1) as number] = null;
    else if (isObject(holder)) delete (holder as Record<string, unknown>)[path.at(-1)!];
  }
  return copy;
}

const MARK_KEY = 'petrifyMark';

function nested(path: Path, value: unknown): JsonObject {
  return path.toReversed().reduce((below, step) => ({ [step]: below }), value) as JsonObject;
}

function entriesOf(values: JsonObject, key: Path): readonly string[] {
  const inner = key.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), values);
  return isObject(inner) ? Object.keys(inner) : [];
}

function without(values: JsonObject, [step, ...rest]: Path): JsonObject {
  const entries = Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    if (key !== step) return [[key, value]];
    return rest.length === 0 ? [] : [[key, isObject(value) ? without(value, rest) : value]];
  });
  return Object.fromEntries(entries);
}

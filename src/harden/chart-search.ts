/** Finds the values of a chart that make its hardened objects: candidates are tried by rendering, and only what has exactly the effect stays. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import {
  candidateKeys,
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

/** Renderings for one chart: each is a run of Helm, a tenth of a second for most charts. */
export const MAX_RENDERINGS = 200;

/** The objects of a rendering by their ids; undefined: the chart refuses these values. */
export type Rendered = ReadonlyMap<string, unknown> | undefined;

export interface ChartSearch {
  /** All values that hold: the chart's own with the user's. */
  readonly values: JsonObject;
  /** What shall become of which object, by id. */
  readonly wanted: ReadonlyMap<string, { readonly after: unknown; readonly podSpecPaths: readonly Path[] }>;
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
  /** The wanted objects as the chart renders them with these values. */
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
  /** Objects that are another at each rendering: random passwords, dates. */
  readonly #unstable = new Set<string>();

  constructor(search: ChartSearch) {
    this.#search = search;
  }

  async run(): Promise<string | undefined> {
    const [first, second] = [await this.#render({}), await this.#render({})];
    if (first === undefined || second === undefined) return 'the chart cannot be rendered again';
    for (const [id, object] of first) if (!isEqual(object, second.get(id))) this.#unstable.add(id);
    const odd = [...this.#search.wanted.keys()].find((id) => this.#unstable.has(id) || !first.has(id));
    this.now = first;
    if (odd !== undefined) return `${odd} is another at each rendering`;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (this.renderings >= this.#limit) return `${this.#limit} renderings were not enough to try everything`;
      await this.#grant(next.id, next.wish);
    }
    return undefined;
  }

  get #limit(): number {
    return this.#search.maxRenderings ?? MAX_RENDERINGS;
  }

  /** The first wish that was not tried yet, a whole map before its entries. */
  #next(): { id: string; wish: Wish } | undefined {
    for (const id of this.#search.wanted.keys()) {
      const open = [...wishesFor(this.#wanted(id))];
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

  #wanted(id: string): Wanted {
    return { now: this.now.get(id), ...this.#search.wanted.get(id)! };
  }

  async #grant(id: string, wish: Wish): Promise<void> {
    const values = mergedValues(this.#search.values, this.values);
    const proposals = candidateKeys(values, wish).flatMap((key) =>
      proposalsFor(values, key, wish).map((one): Proposal => ({ key, values: one })),
    );
    await this.#narrow(id, wish, proposals);
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
    if (rendered === undefined || !this.#isProgress(rendered)) return false;
    await this.#accept(id, wish, proposals[0]!, rendered);
    return true;
  }

  #isAsNow(rendered: ReadonlyMap<string, unknown>): boolean {
    return this.#othersAreSame(rendered) && [...this.#search.wanted.keys()].every((id) => this.#isSame(id, rendered));
  }

  #isSame(id: string, rendered: ReadonlyMap<string, unknown>): boolean {
    return isSame(this.now.get(id), rendered.get(id), [], this.#search.wanted.get(id)!.podSpecPaths);
  }

  #othersAreSame(rendered: ReadonlyMap<string, unknown>): boolean {
    if (rendered.size !== this.now.size) return false;
    return [...this.now].every(([id, object]) => {
      if (!rendered.has(id)) return false;
      return this.#search.wanted.has(id) || this.#unstable.has(id) || isEqual(object, rendered.get(id));
    });
  }

  /** Nearer to what is wanted, in every object no step beside the way, and nothing else changed. */
  #isProgress(rendered: ReadonlyMap<string, unknown>): boolean {
    if (!this.#othersAreSame(rendered)) return false;
    let [before, after] = [0, 0];
    for (const [id, { after: want, podSpecPaths }] of this.#search.wanted) {
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
    return [...this.#search.wanted].every(([id, { podSpecPaths }]) => isSame(a.get(id), b.get(id), [], podSpecPaths));
  }

  #render(values: JsonObject): Promise<Rendered> {
    this.renderings++;
    return this.#search.render(values);
  }
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

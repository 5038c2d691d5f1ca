/** The parts of a collection in the text (entries, items) beside what shall become of them. */
import { Failure } from '../failure.ts';
import type { ManifestDocument, MappingEntry, MappingNode, Node, SequenceNode } from './document.ts';
import { type Draft, draftValue } from './draft.ts';
import { columnOf } from './lines.ts';
import { positionAt } from './position.ts';
import { effectiveEntries } from './value.ts';

/** Where a value stands: behind the colon or dash that ends at `after`; `column` is its key's or dash's, from 0. */
export interface Slot {
  readonly node: Node;
  readonly after: number;
  readonly column: number;
  readonly holder: 'root' | 'field' | 'item';
  /** Inside brackets, where lines and indentation mean nothing. */
  readonly flow: boolean;
}

/** An old part, from its key or dash to the end of what will be left of it; without a draft it is removed. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly draft: Draft | undefined;
  readonly slot: Slot;
}

/** A new part, and behind how many of the old ones it goes. A field has a key, an item has none. */
export interface Addition {
  readonly after: number;
  readonly key: string | undefined;
  readonly value: unknown;
}

export interface Parts {
  readonly old: readonly Part[];
  readonly additions: readonly Addition[];
}

/** The entries of a mapping. What a merge key brings in cannot be changed from here: throws `Failure('bad-manifest')`. */
export function fieldsOf(document: ManifestDocument, fields: ReadonlyMap<string, Draft>, node: MappingNode): Parts {
  const text = document.text.text;
  const written = new Set(node.entries.filter((entry) => !entry.merge).map(({ key }) => key));
  refuseMerged(document, fields, node);
  const old = node.entries.map((entry): Part => {
    const draft: Draft | undefined = entry.merge ? { kind: 'kept', node: entry.value } : fields.get(entry.key);
    const slot: Slot = {
      node: entry.value,
      after: behindColon(text, entry),
      column: columnOf(text, entry.keyStart),
      holder: 'field',
      flow: node.flow,
    };
    return { start: entry.keyStart, end: tailOf(entry.value, draft), draft, slot };
  });
  const additions: Addition[] = [];
  for (const [key, draft] of fields) {
    const isNew = !written.has(key) && draft.node === undefined;
    if (isNew) additions.push({ after: old.length, key, value: draftValue(draft) });
  }
  return { old, additions };
}

/** A key without a colon (`{a}`) ends where its missing value is. */
function behindColon(text: string, { keyEnd, value }: MappingEntry): number {
  const colon = text.indexOf(':', keyEnd);
  return colon < 0 || colon >= value.start ? value.start : colon + 1;
}

function refuseMerged(document: ManifestDocument, fields: ReadonlyMap<string, Draft>, node: MappingNode): void {
  if (!node.entries.some((entry) => entry.merge)) return;
  for (const entry of effectiveEntries(node)) {
    if (node.entries.includes(entry)) continue;
    const draft = fields.get(entry.key);
    if (draft?.kind !== 'kept' || draft.node !== entry.value) refuseShared(document, entry.value);
  }
}

/** The items of a list. */
export function itemsOf(document: ManifestDocument, items: readonly Draft[], node: SequenceNode): Parts {
  const text = document.text.text;
  const drafts = new Map(items.map((draft) => [draft.node, draft]));
  const starts = node.flow ? node.items.map((item) => item.start) : dashesOf(text, node);
  const old = node.items.map((item, index): Part => {
    const draft = drafts.get(item);
    const start = starts[index]!;
    const after = node.flow ? item.start : start + 1;
    const slot: Slot = { node: item, after, column: columnOf(text, start), holder: 'item', flow: node.flow };
    return { start, end: tailOf(item, draft), draft, slot };
  });
  const additions: Addition[] = [];
  let after = 0;
  for (const draft of items) {
    if (draft.node === undefined) additions.push({ after, key: undefined, value: draftValue(draft) });
    else after = node.items.indexOf(draft.node) + 1;
  }
  return { old, additions };
}

/** Offset of every dash of a block list: between an item and the next dash stand only white space and comments. */
function dashesOf(text: string, node: SequenceNode): number[] {
  const gap = /(?:[&!]\S*|#[^\r\n]*|\s+)*/y;
  let from = node.start;
  return node.items.map((item) => {
    gap.lastIndex = from;
    gap.exec(text);
    from = item.end;
    return gap.lastIndex;
  });
}

/** Where the text that is left of a value ends: removed last parts do not count. */
function tailOf(node: Node, draft: Draft | undefined): number {
  if (node.kind === 'mapping' && draft?.kind === 'mapping' && !node.flow) {
    const left = node.entries.findLast((entry) => entry.merge || draft.fields.has(entry.key));
    return left === undefined ? node.end : tailOf(left.value, left.merge ? undefined : draft.fields.get(left.key));
  }
  if (node.kind === 'sequence' && draft?.kind === 'sequence' && !node.flow) {
    const left = draft.items.findLast((item) => item.node !== undefined);
    return left?.node === undefined ? node.end : tailOf(left.node, left);
  }
  return node.end;
}

/** An edit of what an alias repeats would change other places too, or cut an alias off its anchor. */
export function refuseShared(document: ManifestDocument, node: Node): void {
  if (!node.shared) return;
  const { line } = positionAt(document.text, node.start);
  throw new Failure('bad-manifest', `${document.text.file}:${line}: an anchor and its aliases share this value`, {
    hint: 'write the value out in each place instead of using the alias, then try again',
  });
}

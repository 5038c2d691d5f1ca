/** Builds the positioned tree of one document from js-yaml's events: aliases resolved with a bound, duplicate keys refused. */
import { CHOMPING_MODE, COLLECTION_STYLE, EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import type { MappingEntry, MappingNode, Node, ScalarNode, SequenceNode } from './document.ts';
import { plainScalar, type ScalarValue, taggedScalar } from './scalar.ts';

/** How many nodes aliases may add to a document: far more than any manifest needs, far less than a YAML bomb. */
const MAX_ALIASED_NODES = 100_000;
/** A mapping with more keys than this looks for duplicates with a Set. */
const FEW_KEYS = 12;

/** Why a document that is YAML cannot be a manifest. `offset` counts in the file. */
export class Refusal extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(offset: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type CollectionEvent = Extract<Event, { type: typeof EVENT_ID.MAPPING | typeof EVENT_ID.SEQUENCE }>;
type AliasEvent = Extract<Event, { type: typeof EVENT_ID.ALIAS }>;

interface Anchor {
  /** undefined while the anchored node is still being read: an alias to it would be endless. */
  node: Node | undefined;
  size: number;
}

interface Building {
  /** The document's own text, to which event offsets refer, and its offset in the file. */
  readonly text: string;
  readonly base: number;
  readonly events: readonly Event[];
  next: number;
  /** Offset in the document behind the last token that was read. */
  cursor: number;
  /** Nodes so far with every alias expanded, and how many of them aliases added. */
  size: number;
  aliased: number;
  readonly anchors: Map<string, Anchor>;
  readonly repeated: Set<Node>;
}

/** The root of the document whose text begins at `base` in its file; undefined: an empty document. Throws `Refusal`. */
export function buildTree(text: string, base: number, events: readonly Event[]): Node | undefined {
  const first = events[1];
  if (first === undefined || (first.type === EVENT_ID.SCALAR && isMissing(first))) return undefined;
  const state: Building = {
    text,
    base,
    events,
    next: 1,
    cursor: 0,
    size: 0,
    aliased: 0,
    anchors: new Map(),
    repeated: new Set(),
  };
  const root = readNode(state);
  for (const node of state.repeated) markShared(node);
  return root;
}

function isMissing(event: ScalarEvent): boolean {
  return event.valueStart < 0 && event.anchorStart < 0 && event.tagStart < 0;
}

function readNode(state: Building): Node {
  const event = state.events[state.next++]!;
  if (event.type === EVENT_ID.ALIAS) return readAlias(state, event);
  if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) {
    throw new Error(`unexpected YAML event ${event.type}`);
  }
  const before = state.size++;
  const anchor = event.anchorStart < 0 ? undefined : openAnchor(state, event);
  const node =
    event.type === EVENT_ID.SCALAR
      ? readScalar(state, event)
      : event.type === EVENT_ID.MAPPING
        ? readMapping(state, event)
        : readSequence(state, event);
  if (anchor) {
    anchor.node = node;
    anchor.size = state.size - before;
  }
  return node;
}

function openAnchor(state: Building, event: ScalarEvent | CollectionEvent): Anchor {
  const anchor: Anchor = { node: undefined, size: 0 };
  state.anchors.set(state.text.slice(event.anchorStart, event.anchorEnd), anchor);
  return anchor;
}

function readAlias(state: Building, event: AliasEvent): Node {
  const name = state.text.slice(event.anchorStart, event.anchorEnd);
  const start = state.base + event.anchorStart - 1;
  const anchor = state.anchors.get(name);
  if (anchor === undefined) throw new Refusal(start, `the alias *${name} has no anchor before it`);
  if (anchor.node === undefined) throw new Refusal(start, `the alias *${name} contains itself`);
  state.size += anchor.size;
  state.aliased += anchor.size;
  if (state.aliased > MAX_ALIASED_NODES) {
    const hint = 'write the repeated parts out, or split the document';
    throw new Refusal(start, `aliases expand to more than ${MAX_ALIASED_NODES} values`, hint);
  }
  state.repeated.add(anchor.node);
  state.cursor = event.anchorEnd;
  return { ...anchor.node, start, end: state.base + event.anchorEnd, shared: true };
}

function readScalar(state: Building, event: ScalarEvent): ScalarNode {
  const { base, text } = state;
  const range = scalarRange(state, event);
  state.cursor = range.end;
  const start = base + propertiesOr(event, range.start);
  const end = base + range.end;
  if (event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK) {
    if (event.tagStart < 0) return lateScalar(start, end, text, event);
  }
  return { kind: 'scalar', start, end, shared: false, value: scalarValue(state, event, start) };
}

/**
 * A block scalar that is decoded when it is first asked for: that costs more than reading the rest of its document, and few
 * ever are. The accessor sits on one prototype: an accessor of each node's own would give each node its own hidden class.
 */
const LATE_SCALAR = {
  get value(): string {
    const self = this as unknown as LateScalar;
    self.decoded ??= getScalarValue(self.text, self.event);
    return self.decoded;
  },
};

interface LateScalar {
  readonly text: string;
  readonly event: ScalarEvent;
  decoded: string | undefined;
}

function lateScalar(start: number, end: number, text: string, event: ScalarEvent): ScalarNode {
  const state: LateScalar = { text, event, decoded: undefined };
  return { __proto__: LATE_SCALAR, kind: 'scalar', start, end, shared: false, ...state } as unknown as ScalarNode;
}

function scalarValue(state: Building, event: ScalarEvent, start: number): ScalarValue {
  const text = getScalarValue(state.text, event);
  const plain = event.style === SCALAR_STYLE.PLAIN;
  if (event.tagStart < 0 && !plain) return text;
  const tag = event.tagStart < 0 ? undefined : state.text.slice(event.tagStart, event.tagEnd);
  const value = tag === undefined ? plainScalar(text) : taggedScalar(text, tag);
  if (value === undefined) throw new Refusal(start, `the value does not fit its tag ${tag}`);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal(
      start,
      `${text} is a number that JSON, and so Kubernetes, does not have`,
      'quote it to make it a string',
    );
  }
  return value;
}

/** Offsets of a scalar in the document, quotes and block header included, anchor and tag not. */
function scalarRange(state: Building, event: ScalarEvent): { start: number; end: number } {
  const { valueStart, valueEnd } = event;
  if (valueStart < 0) {
    const at = Math.max(event.anchorEnd, event.tagEnd, state.cursor);
    return { start: at, end: at };
  }
  if (event.style === SCALAR_STYLE.PLAIN) return { start: valueStart, end: valueEnd };
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
    return { start: valueStart - 1, end: valueEnd + 1 };
  }
  return blockRange(state.text, event);
}

const BLOCK_HEADER = /[|>][-+0-9]*[ \t]*(?:[ \t]#[^\r\n]*)?$/;

/** From the `|` or `>` to the last line that counts: the blank ones after it only where the scalar keeps them (`|+`). */
function blockRange(text: string, event: ScalarEvent): { start: number; end: number } {
  const headerEnd = lineBreakBefore(text, event.valueStart);
  const lineStart = Math.max(text.lastIndexOf('\n', headerEnd - 1), text.lastIndexOf('\r', headerEnd - 1)) + 1;
  const start = lineStart + text.slice(lineStart, headerEnd).search(BLOCK_HEADER);
  let end = event.indent < 0 ? headerEnd : lineBreakBefore(text, event.valueEnd);
  if (event.chomping === CHOMPING_MODE.KEEP) end = lineBreakBefore(text, event.valueEnd);
  else {
    for (let blank = blankTail(text, end); end > headerEnd && blank >= 0 && blank <= event.indent; ) {
      end = lineBreakBefore(text, end - blank);
      blank = blankTail(text, end);
    }
  }
  return { start, end: Math.max(end, headerEnd) };
}

function lineBreakBefore(text: string, at: number): number {
  const end = text[at - 1] === '\n' ? at - 1 : at;
  return text[end - 1] === '\r' ? end - 1 : end;
}

/** How many spaces the line that ends at `end` consists of; -1: it has text. A line of more spaces than the indent is content. */
function blankTail(text: string, end: number): number {
  let start = end;
  while (text[start - 1] === ' ') start--;
  return start === 0 || text[start - 1] === '\n' || text[start - 1] === '\r' ? end - start : -1;
}

function propertiesOr(event: ScalarEvent | CollectionEvent, start: number): number {
  const anchor = event.anchorStart < 0 ? start : event.anchorStart - 1;
  const tag = event.tagStart < 0 ? start : event.tagStart;
  return Math.min(anchor, tag, start);
}

function readSequence(state: Building, event: CollectionEvent): SequenceNode {
  const flow = event.style === COLLECTION_STYLE.FLOW;
  state.cursor = event.start + (flow ? 1 : 0);
  const items: Node[] = [];
  while (state.events[state.next]!.type !== EVENT_ID.POP) {
    if (isNextMissing(state)) state.cursor = after(state.text, state.cursor, '-');
    items.push(readNode(state));
  }
  state.next++;
  if (flow) state.cursor = closing(state.text, state.cursor);
  const start = state.base + propertiesOr(event, event.start);
  return { kind: 'sequence', start, end: state.base + state.cursor, shared: false, flow, items };
}

function readMapping(state: Building, event: CollectionEvent): MappingNode {
  const flow = event.style === COLLECTION_STYLE.FLOW;
  const braced = flow && state.text[event.start] === '{';
  state.cursor = event.start + (braced ? 1 : 0);
  const entries: MappingEntry[] = [];
  while (state.events[state.next]!.type !== EVENT_ID.POP) entries.push(readEntry(state));
  state.next++;
  refuseDuplicates(entries);
  if (braced) state.cursor = closing(state.text, state.cursor);
  const start = state.base + propertiesOr(event, event.start);
  return { kind: 'mapping', start, end: state.base + state.cursor, shared: false, flow, entries };
}

function readEntry(state: Building): MappingEntry {
  const event = state.events[state.next]!;
  const merge = isMerge(state.text, event);
  const node = readNode(state);
  if (node.kind !== 'scalar') throw new Refusal(node.start, `a ${node.kind} stands where a key should be`);
  const key = merge ? '<<' : keyOf(node);
  if (isNextMissing(state)) state.cursor = after(state.text, state.cursor, ':');
  const value = readNode(state);
  if (merge) checkMerge(value);
  return { key, merge, keyStart: node.start, keyEnd: node.end, value };
}

function isNextMissing(state: Building): boolean {
  const event = state.events[state.next]!;
  return event.type === EVENT_ID.SCALAR && isMissing(event);
}

/** Kubernetes turns every key into a string, but for a missing one. */
function keyOf(node: ScalarNode): string {
  if (node.value === null) throw new Refusal(node.start, 'a mapping has null as a key');
  return String(node.value);
}

function isMerge(text: string, event: Event): boolean {
  if (event.type !== EVENT_ID.SCALAR || event.valueEnd - event.valueStart !== 2) return false;
  if (!text.startsWith('<<', event.valueStart)) return false;
  if (event.tagStart >= 0) return text.slice(event.tagStart, event.tagEnd) === '!!merge';
  return event.style === SCALAR_STYLE.PLAIN;
}

function checkMerge(value: Node): void {
  const parts = value.kind === 'sequence' ? value.items : [value];
  if (parts.some((part) => part.kind !== 'mapping')) {
    throw new Refusal(value.start, 'a merge key (<<) needs a mapping or a list of mappings');
  }
  markShared(value);
}

function refuseDuplicates(entries: readonly MappingEntry[]): void {
  const seen = entries.length > FEW_KEYS ? new Set<string>() : undefined;
  for (let index = 0; index < entries.length; index++) {
    const { key, merge, keyStart } = entries[index]!;
    if (merge) continue;
    const known = seen ? seen.has(key) : isKeyBefore(entries, index);
    if (known) {
      const hint = 'keep one of the two: Kubernetes refuses the document or ignores one of them';
      throw new Refusal(keyStart, `the key ${JSON.stringify(key)} is written twice in one mapping`, hint);
    }
    seen?.add(key);
  }
}

function isKeyBefore(entries: readonly MappingEntry[], index: number): boolean {
  const { key } = entries[index]!;
  for (let before = 0; before < index; before++) {
    if (entries[before]!.key === key && !entries[before]!.merge) return true;
  }
  return false;
}

/** Stops at what is marked already, so that a graph of aliases is walked once. */
function markShared(node: Node): void {
  if (node.shared) return;
  (node as { shared: boolean }).shared = true;
  if (node.kind === 'sequence') for (const item of node.items) markShared(item);
  if (node.kind === 'mapping') for (const entry of node.entries) markShared(entry.value);
}

/** Behind the indicator that comes next, white space and comments apart; unmoved where there is none. */
function after(text: string, from: number, indicator: string): number {
  const at = skipSpace(text, from);
  return text[at] === indicator ? at + 1 : from;
}

/** Behind the bracket that closes a flow collection whose last token ends at `from`. */
function closing(text: string, from: number): number {
  let at = skipSpace(text, from);
  while (text[at] === ',' || text[at] === ':' || text[at] === '?') at = skipSpace(text, at + 1);
  return at + 1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    if (isSpace(text.charCodeAt(at))) at++;
    else if (text[at] === '#' && at > 0 && isSpace(text.charCodeAt(at - 1))) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
    } else break;
  }
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

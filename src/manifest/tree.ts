/** Builds the positioned tree of one document from js-yaml's events: aliases resolved with a bound, duplicate keys refused. */
import { COLLECTION_STYLE, EVENT_ID, type Event } from 'js-yaml';
import type { MappingEntry, MappingNode, Node, ScalarNode, SequenceNode } from './document.ts';
import { checkMerge, isMerge, keyOf, refuseDuplicates } from './entries.ts';
import {
  type AliasEvent,
  after,
  type CollectionEvent,
  closing,
  isMissing,
  propertiesOr,
  type ScalarEvent,
  scalarRange,
} from './ranges.ts';
import { Refusal } from './refusal.ts';
import { scalarNode } from './scalar-node.ts';

/** How many nodes aliases may add to a document: far more than any manifest needs, far less than a YAML bomb. */
const MAX_ALIASED_NODES = 100_000;

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
  const place = { start, end: state.base + event.anchorEnd, shared: true };
  const { node } = anchor;
  return node.kind === 'scalar' ? { kind: 'scalar', value: node.value, ...place } : { ...node, ...place };
}

function readScalar(state: Building, event: ScalarEvent): ScalarNode {
  const range = scalarRange(state.text, event, state.cursor);
  state.cursor = range.end;
  return scalarNode(state.text, event, state.base + propertiesOr(event, range.start), state.base + range.end);
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
  if (merge) {
    checkMerge(value);
    markShared(value);
  }
  return { key, merge, keyStart: node.start, keyEnd: node.end, value };
}

function isNextMissing(state: Building): boolean {
  const event = state.events[state.next]!;
  return event.type === EVENT_ID.SCALAR && isMissing(event);
}

/** Stops at what is marked already, so that a graph of aliases is walked once. */
function markShared(node: Node): void {
  if (node.shared) return;
  (node as { shared: boolean }).shared = true;
  if (node.kind === 'sequence') for (const item of node.items) markShared(item);
  if (node.kind === 'mapping') for (const entry of node.entries) markShared(entry.value);
}

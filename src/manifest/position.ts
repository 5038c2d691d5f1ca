/** Finds the place of a path in the text, and the value of a path in a plain value. */
import type { ManifestDocument, ManifestText, Node, Path, Position } from './document.ts';
import { effectiveEntries } from './value.ts';

/** Where `path` stands: a mapping entry at its key, a list item at its start; what does not exist at its nearest existing ancestor. */
export function positionOf(document: ManifestDocument, path: Path): Position {
  let node: Node = document.root;
  let offset = node.start;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) break;
    node = child.node;
    offset = child.offset;
  }
  return positionAt(document.text, offset);
}

/** The node at `path`, through aliases and merge keys; undefined where nothing stands. */
export function nodeAt(document: ManifestDocument, path: Path): Node | undefined {
  let node: Node | undefined = document.root;
  for (const step of path) {
    node = node && childOf(node, step)?.node;
    if (node === undefined) return undefined;
  }
  return node;
}

/** The value at `path` of a plain value, own keys only; undefined where nothing stands. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    if (Array.isArray(at) && typeof step !== 'number') return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

function childOf(node: Node, step: string | number): { node: Node; offset: number } | undefined {
  if (node.kind === 'sequence' && typeof step === 'number') {
    const item = node.items[step];
    return item && { node: item, offset: item.start };
  }
  if (node.kind !== 'mapping') return undefined;
  for (const entry of effectiveEntries(node)) {
    if (entry.key === String(step)) return { node: entry.value, offset: entry.keyStart };
  }
  return undefined;
}

/** Line and column of an offset in the file; `\n`, `\r\n` and `\r` end a line. */
export function positionAt(text: ManifestText, offset: number): Position {
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { offset, line: low + 1 + (text.before?.lines ?? 0), column: offset - starts[low]! + 1 };
}

const knownLineStarts = new WeakMap<ManifestText, readonly number[]>();

function lineStarts(text: ManifestText): readonly number[] {
  const known = knownLineStarts.get(text);
  if (known) return known;
  const starts = [0];
  const feed = text.text.includes('\r') ? /\r\n?|\n/g : undefined;
  if (feed) for (const match of text.text.matchAll(feed)) starts.push(match.index + match[0].length);
  else for (let at = text.text.indexOf('\n'); at >= 0; at = text.text.indexOf('\n', at + 1)) starts.push(at + 1);
  knownLineStarts.set(text, starts);
  return starts;
}

/** The place of a finding in its text: from where to where, and the line around it, cut to what fits. */
import type { ManifestDocument, Node } from '../manifest/document.ts';
import { cells, shown } from './cells.ts';

/** Offsets into the text, `end` exclusive; on one line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What of the line before and after the span is looked at: a line may hold a whole file. */
const REACH = 400;
/** A longer value is underlined at its beginning. */
const MAX_SPAN = 120;

/** The key at `offset` with its value if that is short, or the value there; never past the end of the line. */
export function spanAt(document: ManifestDocument, offset: number): Span {
  const { text } = document.text;
  const rest = text.slice(offset, offset + MAX_SPAN);
  const line = rest.search(/[\r\n]/);
  const most = offset + (line < 0 ? rest.length : line);
  const end = endOf(document.root, offset);
  return { start: offset, end: Math.min(Math.max(end, offset), most) };
}

/** The line of a span, as much of it as an excerpt looks at, and the span in it: what is kept of a text that is let go. */
export function lineAround(document: ManifestDocument, offset: number): Span & { readonly line: string } {
  const { text } = document.text;
  const { start, end } = spanAt(document, offset);
  const from = Math.max(0, start - REACH - 1);
  const lineStart = lastLineEnd(text.slice(from, start)) + from;
  const following = text.slice(end, end + REACH + 1);
  const next = following.search(/[\r\n]/);
  const lineEnd = end + (next < 0 ? following.length : next);
  return { line: text.slice(lineStart, lineEnd), start: start - lineStart, end: end - lineStart };
}

/** Where the innermost thing ends that starts at `offset`. */
function endOf(root: Node, offset: number): number {
  let node: Node | undefined = root;
  while (node !== undefined && node.kind !== 'scalar') {
    if (node.kind === 'sequence') node = node.items.find((item) => within(item, offset));
    else {
      const key = node.entries.find(({ keyStart }) => keyStart === offset);
      if (key !== undefined) return key.value.kind === 'scalar' ? Math.max(key.keyEnd, key.value.end) : key.keyEnd;
      node = node.entries.find(({ value }) => within(value, offset))?.value;
    }
  }
  return node?.start === offset ? node.end : offset;
}

const within = (node: Node, offset: number): boolean => node.start <= offset && offset < node.end;

/** One line as it is shown: nothing in it moves the cursor or hides. */
export interface Excerpt {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** The line of a span in at most `width` columns, the span near its middle where the line is longer. */
export function excerptOf(text: string, span: Span, width: number): Excerpt {
  const from = Math.max(0, span.start - REACH);
  const lineStart = lastLineEnd(text.slice(from, span.start)) + from;
  const following = text.slice(span.end, span.end + REACH);
  const next = following.search(/[\r\n]/);
  const lineEnd = span.end + (next < 0 ? following.length : next);
  const marked = cut(shown(text.slice(span.start, span.end)), width, 'end');
  const room = Math.max(0, width - cells(marked));
  const before = shown(text.slice(lineStart, span.start).trimStart());
  const after = shown(text.slice(span.end, lineEnd).trimEnd());
  const beforeRoom = Math.max(room - cells(after), Math.floor(room / 2));
  const left = cut(before, beforeRoom, 'start', lineStart > 0 && lineStart === from && !/[\r\n]/.test(text[from - 1]!));
  const endless = next < 0 && span.end + REACH < text.length;
  return { before: left, marked, after: cut(after, room - cells(left), 'end', endless) };
}

/** Behind the last line end; 0 where there is none. */
function lastLineEnd(text: string): number {
  return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
}

/** At most `width` columns of the text, with `…` for what was cut at that side. */
function cut(text: string, width: number, side: 'start' | 'end', already = false): string {
  if (!already && cells(text) <= width) return text;
  const characters = [...text];
  if (side === 'start') characters.reverse();
  let taken = '';
  let room = width - 1;
  if (room < 0) return '';
  for (const character of characters) {
    room -= cells(character);
    if (room < 0) break;
    taken = side === 'end' ? taken + character : character + taken;
  }
  return side === 'end' ? `${taken}…` : `…${taken}`;
}

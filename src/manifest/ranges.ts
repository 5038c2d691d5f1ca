/** Where a node begins and ends in its document's text: what js-yaml's events leave out. All offsets count in the document. */
import { CHOMPING_MODE, type EVENT_ID, type Event, SCALAR_STYLE } from 'js-yaml';
import { lineStart } from './lines.ts';

export type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
export type CollectionEvent = Extract<Event, { type: typeof EVENT_ID.MAPPING | typeof EVENT_ID.SEQUENCE }>;
export type AliasEvent = Extract<Event, { type: typeof EVENT_ID.ALIAS }>;

/** No value and no anchor or tag either: `key:`. */
export function isMissing(event: ScalarEvent): boolean {
  return event.valueStart < 0 && event.anchorStart < 0 && event.tagStart < 0;
}

/** Offsets of a scalar in the document, quotes and block header included, anchor and tag not. */
export function scalarRange(text: string, event: ScalarEvent, cursor: number): { start: number; end: number } {
  const { valueStart, valueEnd } = event;
  if (valueStart < 0) {
    const at = Math.max(event.anchorEnd, event.tagEnd, cursor);
    return { start: at, end: at };
  }
  if (event.style === SCALAR_STYLE.PLAIN) return { start: valueStart, end: valueEnd };
  if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
    return { start: valueStart - 1, end: valueEnd + 1 };
  }
  return blockRange(text, event);
}

const BLOCK_HEADER = /[|>][-+0-9]*[ \t]*(?:[ \t]#[^\r\n]*)?$/;

/** From the `|` or `>` to the last line that counts: the blank ones after it only where the scalar keeps them (`|+`). */
function blockRange(text: string, event: ScalarEvent): { start: number; end: number } {
  const headerEnd = lineBreakBefore(text, event.valueStart);
  const line = lineStart(text, headerEnd);
  const start = line + text.slice(line, headerEnd).search(BLOCK_HEADER);
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

/** Where a node begins whose own text begins at `start`: at its anchor or tag, if it has one. */
export function propertiesOr(event: ScalarEvent | CollectionEvent, start: number): number {
  const anchor = event.anchorStart < 0 ? start : event.anchorStart - 1;
  const tag = event.tagStart < 0 ? start : event.tagStart;
  return Math.min(anchor, tag, start);
}

/** Behind the indicator that comes next, white space and comments apart; unmoved where there is none. */
export function after(text: string, from: number, indicator: string): number {
  const at = skipSpace(text, from);
  return text[at] === indicator ? at + 1 : from;
}

/** Behind the bracket that closes a flow collection whose last token ends at `from`. */
export function closing(text: string, from: number): number {
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

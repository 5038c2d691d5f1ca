/** Tells a document's kind from its text before it is parsed, where that is beyond doubt. */
import { plainScalar } from './scalar.ts';
import type { DocumentRange } from './split.ts';

/** What stands at the top of a document, if it can be read at all. */
export interface Glance {
  /** Empty: there is none, or it is no string. */
  readonly apiVersion: string;
  readonly kind: string;
  /** The stream, and where the document stands in it. */
  readonly text: string;
  readonly range: DocumentRange;
}

/** A plain key of the root, and nothing that could be anything else. */
const KEY = /([A-Za-z][\w.-]*):(?=[ \r\n]|$)/y;
/** The rest of the line of `kind` or `apiVersion`: one plain or quoted word without escapes, nothing that goes on. */
const WORD = / +(?:([A-Za-z][\w./-]*)|"([A-Za-z][\w./-]*)"|'([A-Za-z][\w./-]*)') *(?: #[^\r\n]*)?(?:\r?\n|$)/y;
/** The line of the marker that begins a document. */
const MARKER = /--- *(?: #[^\r\n]*)?(?:\r?\n|$)/y;
/** A line break of old Macs: nothing else needs to be known of those. */
const LONE_RETURN = /\r(?!\n)/;

/**
 * The kind of the document at `range`; undefined: only a reader can tell. The root must be a block mapping at column 0.
 * Then every key of it begins a line, so that `kind` is what its only line says; a line that merely looks so, inside quotes or
 * brackets, could only mean that the document has no kind. Of `apiVersion` that would not be harmless, so it must come before
 * anything that could open a quote. Keys in quotes, merge keys, anchors, tags, `?`, directives, a
 * second `kind` and a value that may go on in the next line are all left to the reader.
 */
export function glanceAt(text: string, range: DocumentRange): Glance | undefined {
  const { end } = range;
  let at = range.start;
  let isMarked = false;
  let apiVersion: string | undefined;
  let kind: string | undefined;
  let keys = 0;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (isKeyStart(code)) {
      KEY.lastIndex = at;
      const key = KEY.exec(text)?.[1];
      if (key === undefined) return undefined;
      // Whatever its kind, an object with items is a list to kubectl.
      if (key === 'items') return undefined;
      keys += 1;
      if (key === 'kind') {
        if (kind !== undefined) return undefined;
        kind = wordAt(text, KEY.lastIndex, end);
        if (kind === undefined) return undefined;
      } else if (key === 'apiVersion') {
        const opensTheRoot = keys === 1 || (keys === 2 && kind !== undefined);
        if (apiVersion !== undefined || !opensTheRoot) return undefined;
        apiVersion = wordAt(text, KEY.lastIndex, end);
        if (apiVersion === undefined) return undefined;
      }
    } else if (code === DASH) {
      if (keys === 0) {
        MARKER.lastIndex = at;
        if (isMarked || !MARKER.test(text)) return undefined;
        isMarked = true;
      } else if (text.charCodeAt(at + 1) !== SPACE) return undefined;
      // An item of a list at the indentation of its key.
    } else if (code === SPACE || code === TAB) {
      // Before the first key this would be the root, at another column.
      if (keys === 0) return undefined;
    } else if (code !== HASH && code !== RETURN && code !== FEED) return undefined;
    const feed = text.indexOf('\n', at);
    if (feed < 0) break;
    at = feed + 1;
  }
  if (keys === 0 || hasLoneReturn(text, range)) return undefined;
  return { apiVersion: apiVersion ?? '', kind: kind ?? '', text, range };
}

const TAB = 0x09;
const FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const HASH = 0x23;
const DASH = 0x2d;

function isKeyStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

/** The word behind a key's colon; undefined where it is not one, or may go on: the next line must begin at column 0. */
function wordAt(text: string, from: number, end: number): string | undefined {
  WORD.lastIndex = from;
  const match = WORD.exec(text);
  if (match === null || WORD.lastIndex > end) return undefined;
  const next = text.charCodeAt(WORD.lastIndex);
  const goesOn = WORD.lastIndex < end && (next === SPACE || next === TAB || next === FEED || next === RETURN);
  const isNoString = match[1] !== undefined && typeof plainScalar(match[1]) !== 'string';
  return goesOn || isNoString ? undefined : (match[1] ?? match[2] ?? match[3]);
}

function hasLoneReturn(text: string, { start, end }: DocumentRange): boolean {
  // Asked of the document alone: in a stream without any, the search would go on to its end for each document.
  const own = text.slice(start, end);
  return own.includes('\r') && LONE_RETURN.test(own);
}

/**
 * Cuts a stream into its documents at the `---` and `...` markers, and between JSON values that follow one another, so
 * that a broken document never hides its neighbours.
 */

/** Offsets of one document in the stream: with its `---` line and the comments and directives before it, without a `...`. */
export interface DocumentRange {
  readonly start: number;
  readonly end: number;
}

/** The documents of a stream in order, empty ones between two `---` included. Text before a `---` is a document of its own only if it says something. */
export function splitDocuments(text: string): DocumentRange[] {
  const ranges: DocumentRange[] = [];
  let start = 0;
  for (const marker of markersOf(text)) {
    const isSilent = isPreamble(text, start, marker);
    if (!isSilent) pushValues(ranges, text, start, marker);
    if (text[marker] === '.') start = marker + 3;
    else if (!isSilent) start = marker;
  }
  if (!isPreamble(text, start, text.length)) pushValues(ranges, text, start, text.length);
  return ranges;
}

/** Nothing stands in the document but its marker, comments and directives. */
export function isEmptyDocument(text: string, { start, end }: DocumentRange): boolean {
  const marker = markerFrom(text, '---', start);
  const hasMarker = marker < end && isPreamble(text, start, marker);
  // A directive behind the marker cannot be read.
  return hasMarker ? isPreamble(text, marker + 3, end, false) : isPreamble(text, start, end);
}

/** Whether a document that begins at `start` is written as a JSON object. */
export function isJson(text: string, start: number): boolean {
  let at = start;
  while (isWhite(text.charCodeAt(at))) at++;
  return text[at] === '{';
}

/**
 * Offset of the next JSON value behind `from` in a document that is one: a `{` at column 0, after a line that a `}` ends.
 * Inside one value a comma would stand there. -1: none before `end`.
 */
export function nextJsonValue(text: string, from: number, end: number): number {
  for (let at = text.indexOf('\n{', from); at >= 0 && at + 1 < end; at = text.indexOf('\n{', at + 1)) {
    let before = at;
    while (before > from && isWhite(text.charCodeAt(before))) before--;
    if (text[before] === '}') return at + 1;
  }
  return -1;
}

/** One document, or as many as it has JSON values: `kubectl`, `jq` and many programs write them without a marker. */
function pushValues(ranges: DocumentRange[], text: string, start: number, end: number): void {
  let from = start;
  if (isJson(text, start)) {
    for (let next = nextJsonValue(text, from, end); next >= 0; next = nextJsonValue(text, next, end)) {
      ranges.push({ start: from, end: next });
      from = next;
    }
  }
  ranges.push({ start: from, end });
}

/** Nothing but blank lines, comments and directives: what may stand before a `---` without being a document. */
function isPreamble(text: string, start: number, end: number, hasDirectives = true): boolean {
  let at = start;
  while (at < end) {
    const lineStart = at;
    while (at < end && isBlank(text.charCodeAt(at))) at++;
    const first = text[at];
    if (at >= end) return true;
    if (first === '#' || (hasDirectives && first === '%' && at === lineStart)) {
      while (at < end && text[at] !== '\n' && text[at] !== '\r') at++;
    } else if (first !== '\n' && first !== '\r') return false;
    at++;
  }
  return true;
}

function isWhite(code: number): boolean {
  return isBlank(code) || code === 0x0a || code === 0x0d;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0xfeff;
}

/** A marker is one only at column 0 and before white space; there it is one even inside a block scalar. */
function* markersOf(text: string): Generator<number> {
  let dashes = markerFrom(text, '---', 0);
  let dots = markerFrom(text, '...', 0);
  while (dashes < text.length || dots < text.length) {
    if (dashes < dots) {
      yield dashes;
      dashes = markerFrom(text, '---', dashes + 3);
    } else {
      yield dots;
      dots = markerFrom(text, '...', dots + 3);
    }
  }
}

/** Offset of the next marker, the text's length if there is none. Searching for its characters is many times quicker than for lines. */
function markerFrom(text: string, marker: string, from: number): number {
  for (let at = text.indexOf(marker, from); at >= 0; at = text.indexOf(marker, at + 1)) {
    const line = text.charCodeAt(at - 1) === 0xfeff ? at - 1 : at;
    const begins = line === 0 || isLineBreak(text.charCodeAt(line - 1));
    const next = text.charCodeAt(at + 3);
    const ends = at + 3 === text.length || next === 0x20 || next === 0x09 || isLineBreak(next);
    if (begins && ends) return at;
  }
  return text.length;
}

function isLineBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

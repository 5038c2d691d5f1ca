/** Cuts a stream into its documents at the `---` and `...` markers, so that a broken document never hides its neighbours. */

/** Offsets of one document in the stream: with its `---` line and the comments and directives before it, without a `...`. */
export interface DocumentRange {
  readonly start: number;
  readonly end: number;
}

/** A marker is one only at column 0 and before white space; there it is one even inside a block scalar. */
const MARKER = /(?:^|[\r\n])\uFEFF?(---|\.\.\.)(?=[ \t\r\n]|$)/g;

/** The documents of a stream in order, empty ones between two `---` included. Text before a `---` is a document of its own only if it says something. */
export function splitDocuments(text: string): DocumentRange[] {
  const ranges: DocumentRange[] = [];
  let start = 0;
  for (const match of text.matchAll(MARKER)) {
    const marker = match.index + match[0].length - 3;
    const isSilent = isPreamble(text, start, marker);
    if (!isSilent) ranges.push({ start, end: marker });
    if (match[1] === '...') start = marker + 3;
    else if (!isSilent) start = marker;
  }
  if (!isPreamble(text, start, text.length)) ranges.push({ start, end: text.length });
  return ranges;
}

/** Nothing but blank lines, comments and directives: what may stand before a `---` without being a document. */
function isPreamble(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lineStart = at;
    while (at < end && isBlank(text.charCodeAt(at))) at++;
    const first = text[at];
    if (at >= end) return true;
    if (first === '#' || (first === '%' && at === lineStart)) {
      while (at < end && text[at] !== '\n' && text[at] !== '\r') at++;
    } else if (first !== '\n' && first !== '\r') return false;
    at++;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0xfeff;
}

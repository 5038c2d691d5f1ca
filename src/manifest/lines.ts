/** Lines and columns of a text, for whoever edits it. */

/** Offset of the first character of the line that `at` stands in, a byte order mark passed over. */
export function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isLineBreak(text, start - 1)) start--;
  return text[start] === '\uFEFF' && start < at ? start + 1 : start;
}

/** Offset of the line break that ends the line of `at`, or of the text's end. */
export function lineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isLineBreak(text, end)) end++;
  return end;
}

/** Offset of the next line's first character. */
export function nextLine(text: string, at: number): number {
  const end = lineEnd(text, at);
  return text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length);
}

/** Characters before `at` in its line. */
export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

/** Nothing but white space between two offsets. */
export function isBlankBetween(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isWhite(text, at)) return false;
  return true;
}

/** The offset behind the last character before `at` that is no white space, not before `floor`. */
export function trimBack(text: string, at: number, floor: number): number {
  let end = at;
  while (end > floor && isWhite(text, end - 1)) end--;
  return end;
}

function isWhite(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t' || isLineBreak(text, at);
}

function isLineBreak(text: string, at: number): boolean {
  return text[at] === '\n' || text[at] === '\r';
}

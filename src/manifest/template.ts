/** Recognises a Helm or Go template where a document cannot be read: `{{ … }}` outside quotes and comments. */
import type { DocumentRange } from './split.ts';

/** How many lines before the error an action may stand to be its cause: a parser notices at the end of the line or on the next one. */
const LINES_BEFORE = 1;

/** Offset of the `{{` that explains an error at `offset`; undefined: the error has another cause. */
export function templateAt(text: string, range: DocumentRange, offset: number): number | undefined {
  let end = lineEnd(text, offset, range.end);
  for (let lines = 0; lines <= LINES_BEFORE && end >= range.start; lines++) {
    const start = Math.max(text.lastIndexOf('\n', end - 1) + 1, range.start);
    const action = bareAction(text.slice(start, end));
    if (action >= 0) return start + action;
    end = start - 1;
  }
  return undefined;
}

function lineEnd(text: string, offset: number, end: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 || at > end ? end : at;
}

/** Where the first `{{` of a line stands that is neither quoted nor commented out; -1: nowhere. */
function bareAction(line: string): number {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (quote !== '') {
      if (character === '\\' && quote === '"') at++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '#' && (at === 0 || /\s/.test(line[at - 1]!))) return -1;
    else if (character === '{' && line[at + 1] === '{') return at;
  }
  return -1;
}

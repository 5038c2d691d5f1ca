/** Recognises a Helm or Go template where a document cannot be read: `{{ … }}` outside quotes and comments. */
import type { Node } from './document.ts';
import { parseLeniently } from './lenient.ts';
import type { DocumentRange } from './split.ts';
import { buildTree } from './tree.ts';

/** How many lines before the error an action may stand to be its cause: a parser notices at the end of the line or on the next one. */
const LINES_BEFORE = 1;

/** Offset of the `{{` that explains an error at `offset`; undefined: the error has another cause. */
export function templateAt(text: string, range: DocumentRange, offset: number): number | undefined {
  let end = lineEnd(text, offset, range.end);
  for (let lines = 0; lines <= LINES_BEFORE && end >= range.start; lines++) {
    const start = Math.max(text.lastIndexOf('\n', end - 1) + 1, range.start);
    const action = bareAction(text.slice(start, end));
    if (action >= 0) return opensNode(text, range.start, start + action) ? start + action : undefined;
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

/**
 * Whether a value or a key begins here: then the braces open two mappings, of which one is the key of the other, and
 * Kubernetes refuses the document as well. Inside of a text they are only braces, and the error has another cause.
 */
function opensNode(text: string, start: number, at: number): boolean {
  if (at - start > MAX_LENGTH_BEFORE) return false;
  const before = text.slice(start, at);
  return ENDS.some((end) => {
    try {
      const source = before + end;
      return beginsAt(buildTree(source, start, parseLeniently(source)), at);
    } catch {
      return false;
    }
  });
}

/** Each takes another look at what stands before the braces; a template is never so long. */
const MAX_LENGTH_BEFORE = 1024 * 1024;
/** A value or a key, and what may have to be closed behind it. */
const ENDS: readonly string[] = ['x', 'x: x', 'x}', 'x]', 'x}}', 'x}]', 'x]}', 'x]]', 'x}}}', 'x]}}', 'x}]}'];

/** Whether the last node, or its key, begins at the offset. */
function beginsAt(node: Node | undefined, at: number): boolean {
  if (node === undefined) return false;
  if (node.start === at) return true;
  if (node.kind === 'sequence') return beginsAt(node.items.at(-1), at);
  const last = node.kind === 'mapping' ? node.entries.at(-1) : undefined;
  return last !== undefined && (last.keyStart === at || beginsAt(last.value, at));
}

/** Adds and removes parts of a block collection: whole lines, but where a part shares its line with a dash. */
import type { ManifestDocument, Node, Splice } from './document.ts';
import { columnOf, isBlankBetween, lineEnd, lineStart, nextLine, trimBack } from './lines.ts';
import type { Addition, Part, Parts } from './parts.ts';
import { renderField, renderItem, type Style } from './render.ts';
import { styleOf } from './style.ts';

/** White space that is looked through for a comment behind a part. */
const MAX_BLANK = 4096;

/** Removes what lost its draft and adds the new parts; at least one old part is left. */
export function spliceBlock(
  document: ManifestDocument,
  splices: Splice[],
  node: Node,
  { old, additions }: Parts,
): void {
  const { text } = document.text;
  const left = old.findIndex((part) => part.draft !== undefined);
  removeParts(text, splices, old, left);
  const style = styleOf(document, node);
  const { eol } = style;
  const column = columnOf(text, old[0]!.start);
  for (const addition of additions) {
    const before = old.slice(0, addition.after).findLast((part) => part.draft !== undefined);
    if (before) {
      const at = lineEnd(text, before.end);
      const lines = linesOf(addition, column, isCommentDeeper(text, at, column) ? { ...style, oneLine: true } : style);
      splices.push({ start: at, end: at, text: eol + lines.join(eol) });
    } else {
      const at = old[left]!.start;
      const lines = linesOf(addition, column, style);
      splices.push({ start: at, end: at, text: `${lines.join(eol).trimStart()}${eol}${' '.repeat(column)}` });
    }
  }
}

/** Whether a comment follows that stands further in (of a part that was removed): a literal block would swallow it. */
function isCommentDeeper(text: string, at: number, column: number): boolean {
  const next = /^\s*[\r\n]([ \t]*)#/.exec(text.slice(at, at + MAX_BLANK));
  return next !== null && next[1]!.length > column;
}

function linesOf({ key, value }: Addition, column: number, style: Style): string[] {
  return key === undefined ? renderItem(value, column, style) : renderField(key, value, column, style);
}

/** The first parts of a compact item (`- name: x`) have no lines of their own: the next part moves up behind the dash. */
function removeParts(text: string, splices: Splice[], old: readonly Part[], left: number): void {
  const [first] = old;
  const isCompact = !isBlankBetween(text, lineStart(text, first!.start), first!.start);
  const moved = isCompact ? left : 0;
  if (moved > 0) {
    const end = old[moved - 1]!.slot.node.end;
    const next = old[moved]!.start;
    const isNext = isBlankBetween(text, end, next);
    const start = isNext ? first!.start : trimBack(text, first!.start, 0);
    splices.push({ start, end: isNext ? next : end, text: '' });
  }
  for (const { draft, start, slot } of old.slice(moved)) {
    if (draft === undefined)
      splices.push({ start: lineStart(text, start), end: nextLine(text, slot.node.end), text: '' });
  }
}

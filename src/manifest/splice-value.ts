/** Writes a value in the place of one of another kind, or of none. */
import type { ManifestDocument, Splice } from './document.ts';
import { isBlankBetween, lineEnd, lineStart, trimBack } from './lines.ts';
import { refuseShared, type Slot } from './parts.ts';
import { needsLines, renderBlock, renderFlow, renderJson, type Style } from './render.ts';
import { isJson, styleOf } from './style.ts';

/** In flow and in JSON the value stays between its neighbours; in block style collections get lines of their own. */
export function replaceValue(document: ManifestDocument, splices: Splice[], slot: Slot, value: unknown): void {
  const { text } = document.text;
  const { node, after } = slot;
  refuseShared(document, node);
  const style = styleOf(document, node);
  const isBeside = lineEnd(text, after) >= node.start;
  if (slot.flow || isJson(document)) {
    splices.push({
      start: node.start,
      end: node.end,
      text: gapBefore(text, slot) + inline(document, slot, value, style),
    });
  } else if (!needsLines(value) && isBeside) {
    splices.push({ start: node.start, end: node.end, text: gapBefore(text, slot) + renderFlow(value) });
  } else if (!needsLines(value)) {
    splices.push({ start: after, end: after, text: ` ${renderFlow(value)}` });
    removeNode(text, splices, slot);
  } else placeLines(text, splices, slot, value, style);
}

/** A missing value has no space before it, and in flow style perhaps no colon. */
function gapBefore(text: string, { node, flow }: Slot): string {
  if (node.start < node.end) return '';
  return flow && text[node.start - 1] !== ':' ? ': ' : ' ';
}

function inline(document: ManifestDocument, { node }: Slot, value: unknown, { eol }: Style): string {
  if (!isJson(document)) return renderFlow(value);
  const { text } = document.text;
  const margin = /^[ \t]*/.exec(text.slice(lineStart(text, node.start), node.start))![0];
  const unit = /^[[{][\r\n]+([ \t]+)/.exec(text.slice(document.root.start, document.root.end))?.[1] ?? '';
  return renderJson(value, unit, margin, eol);
}

/** Comments between a key and its value stay with the key. */
function removeNode(text: string, splices: Splice[], { node, after }: Slot): void {
  if (node.start < node.end) splices.push({ start: trimBack(text, node.start, after), end: node.end, text: '' });
}

function placeLines(text: string, splices: Splice[], slot: Slot, value: object, style: Style): void {
  const { node, after, column, holder } = slot;
  if (holder === 'root') {
    splices.push({
      start: node.start,
      end: node.end,
      text: renderBlock(value, 0, { ...style, oneLine: true }).join(style.eol),
    });
    return;
  }
  const step = holder === 'item' ? 2 : Array.isArray(value) ? style.dash : style.unit;
  const isCompact = holder === 'item' && isBlankBetween(text, after, node.start);
  // A comment may follow in the line of what is replaced.
  const lines = renderBlock(value, column + step, isCompact ? { ...style, oneLine: true } : style).join(style.eol);
  removeNode(text, splices, slot);
  const at = isCompact ? node.end : lineEnd(text, node.end);
  splices.push({ start: at, end: at, text: isCompact ? ` ${lines.trimStart()}` : style.eol + lines });
}

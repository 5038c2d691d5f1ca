/** Adds and removes parts of a flow collection (`{a: 1}`, `[x, y]`, and all of JSON) in the style of its neighbours. */
import type { ManifestDocument, Node, Splice } from './document.ts';
import { isBlankBetween, lineStart } from './lines.ts';
import type { Addition, Part, Parts } from './parts.ts';
import { jsonText, renderFlow, renderJson, renderScalar } from './render.ts';
import { isJson, styleOf } from './style.ts';

/** Removes what lost its draft and adds the new parts; at least one old part is left. */
export function spliceFlow(document: ManifestDocument, splices: Splice[], node: Node, { old, additions }: Parts): void {
  const comma = commaOf(document, node, old);
  const last = old.findLastIndex((part) => part.draft !== undefined);
  for (let index = 0; index < last; index++) {
    if (old[index]!.draft === undefined)
      splices.push({ start: old[index]!.start, end: old[index + 1]!.start, text: '' });
  }
  for (const addition of additions) {
    const inserted = partText(document, node, old, addition);
    const before = old.slice(0, addition.after).findLastIndex((part) => part.draft !== undefined);
    if (before >= 0) splices.push({ start: old[before]!.end, end: old[before]!.end, text: comma + inserted });
    else {
      const at = old.find((part) => part.draft !== undefined)!.start;
      splices.push({ start: at, end: at, text: inserted + comma });
    }
  }
  if (last < old.length - 1) splices.push({ start: old[last]!.end, end: old.at(-1)!.end, text: '' });
}

/** What stands between two parts: copied from the first two, or made like the way to the first. */
function commaOf(document: ManifestDocument, node: Node, old: readonly Part[]): string {
  const { text } = document.text;
  const [first, second] = old;
  const between = second && text.slice(first!.end, second.start);
  if (between !== undefined && /^\s*,\s*$/.test(between)) return between;
  const { eol } = styleOf(document, node);
  return isSpread(text, node, first!) ? `,${eol}${marginOf(text, first!)}` : ', ';
}

/** The first part stands on a line of its own. */
function isSpread(text: string, node: Node, first: Part): boolean {
  const start = lineStart(text, first.start);
  return start > node.start && isBlankBetween(text, start, first.start);
}

function marginOf(text: string, first: Part): string {
  return text.slice(lineStart(text, first.start), first.start);
}

function partText(document: ManifestDocument, node: Node, old: readonly Part[], { key, value }: Addition): string {
  const { text } = document.text;
  const [first] = old;
  if (!isJson(document)) return key === undefined ? renderFlow(value) : `${renderScalar(key)}: ${renderFlow(value)}`;
  const colon = colonOf(text, first!);
  const json = jsonValue(document, node, first!, value, colon);
  return key === undefined ? json : jsonText(key) + colon + json;
}

function jsonValue(document: ManifestDocument, node: Node, first: Part, value: unknown, colon: string): string {
  const { text } = document.text;
  const { eol } = styleOf(document, node);
  if (isSpread(text, node, first)) {
    const margin = marginOf(text, first);
    return renderJson(value, unitOf(text, node, margin), margin, eol);
  }
  return colon.endsWith(':') ? renderJson(value, '', '', eol) : renderFlow(value, (scalar) => jsonText(scalar));
}

/** As the first key writes it: `:` in packed JSON, `: ` else. */
function colonOf(text: string, first: Part): string {
  const written = /"(\s*:[ \t]*)$/.exec(text.slice(first.start, first.slot.node.start));
  return written?.[1] ?? ': ';
}

/** How much further in a part stands than the line of its bracket. */
function unitOf(text: string, node: Node, margin: string): string {
  const line = text.slice(lineStart(text, node.start), node.start);
  const outer = /^[ \t]*/.exec(line)![0];
  return margin.slice(outer.length) || '  ';
}

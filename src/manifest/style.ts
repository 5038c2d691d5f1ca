/** Learns how a document writes its collections from the neighbours of the place that changes. */
import type { ManifestDocument, Node } from './document.ts';
import { columnOf } from './lines.ts';
import type { Style } from './render.ts';

/** What most manifests do; used where a document shows nothing. */
const DEFAULT_UNIT = 2;

/** The style inside `node` first, then of the document. */
export function styleOf(document: ManifestDocument, node: Node): Style {
  const { text } = document.text;
  const near = habits(text, node);
  const far = near.unit === undefined || near.dash === undefined ? habits(text, document.root) : near;
  const unit = near.unit ?? far.unit ?? DEFAULT_UNIT;
  return { unit, dash: near.dash ?? far.dash ?? unit, eol: eolOf(text) };
}

interface Habits {
  unit: number | undefined;
  dash: number | undefined;
}

/** The first nested block mapping and the first block list below a key, in the order of the text. */
function habits(text: string, node: Node, found: Habits = { unit: undefined, dash: undefined }): Habits {
  if (node.kind === 'scalar' || node.flow) return found;
  const children = node.kind === 'sequence' ? node.items : node.entries.map(({ value }) => value);
  if (node.kind === 'mapping') {
    for (const { keyStart, value } of node.entries) {
      if (value.kind === 'scalar' || value.flow || value.shared) continue;
      if (value.kind === 'sequence' && text[value.start] !== '-') continue;
      const first = value.kind === 'mapping' ? value.entries[0]!.keyStart : value.start;
      const step = columnOf(text, first) - columnOf(text, keyStart);
      if (value.kind === 'mapping') found.unit ??= step;
      else if (step >= 0) found.dash ??= step;
    }
  }
  for (const child of children) {
    if (found.unit !== undefined && found.dash !== undefined) break;
    habits(text, child, found);
  }
  return found;
}

function eolOf(text: string): '\n' | '\r\n' {
  const at = text.indexOf('\n');
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
}

/** Whether a document is JSON, where keys and strings carry quotes. */
export function isJson(document: ManifestDocument): boolean {
  const { root } = document;
  return root.kind !== 'scalar' && root.flow && /^["}\]]/.test(firstInside(document));
}

function firstInside(document: ManifestDocument): string {
  return document.text.text.slice(document.root.start + 1, document.root.end).trimStart();
}

/** Turns edits into the smallest changes of the text: comments, order, quoting, indentation and line ends of all else stay. */
import { Failure } from '../failure.ts';
import type { Edit, ManifestDocument, Splice } from './document.ts';
import { type Draft, draftOf, draftValue, isEqual } from './draft.ts';
import { fieldsOf, itemsOf, type Parts, refuseShared, type Slot } from './parts.ts';
import { positionAt } from './position.ts';
import { readDocuments } from './read.ts';
import { spliceBlock } from './splice-block.ts';
import { spliceFlow } from './splice-flow.ts';
import { replaceValue } from './splice-value.ts';

/**
 * The splices that make the edits, in order and without overlap; none where the document says it already. Edits apply one
 * after the other, missing parents are created together, `add` of an item that a list holds already does nothing.
 * Throws `Failure('bad-manifest')` for a value that an alias repeats and for a path through a value of another kind.
 */
export function editSplices(document: ManifestDocument, edits: readonly Edit[]): Splice[] {
  const draft = draftOf(document, edits);
  const splices: Splice[] = [];
  const { root } = document;
  spliceValue(document, splices, draft, { node: root, after: root.start, column: 0, holder: 'root', flow: false });
  if (splices.length > 0) verify(document, splices, draft);
  return inOrder(splices);
}

/** The text with all splices made. They must not overlap; several at one place follow in the given order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const splice of inOrder(splices)) {
    if (splice.start < at) throw new Error(`splices overlap at offset ${splice.start}`);
    result += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return result + text.slice(at);
}

/** What is inserted at the start of a replaced range goes before it; insertions at one place stay in their order. */
function inOrder(splices: readonly Splice[]): Splice[] {
  const isRange = ({ start, end }: Splice) => Number(end > start);
  return [...splices].sort((a, b) => a.start - b.start || isRange(a) - isRange(b));
}

/** Makes the text of one value say what its draft says; inner splices come before outer ones at the same place. */
function spliceValue(document: ManifestDocument, splices: Splice[], draft: Draft, slot: Slot): void {
  if (draft.kind === 'kept') return;
  const { node } = slot;
  const parts = partsOf(document, draft, slot);
  if (parts === undefined || node.kind === 'scalar') {
    replaceValue(document, splices, slot, draftValue(draft));
    return;
  }
  const isChanged = parts.additions.length > 0 || parts.old.some((part) => part.draft === undefined);
  if (isChanged) refuseShared(document, node);
  if (isChanged && parts.old.every((part) => part.draft === undefined)) {
    replaceValue(document, splices, slot, draftValue(draft));
    return;
  }
  for (const part of parts.old) if (part.draft) spliceValue(document, splices, part.draft, part.slot);
  if (!isChanged) return;
  if (node.flow) spliceFlow(document, splices, node, parts);
  else spliceBlock(document, splices, node, parts);
}

/** undefined: the value becomes one of another kind. */
function partsOf(document: ManifestDocument, draft: Draft, { node }: Slot): Parts | undefined {
  if (draft.kind === 'mapping' && node.kind === 'mapping') return fieldsOf(document, draft.fields, node);
  if (draft.kind === 'sequence' && node.kind === 'sequence') return itemsOf(document, draft.items, node);
  return undefined;
}

/** The law of this room, checked on every edit: the new text reads as the old value with the edits applied, nothing else. */
function verify(document: ManifestDocument, splices: readonly Splice[], draft: Draft): void {
  const { file, text } = document.text;
  const offset = document.start;
  const moved = splices.map(({ start, end, text }) => ({ start: start - offset, end: end - offset, text }));
  const { documents } = readDocuments({ file, text: applySplices(text.slice(offset, document.end), moved) });
  if (documents.length === 1 && isEqual(documents[0]!.value, draftValue(draft))) return;
  const { line } = positionAt(document.text, inOrder(splices)[0]!.start);
  throw new Failure(
    'bad-manifest',
    `${file}:${line}: this notation cannot be edited without changing more than asked`,
    {
      hint: 'write this part in ordinary block style (key: value, one a line), then try again',
    },
  );
}

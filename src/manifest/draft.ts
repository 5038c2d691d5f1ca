/** What a document shall become: its tree with edits applied, every part still knowing which text it stands for. */
import { Failure } from '../failure.ts';
import type { Edit, ManifestDocument, Node, Path } from './document.ts';
import { positionOf } from './position.ts';
import type { ScalarValue } from './scalar.ts';
import { effectiveEntries, plainValue } from './value.ts';

/** `node` is the text that a draft takes the place of; without one it is new. A `kept` draft changes nothing below it. */
export type Draft =
  | { readonly kind: 'kept'; readonly node: Node }
  | { readonly kind: 'mapping'; readonly node: Node | undefined; readonly fields: Map<string, Draft> }
  | { readonly kind: 'sequence'; readonly node: Node | undefined; readonly items: Draft[] }
  | { readonly kind: 'scalar'; readonly node: Node | undefined; readonly value: ScalarValue };

/** Applies the edits in order. Throws `Failure('bad-manifest')` where a path leads through a value of another kind. */
export function draftOf(document: ManifestDocument, edits: readonly Edit[]): Draft {
  let draft: Draft = { kind: 'kept', node: document.root };
  for (const edit of edits) {
    if (edit.path.length === 0) throw new Error('an edit needs a path');
    draft = edited(draft, edit, 0, document);
  }
  return draft;
}

/** The plain value of a draft. */
export function draftValue(draft: Draft): unknown {
  switch (draft.kind) {
    case 'kept':
      return plainValue(draft.node);
    case 'scalar':
      return draft.value;
    case 'sequence':
      return draft.items.map(draftValue);
    case 'mapping':
      return Object.fromEntries([...draft.fields].map(([key, field]) => [key, draftValue(field)]));
  }
}

function edited(draft: Draft, edit: Edit, depth: number, document: ManifestDocument): Draft {
  if (edit.op === 'remove' && isNull(draft)) return draft;
  const step = edit.path[depth]!;
  const opened = open(draft, step);
  if (opened.kind === 'mapping' && typeof step === 'string' && step !== '-')
    editField(opened.fields, step, edit, depth, document);
  else if (opened.kind === 'sequence') editItem(opened.items, step, edit, depth, document);
  else if (edit.op !== 'remove') throw mismatch(document, edit.path, depth);
  return opened;
}

function editField(
  fields: Map<string, Draft>,
  key: string,
  edit: Edit,
  depth: number,
  document: ManifestDocument,
): void {
  const field = fields.get(key);
  const isLast = depth === edit.path.length - 1;
  if (edit.op === 'remove' && isLast) fields.delete(key);
  else if (field === undefined) {
    if (edit.op === 'replace') throw missing(document, edit.path);
    if (edit.op === 'add') fields.set(key, isLast ? draftFor(edit.value) : edited(NOTHING, edit, depth + 1, document));
  } else fields.set(key, isLast ? draftFor(edit.value, nodeOf(field)) : edited(field, edit, depth + 1, document));
}

function editItem(items: Draft[], step: string | number, edit: Edit, depth: number, document: ManifestDocument): void {
  const isLast = depth === edit.path.length - 1;
  const index = step === '-' && edit.op === 'add' && isLast ? items.length : step;
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) throw mismatch(document, edit.path, depth);
  const item = items[index];
  if (edit.op === 'add' && isLast && index <= items.length) {
    const isThere = step === '-' && items.some((other) => isEqual(draftValue(other), edit.value));
    if (!isThere) items.splice(index, 0, draftFor(edit.value));
  } else if (item === undefined) {
    if (edit.op !== 'remove') throw missing(document, edit.path);
  } else if (!isLast) items[index] = edited(item, edit, depth + 1, document);
  else if (edit.op === 'remove') items.splice(index, 1);
  else items[index] = draftFor(edit.value, nodeOf(item));
}

const NOTHING: Draft = { kind: 'scalar', node: undefined, value: null };

/** A draft whose children can be changed; null becomes the collection that the next step needs. */
function open(draft: Draft, step: string | number): Draft {
  if (isNull(draft)) {
    const node = nodeOf(draft);
    const isItem = step === '-' || typeof step === 'number';
    return isItem ? { kind: 'sequence', node, items: [] } : { kind: 'mapping', node, fields: new Map() };
  }
  if (draft.kind !== 'kept') return draft;
  const { node } = draft;
  if (node.kind === 'sequence') return { kind: 'sequence', node, items: node.items.map(kept) };
  if (node.kind === 'scalar') return draft;
  const fields = new Map<string, Draft>();
  for (const entry of effectiveEntries(node)) fields.set(entry.key, kept(entry.value));
  return { kind: 'mapping', node, fields };
}

function kept(node: Node): Draft {
  return { kind: 'kept', node };
}

function isNull(draft: Draft): boolean {
  return draft.kind === 'scalar'
    ? draft.value === null
    : draft.kind === 'kept' && draft.node.kind === 'scalar' && draft.node.value === null;
}

function nodeOf(draft: Draft): Node | undefined {
  return draft.node;
}

/** A value in the place of a node: parts that are equal are kept, so that their comments and their style survive. */
function draftFor(value: unknown, node?: Node): Draft {
  if (node !== undefined && isEqual(plainValue(node), value)) return kept(node);
  if (Array.isArray(value)) {
    const items = node?.kind === 'sequence' ? node.items : [];
    return { kind: 'sequence', node, items: value.map((item, index) => draftFor(item, items[index])) };
  }
  if (typeof value === 'object' && value !== null) {
    const old = new Map<string, Node>();
    if (node?.kind === 'mapping') for (const entry of effectiveEntries(node)) old.set(entry.key, entry.value);
    return {
      kind: 'mapping',
      node,
      fields: new Map(Object.entries(value).map(([key, field]) => [key, draftFor(field, old.get(key))])),
    };
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return { kind: 'scalar', node, value: value as ScalarValue };
  }
  throw new Error(`an edit cannot write a ${typeof value}`);
}

/** Equal as JSON: the order of keys means nothing. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key as keyof typeof a], b[key as keyof typeof b]));
}

function mismatch(document: ManifestDocument, path: Path, depth: number): Failure {
  const { line } = positionOf(document, path);
  const wanted = typeof path[depth] === 'number' || path[depth] === '-' ? 'a list' : 'a mapping';
  const place = path.slice(0, depth).join('.') || 'the document';
  return new Failure('bad-manifest', `${document.text.file}:${line}: ${place} is not ${wanted}`, {
    hint: 'compare it with the Kubernetes reference of this kind',
  });
}

function missing(document: ManifestDocument, path: Path): Failure {
  const { line } = positionOf(document, path);
  return new Failure('bad-manifest', `${document.text.file}:${line}: there is no ${path.join('.')} to change`);
}

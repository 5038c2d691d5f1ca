/** Reads a text into documents that know where every value stands; what cannot be read is reported, the rest is still read. */
import { parseEvents, YAMLException } from 'js-yaml';
import type { ManifestDocument, ManifestText, Node, Unreadable } from './document.ts';
import { positionAt } from './position.ts';
import { type DocumentRange, splitDocuments } from './split.ts';
import { templateAt } from './template.ts';
import { buildTree, Refusal } from './tree.ts';
import { plainValue } from './value.ts';

/** Longest document, in UTF-16 code units: ten times etcd's largest object is generous, and a tree of this still fits in memory. */
const MAX_DOCUMENT_LENGTH = 32 * 1024 * 1024;
/** Deepest nesting: no Kubernetes object comes near it (schemas in CRDs reach about 50), and recursion stays far from the stack's end. */
const MAX_DEPTH = 200;

/** All documents of one text that can be read, and what cannot. Empty documents are passed over; a text with nothing but those is reported. */
export function readDocuments(text: ManifestText): { documents: ManifestDocument[]; unreadable: Unreadable[] } {
  const documents: ManifestDocument[] = [];
  const unreadable: Unreadable[] = [];
  for (const [index, range] of splitDocuments(text.text).entries()) {
    try {
      const document = readDocument(text, index, range);
      if (document) documents.push(document);
    } catch (error) {
      unreadable.push(explain(text, range, error));
    }
  }
  if (documents.length === 0 && unreadable.length === 0) {
    unreadable.push({ file: text.file, line: 1, message: 'holds no document' });
  }
  return { documents, unreadable };
}

/** A document made from a plain JSON value, for copies that run in a sandbox; its text is the value's JSON. */
export function documentFromValue(file: string, value: unknown): ManifestDocument {
  const text = { file, text: JSON.stringify(value, null, 2) };
  const document = readDocument(text, 0, { start: 0, end: text.text.length });
  if (document === undefined) throw new Error('null is no document');
  return document;
}

function readDocument(text: ManifestText, index: number, range: DocumentRange): ManifestDocument | undefined {
  if (range.end - range.start > MAX_DOCUMENT_LENGTH) {
    throw new Refusal(range.start, `the document is longer than ${MAX_DOCUMENT_LENGTH} characters`, 'split it');
  }
  const source = text.text.slice(range.start, range.end);
  const root = buildTree(source, range.start, parseEvents(source, { maxDepth: MAX_DEPTH }));
  return root && documentOf(text, index, range, root);
}

/** `value` is made when it is first asked for: many documents of a stream never are. One prototype keeps all documents of one shape. */
const LATE_VALUE = {
  get value(): unknown {
    const self = this as unknown as { readonly root: Node; made: { readonly value: unknown } | undefined };
    self.made ??= { value: plainValue(self.root) };
    return self.made.value;
  },
};

function documentOf(text: ManifestText, index: number, { start, end }: DocumentRange, root: Node): ManifestDocument {
  return { __proto__: LATE_VALUE, text, index, start, end, root, made: undefined } as unknown as ManifestDocument;
}

/** The sentence for a user. Whatever is not about the text is a defect, and thrown on. */
function explain(text: ManifestText, range: DocumentRange, error: unknown): Unreadable {
  const { offset, message, hint } = reasonOf(range, error);
  const position = positionAt(text, offset);
  const template = templateAt(text.text, range, offset);
  if (template !== undefined) {
    const { line, column } = positionAt(text, template);
    return {
      file: text.file,
      line,
      column,
      message: `is a template ({{ … }} at line ${line})`,
      hint: 'render it first: helm template … | petrify check -',
    };
  }
  const place = { file: text.file, line: position.line, column: position.column };
  return hint === undefined ? { ...place, message } : { ...place, message, hint };
}

function reasonOf(range: DocumentRange, error: unknown): { offset: number; message: string; hint?: string } {
  if (error instanceof Refusal) {
    const { offset, message, hint } = error;
    return hint === undefined ? { offset, message } : { offset, message, hint };
  }
  if (!(error instanceof YAMLException)) throw error;
  const offset = Math.min(range.start + (error.mark?.position ?? 0), range.end);
  if (error.reason.startsWith('null byte')) {
    return { offset, message: 'holds a NUL byte: this is not a text file', hint: 'give YAML or JSON in UTF-8' };
  }
  return { offset, message: `is not valid YAML: ${error.reason}` };
}

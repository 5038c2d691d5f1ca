/** Reads a text into documents that know where every value stands; what cannot be read is reported, the rest is still read. */
import { YAMLException } from 'js-yaml';
import type { ManifestDocument, ManifestText, Node, Unreadable } from './document.ts';
import { type Glance, glanceAt } from './glance.ts';
import { parseLeniently } from './lenient.ts';
import { trimBack } from './lines.ts';
import { positionAt } from './position.ts';
import { Refusal } from './refusal.ts';
import { type DocumentRange, splitDocuments } from './split.ts';
import { templateAt } from './template.ts';
import { buildTree } from './tree.ts';
import { plainValue } from './value.ts';

/** Longest document, in UTF-16 code units: ten times etcd's largest object is generous, and a tree of this still fits in memory. */
export const MAX_DOCUMENT_LENGTH = 32 * 1024 * 1024;

/** YAML 1.1, which Kubernetes reads, breaks lines at these as well: behind one a comment ends, and a key may begin. */
const UNICODE_BREAK = /[\u0085\u2028\u2029]/;
/** A marker is one only before white space; kubectl ends a document at `---#` as well, and its older readers at `---x`. */
const NEARLY_MARKER = /(?:^|[\r\n])\uFEFF?---(?![ \t\r\n]|$)/;
/** JSON is read as JSON there, and may hold them in its strings. */
const IS_JSON = /^\s*[{[]/;

/** All documents of one text that can be read, and what cannot. A text with nothing but empty documents is reported. */
export function readDocuments(text: ManifestText): { documents: ManifestDocument[]; unreadable: Unreadable[] } {
  const unreadable: Unreadable[] = [];
  const documents = [...eachDocument(text, (problem) => unreadable.push(problem))];
  return { documents, unreadable };
}

/**
 * The same one by one: who lets go of a document before asking for the next reads a long stream in half the time, as its
 * tree never grows old. `report` is called for what cannot be read, in the order of the text; `passOver` for templates,
 * which are no manifests yet; a document that `isPassedOver` says it for, at a glance, is not parsed. Whether a part of a
 * longer text holds any document is for whoever has all parts to say.
 */
export function* eachDocument(
  text: ManifestText,
  report: (problem: Unreadable) => void,
  passOver: (template: Unreadable) => void = report,
  isPassedOver?: (glance: Glance) => boolean,
): Generator<ManifestDocument> {
  let isEmpty = text.before === undefined;
  const before = text.before?.documents ?? 0;
  // What Kubernetes takes for line breaks could hide a Pod in a comment: nothing is passed over there.
  const glances = isPassedOver && !hasUnicodeBreak(text.text) ? isPassedOver : undefined;
  for (const [index, range] of splitDocuments(text.text).entries()) {
    const glance = glances && glanceAt(text.text, range);
    if (glance && glances(glance)) {
      isEmpty = false;
      continue;
    }
    const document = readOrReport(text, before + index, range, { report, passOver });
    if (document === undefined) continue;
    isEmpty = false;
    if (document !== 'unreadable') yield document;
  }
  if (isEmpty) report(emptyText(text.file));
}

/** The same as the expression, many times quicker: most texts cannot hold two of the three, and `includes` knows. */
function hasUnicodeBreak(text: string): boolean {
  return text.includes('\u0085') || text.includes('\u2028') || text.includes('\u2029');
}

/** A text in which no document says anything. */
export function emptyText(file: string): Unreadable {
  return { file, line: 1, message: 'holds no document' };
}

interface Listeners {
  readonly report: (problem: Unreadable) => void;
  readonly passOver: (template: Unreadable) => void;
}

function readOrReport(
  text: ManifestText,
  index: number,
  range: DocumentRange,
  { report, passOver }: Listeners,
): ManifestDocument | 'unreadable' | undefined {
  try {
    return readDocument(text, index, range);
  } catch (error) {
    const reason = reasonOf(text.text, range, error);
    const template = mayBeTemplate(text.text, reason.offset, error)
      ? templateAt(text.text, range, reason.offset)
      : undefined;
    if (template === undefined) report(problemAt(text, reason));
    else passOver(templateNotice(text, template));
    return 'unreadable';
  }
}

/**
 * What YAML itself can read is a template only where the braces are what was refused: nobody hides a Pod behind some that
 * merely stand near.
 */
function mayBeTemplate(text: string, offset: number, error: unknown): boolean {
  return !(error instanceof Refusal) || text.startsWith('{{', offset) || text.startsWith('{{', offset - 1);
}

/** A document made from a plain JSON value, for copies that run in a sandbox; its text is the value's JSON. */
export function documentFromValue(file: string, value: unknown): ManifestDocument {
  const text = { file, text: JSON.stringify(value, null, 2) };
  const document = readDocument(text, 0, { start: 0, end: text.text.length });
  if (document === undefined) throw new Error('null is no document');
  return document;
}

function readDocument(text: ManifestText, index: number, { start, end }: DocumentRange): ManifestDocument | undefined {
  if (end - start > MAX_DOCUMENT_LENGTH) {
    throw new Refusal(start, `the document is longer than ${MAX_DOCUMENT_LENGTH} characters`, 'split it');
  }
  const root = readTree(text, start, end);
  if (root === undefined) return undefined;
  const document = { __proto__: LATE, text, index, start, end, made: undefined } as unknown as LateDocument;
  remember(document, root);
  return document;
}

function readTree(text: ManifestText, start: number, end: number): Node | undefined {
  const source = text.text.slice(start, end);
  refuseAmbiguous(source, start);
  return buildTree(source, start, parseLeniently(source));
}

/** What Kubernetes reads otherwise than YAML 1.2 could hide a whole object: such a document is refused, never guessed at. */
function refuseAmbiguous(source: string, start: number): void {
  const marker = NEARLY_MARKER.exec(source);
  if (marker !== null) {
    throw new Refusal(
      start + marker.index + marker[0].length - 3,
      'has a line that begins with --- and goes on, where kubectl begins a new document',
      'write --- alone on its line, or indent the text',
    );
  }
  const at = source.search(UNICODE_BREAK);
  if (at < 0 || IS_JSON.test(source)) return;
  const code = source.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw new Refusal(
    start + at,
    `holds the character U+${code}, which Kubernetes reads as the end of a line and YAML 1.2 does not`,
    `remove it, or write it as \\u${code.toLowerCase()} in double quotes`,
  );
}

interface LateDocument extends ManifestDocument {
  made: { readonly value: unknown } | undefined;
}

/**
 * What a document makes when it is asked. It does not hold on to its tree: thousands of trees that live as long as their
 * stream cost more time than reading it. The accessors sit on one prototype, so that all documents have one shape.
 */
const LATE = {
  get root(): Node {
    const document = this as unknown as LateDocument;
    if (latest?.document === document) return latest.root;
    return remember(document, readTree(document.text, document.start, document.end)!);
  },
  get value(): unknown {
    const document = this as unknown as LateDocument;
    document.made ??= { value: plainValue(document.root) };
    return document.made.value;
  },
};

/** The tree of the document that was asked last; any other is read again. */
let latest: { readonly document: ManifestDocument; readonly root: Node } | undefined;

function remember(document: ManifestDocument, root: Node): Node {
  latest = { document, root };
  return root;
}

function templateNotice(text: ManifestText, offset: number): Unreadable {
  const { line, column } = positionAt(text, offset);
  return {
    file: text.file,
    line,
    column,
    message: `is a template ({{ … }} at line ${line})`,
    hint: 'give the folder of its chart, or render it first: helm template … | petrify check -',
  };
}

interface Reason {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

function problemAt(text: ManifestText, { offset, message, hint }: Reason): Unreadable {
  const { line, column } = positionAt(text, offset);
  const place = { file: text.file, line, column };
  return hint === undefined ? { ...place, message } : { ...place, message, hint };
}

/** The sentence for a user. Whatever is not about the text is a defect, and thrown on. */
function reasonOf(text: string, range: DocumentRange, error: unknown): Reason {
  if (error instanceof Refusal) {
    const { offset, message, hint } = error;
    return hint === undefined ? { offset, message } : { offset, message, hint };
  }
  if (!(error instanceof YAMLException)) throw error;
  const offset = Math.min(range.start + (error.mark?.position ?? 0), lastCharacter(text, range));
  if (error.reason.startsWith('null byte')) {
    return { offset, message: 'holds a NUL byte: this is not a text file', hint: 'give YAML or JSON in UTF-8' };
  }
  return { offset, message: `is not valid YAML: ${error.reason}` };
}

/** The parser notices an unclosed bracket at the end of the document; that line is empty, or the next document's. */
function lastCharacter(text: string, { start, end }: DocumentRange): number {
  return Math.max(trimBack(text, end, start) - 1, start);
}

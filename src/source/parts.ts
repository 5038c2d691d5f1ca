/** Cuts a long text into parts exactly between its documents while it arrives, so that no text of any size is in memory. */
import type { ManifestText, Unreadable } from '../manifest/document.ts';
import { emptyText, MAX_DOCUMENT_LENGTH } from '../manifest/read.ts';
import { type DocumentRange, isEmptyDocument, isJson, nextJsonValue, splitDocuments } from '../manifest/split.ts';

export interface PartLimits {
  /** A part is given away when it is this long, in UTF-16 code units: long enough to be worth a hand-over to another core. */
  readonly part: number;
  /** Longest document. */
  readonly document: number;
  /** How much of a document that is too long is passed over in search of the next one. */
  readonly passedOver: number;
}

export const PART_LIMITS: PartLimits = {
  part: 128 * 1024,
  document: MAX_DOCUMENT_LENGTH,
  passedOver: 8 * MAX_DOCUMENT_LENGTH,
};

export type Part = { readonly text: ManifestText } | { readonly unreadable: Unreadable };

/** What is known of the whole text beside its characters. */
export type Origin = Omit<ManifestText, 'text' | 'before'>;

/** Length of `---`. */
const MARKER_LENGTH = 3;
/** What is kept of a document that is passed over, to recognise where the next one begins. */
const TAIL_LENGTH = 256;

/**
 * The text that `chunks` make up, as one text if it is short, else in parts: their documents, lines and problems are
 * those of the whole. A document that is too long is reported and passed over.
 */
export async function* partsOf(
  origin: Origin,
  chunks: AsyncIterable<string> | Iterable<string>,
  limits: PartLimits = PART_LIMITS,
): AsyncGenerator<Part> {
  const cutter = new Cutter(origin, limits);
  for await (const chunk of chunks) {
    yield* cutter.take(chunk);
    if (cutter.isGivenUp) return;
  }
  yield* cutter.rest();
}

/** The text so far that was not given away, and where in the file it stands. */
class Cutter {
  /** The stream holds a document without an end: nothing more comes. */
  isGivenUp = false;
  readonly #origin: Origin;
  readonly #limits: PartLimits;
  #pending = '';
  #lines = 0;
  #documents = 0;
  #isWhole = true;
  #isEmpty = true;
  /** Looking through the pending text again and again would take quadratic time. */
  #lookAt: number;
  /** The document at the beginning of the pending text is passed over, so much of it already. */
  #passed: { readonly isJson: boolean; length: number } | undefined;

  constructor(origin: Origin, limits: PartLimits) {
    this.#origin = origin;
    this.#limits = limits;
    this.#lookAt = limits.part;
  }

  *take(chunk: string): Generator<Part> {
    this.#pending += chunk;
    if (this.#passed) yield* this.#passOver();
    if (this.#passed || this.#pending.length < this.#lookAt) return;
    const { documents, cut } = wholeDocuments(this.#pending);
    if (cut > 0) yield this.#part(documents, cut);
    if (this.#pending.length > this.#limits.document) yield* this.#refuseLong();
    this.#lookAt = Math.min(Math.max(this.#limits.part, this.#pending.length * 2), this.#limits.document + 1);
  }

  *rest(): Generator<Part> {
    if (this.#passed) return;
    if (this.#isWhole) yield { text: { ...this.#origin, text: this.#pending } };
    else {
      const ranges = splitDocuments(this.#pending);
      if (ranges.length > 0) yield this.#part(ranges, this.#pending.length);
      if (this.#isEmpty) yield { unreadable: emptyText(this.#origin.file) };
    }
  }

  /** @param ranges the documents of the pending text before `end` */
  #part(ranges: readonly DocumentRange[], end: number): Part {
    const text = this.#pending.slice(0, end);
    const part = { ...this.#origin, text, before: { lines: this.#lines, documents: this.#documents } };
    this.#documents += ranges.length;
    this.#isEmpty &&= ranges.every((range) => isEmptyDocument(text, range) && !hasMarkInside(text, range));
    this.#isWhole = false;
    this.#drop(end);
    return { text: part };
  }

  #drop(end: number): void {
    this.#lines += countLines(this.#pending, end);
    this.#pending = this.#pending.slice(end);
  }

  *#refuseLong(): Generator<Part> {
    const line = this.#lines + 1;
    const message = `the document is longer than ${this.#limits.document} characters`;
    yield { unreadable: { file: this.#origin.file, line, column: 1, message, hint: 'split it' } };
    this.#passed = { isJson: isJson(this.#pending, 0), length: 0 };
    this.#documents += 1;
    this.#isWhole = false;
    this.#isEmpty = false;
    yield* this.#passOver();
  }

  /** Drops text until the next document begins. */
  *#passOver(): Generator<Part> {
    const passed = this.#passed!;
    const cut = firstBoundary(this.#pending, passed);
    if (cut >= 0) {
      this.#passed = undefined;
      this.#drop(cut);
      return;
    }
    let end = Math.max(this.#pending.length - TAIL_LENGTH, 0);
    if (this.#pending[end] === '\n' && this.#pending[end - 1] === '\r') end -= 1;
    passed.length += end;
    this.#drop(end);
    if (passed.length <= this.#limits.passedOver) return;
    this.isGivenUp = true;
    const message = `no document ends within ${this.#limits.passedOver} characters: the rest was not read`;
    yield { unreadable: { file: this.#origin.file, line: this.#lines + 1, message } };
  }
}

/** A byte order mark that is not the first of a text is no white space: what it stands in is something that cannot be read. */
function hasMarkInside(text: string, { start, end }: DocumentRange): boolean {
  const at = text.indexOf('\uFEFF', Math.max(start, 1));
  return at >= 0 && at < end;
}

/** The documents of a text before `cut`, where the last one begins of which more may come; 0: no place is certain. */
function wholeDocuments(text: string): { readonly documents: readonly DocumentRange[]; readonly cut: number } {
  const ranges = splitDocuments(text);
  for (let last = ranges.length - 1; last > 0; last--) {
    if (isCertain(text, ranges[last]!)) return { documents: ranges.slice(0, last), cut: ranges[last]!.start };
  }
  return { documents: [], cut: 0 };
}

/**
 * A marker at the very end may be the beginning of a word; text behind a `...` on its line has that line's columns, and what
 * stands behind a byte order mark looks different where that is the first of a text.
 */
function isCertain(text: string, { start }: DocumentRange): boolean {
  if (start + MARKER_LENGTH >= text.length || text[start - 1] === '\uFEFF') return false;
  const isMarker = text.startsWith('---', start) && !text.startsWith('...', start - MARKER_LENGTH);
  return isMarker || text[start] === '{' || text[start] === '\n' || text[start] === '\r';
}

const MARKER = /[\r\n]\uFEFF?(---|\.\.\.)(?=[ \t\r\n])/;

/** Where the document ends that the text begins in the middle of; -1: not in this text. */
function firstBoundary(text: string, { isJson }: { readonly isJson: boolean }): number {
  const match = MARKER.exec(text);
  const marker = match ? match.index + match[0].length - (match[1] === '---' ? MARKER_LENGTH : 0) : -1;
  const value = isJson ? nextJsonValue(text, 0, marker < 0 ? text.length : marker) : -1;
  return value >= 0 ? value : marker;
}

/** Line breaks before `end`: `\n`, `\r\n` and `\r`. */
function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  for (let at = text.indexOf('\r'); at >= 0 && at < end; at = text.indexOf('\r', at + 1)) {
    if (text[at + 1] !== '\n') lines++;
  }
  return lines;
}

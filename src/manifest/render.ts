/** Writes plain values as YAML or JSON text in the style of the text around them. */
import { plainScalar } from './scalar.ts';

/** How a document writes its collections. */
export interface Style {
  /** Columns that a nested mapping moves to the right. */
  readonly unit: number;
  /** Columns that the dashes of a list stand right of its key; 0: `- ` below the key itself. */
  readonly dash: number;
  readonly eol: '\n' | '\r\n';
  /** Literal blocks must not be used: something follows in the last line, or further in on the next one. */
  readonly oneLine?: true;
}

/** Strings that need no quotes: they read the same in every YAML version, in block and in flow style. */
const SAFE_STRING = /^(?:[A-Za-z_/.][-A-Za-z0-9_./+@%]*(?::[-A-Za-z0-9_./+@%]+)*|[0-9]+[A-Za-z]+)$/;

/** A string, number, boolean or null. What looks like another type is quoted. */
export function renderScalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return SAFE_STRING.test(value) && plainScalar(value) === value ? value : jsonText(value);
}

/** JSON, which YAML reads as well: JSON's quotes are YAML's double quotes, but for control characters that YAML wants escaped. */
export function jsonText(value: unknown, unit = ''): string {
  return JSON.stringify(value, null, unit).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text of several lines that a literal block can hold as it is: it is there to be read. */
function isLiteral(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[^\s].*\n/.test(value) &&
    /[^\n]\n?$/.test(value) &&
    !/[^\n\x20-\x7e\u00a0-\u1fff]/.test(value)
  );
}

/** `|` and the text's own lines, indented by `column`. */
function literal(value: string, column: number): { head: string; lines: string[] } {
  const ends = value.endsWith('\n');
  const lines = (ends ? value.slice(0, -1) : value).split('\n');
  return { head: ends ? '|' : '|-', lines: lines.map((line) => (line === '' ? '' : ' '.repeat(column) + line)) };
}

/** Whether block style needs lines of its own for the value. */
export function needsLines(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** The lines of a value in block style, each with its indentation of at least `column` spaces. */
export function renderBlock(value: unknown, column: number, style: Style): string[] {
  const margin = ' '.repeat(column);
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item) => renderItem(item, column, style));
  if (needsLines(value)) return Object.entries(value).flatMap(([key, field]) => renderField(key, field, column, style));
  return [margin + renderFlow(value)];
}

/** `- item`, the rest of the item below its first line. */
export function renderItem(item: unknown, column: number, style: Style): string[] {
  if (!style.oneLine && isLiteral(item)) {
    const { head, lines } = literal(item, column + 2);
    return [`${' '.repeat(column)}- ${head}`, ...lines];
  }
  const [first, ...rest] = renderBlock(item, column + 2, style);
  return [`${' '.repeat(column)}- ${first!.trimStart()}`, ...rest];
}

/** `key: value`, a collection on the lines below. */
export function renderField(key: string, value: unknown, column: number, style: Style): string[] {
  const head = `${' '.repeat(column)}${renderScalar(key)}:`;
  if (!style.oneLine && isLiteral(value)) {
    const text = literal(value, column + style.unit);
    return [`${head} ${text.head}`, ...text.lines];
  }
  if (!needsLines(value)) return [`${head} ${renderFlow(value)}`];
  return [head, ...renderBlock(value, column + (Array.isArray(value) ? style.dash : style.unit), style)];
}

/** One line in flow style; in JSON's own notation where every scalar is written by `jsonText`. */
export function renderFlow(value: unknown, scalar: (value: unknown) => string = renderScalar): string {
  if (Array.isArray(value)) return `[${value.map((item) => renderFlow(item, scalar)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  return `{${Object.entries(value)
    .map(([key, field]) => `${scalar(key)}: ${renderFlow(field, scalar)}`)
    .join(', ')}}`;
}

/** JSON over several lines, all but the first indented by `margin`; packed in one line where `unit` is empty. */
export function renderJson(value: unknown, unit: string, margin: string, eol: string): string {
  return jsonText(value, unit).replaceAll('\n', eol + margin);
}

/** Text put into Markdown so that it stays text: no markup, no table, no link, no mention, no reference. */
import { visible } from './visible.ts';

/** Every mark by which Markdown or HTML inside of a line could mean something; the dot of `www.` makes a link. */
const MARK = /[!#$&*:<>@[\\\]^_`{|}~]|(?<=www)\./gi;

/**
 * A character reference is never syntax. `@` and `#` stand in an element of their own: what looks for mentions and
 * references reads the rendered text.
 */
function reference(mark: string): string {
  const written = `&#${mark.charCodeAt(0)};`;
  return mark === '@' || mark === '#' ? `<span>${written}</span>` : written;
}

/** Words that may stand in a table. */
export function inlineCell(text: string): string {
  return visible(text).replace(MARK, reference);
}

/** A name or a place. */
export function codeCell(text: string): string {
  return `<code>${inlineCell(text)}</code>`;
}

/** A sentence of ours with a stranger's words in it: what stands between backticks is code. */
export function mixedCell(text: string): string {
  return text
    .split('`')
    .map((part, index) => (part === '' ? '' : index % 2 === 1 ? codeCell(part) : inlineCell(part)))
    .join('');
}

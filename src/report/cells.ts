/** How many columns of a terminal a text takes, and text made fit to be measured. */
import { visible } from './visible.ts';

/** East Asian wide and fullwidth characters, and pictures: two columns each. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
/** Marks that sit on the character before them. */
const MARK = /\p{Mn}|\p{Me}/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: anything else than ASCII is looked at closely
const ASCII = /^[\u0000-\u007f]*$/;

/** Columns of a text without control characters. */
export function cells(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const _ of text.replace(MARK, '')) width += 1;
  return width + (text.match(WIDE)?.length ?? 0);
}

/** A part of a line of source as a report shows it: tabs as two spaces, everything else visible. */
export function shown(text: string): string {
  return visible(text.replaceAll('\t', '  '));
}

/** Filled up with spaces to `width` columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}

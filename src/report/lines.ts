/** Lines of a report: wrapped at words, indented, counted. */

/** Short enough to read at once, and for a terminal half a screen wide. */
export const WIDTH = 96;

/** `text` in lines of at most `width` characters; a longer word keeps a line of its own. Whitespace runs become one space. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** A wrapped paragraph, each line after `indent` spaces. */
export function paragraph(text: string, indent: number, width = WIDTH): string[] {
  return wrap(text, width - indent).map((line) => ' '.repeat(indent) + line);
}

/** `1 workload`, `2 workloads`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `2 mutable, 1 immutable`: how often each name occurs, in the order of `names`; those that do not are left out. */
export function tally<T extends string>(values: readonly T[], names: readonly T[]): string {
  const counts = names.map((name) => [values.filter((value) => value === name).length, name] as const);
  return counts
    .filter(([number]) => number > 0)
    .map(([number, name]) => `${number} ${name}`)
    .join(', ');
}

/** Width of a column: its longest cell, bounded. */
export function columnWidth(cells: readonly string[], most: number): number {
  let width = 0;
  for (const cell of cells) if (cell.length > width) width = cell.length;
  return Math.min(width, most);
}

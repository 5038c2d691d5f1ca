/** The colours that programs write into their logs as if a terminal read them. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal are what is removed
const COLOURS = /\u001b\[[0-9;]*m/g;

export function withoutColours(text: string): string {
  return text.replace(COLOURS, '');
}

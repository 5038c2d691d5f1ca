/** Makes what strangers wrote safe to print: control characters are shown, never obeyed. */

/** C0 and C1 controls, line separators, and marks that reorder or hide text. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be shown
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The text with every such character as its `\uXXXX`; one line stays one line. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** JSON.stringify escapes C0 and lone surrogates itself; DEL, C1 and the marks it leaves raw. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** JSON text, as JSON.stringify made it, that means the same and can be printed to a terminal and to a build's log. */
export function visibleJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, escaped).replaceAll('##', '#\\u0023');
}

/** What a build server takes for a command: `::` where a line begins, `##` before a name in brackets. */
const COMMAND = /^([ \t]*):(?=:)|#(?=#\w*\[)/gm;

/** The text with nothing in it that a build server obeys when it reads the lines of a log. */
export function uncommanded(text: string): string {
  return text.replace(COMMAND, (found, space: string | undefined) =>
    found.endsWith('#') ? '\\u0023' : `${space ?? ''}\\u003a`,
  );
}

/** Text put into XML 1.0, whatever characters it holds. */
import { visible } from './visible.ts';

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** What XML forbids and `visible` lets through. */
const NONCHARACTER = /[\ufffe\uffff]/g;

/** One line: what XML cannot hold, or a terminal obeys, as its `\uXXXX`; no build server finds a command in it. */
export function xmlAttribute(text: string): string {
  return visible(text)
    .replace(NONCHARACTER, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"']/g, (character) => NAMED[character] as string)
    .replaceAll('::', '&#58;&#58;')
    .replaceAll('##', '&#35;&#35;');
}

/** Several lines. */
export function xmlText(text: string): string {
  return text.split('\n').map(xmlAttribute).join('\n');
}

/** Text put into HTML so that it stays text, and the hash by which a page allows its own style or script. */
import { createHash } from 'node:crypto';
import { visible } from './visible.ts';

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text and values of attributes alike; what hides or reorders text is shown. */
export function html(text: string): string {
  return visible(text)
    .replace(/[&<>"']/g, (character) => NAMED[character] as string)
    .replaceAll('::', '&#58;&#58;')
    .replaceAll('##', '&#35;&#35;');
}

/** A sentence of ours: what stands between backticks is code. */
export function mixed(text: string): string {
  return text
    .split('`')
    .map((part, index) => (part === '' ? '' : index % 2 === 1 ? `<code>${html(part)}</code>` : html(part)))
    .join('');
}

/** As a Content-Security-Policy names a style or a script. */
export const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

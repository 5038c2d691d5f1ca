/** Renders a plan into the user's own text: splices that leave every other byte as it was. */
import { dump } from 'js-yaml';
import type { ManifestDocument, Splice } from '../manifest/document.ts';
import { applySplices, editSplices } from '../manifest/splice.ts';
import type { JsonObject } from '../workload/value.ts';
import type { Change } from './change.ts';

/** The changes of one document of a file. */
export interface DocumentChanges {
  readonly document: ManifestDocument;
  readonly changes: readonly Change[];
}

/**
 * The new text of one file. Throws Failure('bad-manifest') where a change would touch a value that an alias shares.
 * @param text the file's text
 * @param changed documents of this file only
 */
export function renderChanges(text: string, changed: readonly DocumentChanges[]): string {
  const splices: Splice[] = changed.flatMap(({ document, changes }) => [...editSplices(document, changes)]);
  return applySplices(text, splices);
}

/** The text with whole objects behind it: as further YAML documents, or as further JSON where the file is JSON. */
export function appendDocuments(text: string, documents: readonly JsonObject[]): string {
  if (documents.length === 0) return text;
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (/^\s*[{[]/.test(text)) return ended + documents.map((one) => `${JSON.stringify(one, null, 2)}\n`).join('');
  return ended + documents.map((one) => `---\n${dump(one, { lineWidth: -1, noRefs: true })}`).join('');
}

/** What every SARIF log of ours has in common: schema, home, severities, fingerprints. */
import { createHash } from 'node:crypto';

export const SARIF_SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
export const HOME = 'https://petrify.dev';
/** Code scanning shows ten tags of a rule. */
export const MAX_TAGS = 10;

/** `write-root` → `WriteRoot`. */
export function ruleName(id: string): string {
  return id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The same wherever the result moves to in its file. */
export function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The file of known findings: what is there today does not fail tomorrow. Sorted, one finding a line, without line numbers. */
import { dirname, resolve } from 'node:path';
import { findingKey, type Ledger, readKey } from '../check/ledger.ts';
import type { Known } from '../check/rules.ts';
import { textOf } from './read.ts';
import { readChecked } from './refuse.ts';
import { knownSchema } from './schema.ts';

/** Throws `Failure`: `file-unreadable`, `bad-settings`. */
export function readKnown(file: string): Known {
  const read = readChecked(file, textOf(file), knownSchema);
  const counts = new Map<string, number>();
  for (const { count, ...finding } of read?.value.findings ?? []) {
    const { namespace, container } = finding;
    const key = findingKey({ ...finding, namespace, container });
    counts.set(key, Math.max(counts.get(key) ?? 0, count));
  }
  return { ...recordingTo(file), counts };
}

/** Nothing is known yet, and every finding is kept. */
export function recordingTo(file: string): Known {
  return { file, root: dirname(resolve(file)), counts: new Map() };
}

/** The text of the file for what was found; the same findings give the same text. */
export function knownText({ found }: Pick<Ledger, 'found'>): string {
  const lines = [...found]
    .map(([key, count]) => JSON.stringify({ ...readKey(key), count }))
    .sort()
    .map((line) => `    ${line}`);
  const findings = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "schema": "petrify.dev/known/v1alpha1",\n  "findings": ${findings}\n}\n`;
}

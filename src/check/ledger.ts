/** What the rules were used for: exceptions that excepted something, findings by key. Plain data: the cores' ledgers are merged. */
import { relative } from 'node:path';
import type { Finding, SpecVerdict } from '../controls/control.ts';
import type { ManifestText, Notice } from '../manifest/document.ts';
import type { Rules } from './rules.ts';

export interface Ledger {
  /** Indexes of the exceptions of the settings that excepted a finding. */
  readonly used: Set<number>;
  /** The most findings of each key in one object, excepted ones left out; kept only where something is known or recorded. */
  readonly found: Map<string, number>;
  /** The files of everything that was judged. */
  readonly files: Set<string>;
  /** Controls that found something which the level, or the settings, leave out. */
  readonly hidden: Set<string>;
}

export const ledger = (): Ledger => ({ used: new Set(), found: new Map(), files: new Set(), hidden: new Set() });

/** Adds what stands in `part`. */
export function enter(whole: Ledger, part: Ledger): void {
  for (const index of part.used) whole.used.add(index);
  for (const file of part.files) whole.files.add(file);
  for (const control of part.hidden) whole.hidden.add(control);
  for (const [key, count] of part.found) whole.found.set(key, Math.max(whole.found.get(key) ?? 0, count));
}

/**
 * What a finding is known by: no line, so that it stays the same finding wherever it moves in its file, but what it is about
 * and what it makes of the container: a worse one of the same control is new.
 */
export interface FindingKey extends Pick<Finding, 'control' | 'verdict' | 'args'> {
  readonly file: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly container: string | undefined;
}

export function findingKey({ file, kind, namespace, name, container, control, verdict, args }: FindingKey): string {
  const sorted = Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([file, kind, namespace ?? null, name, container ?? null, control, verdict, sorted]);
}

export function readKey(key: string): FindingKey {
  const [file, kind, namespace, name, container, control, verdict, args] = JSON.parse(key) as [
    string,
    string,
    string | null,
    string,
    string | null,
    string,
    SpecVerdict,
    readonly (readonly [string, string | number | boolean])[],
  ];
  const whose = { file, kind, namespace: namespace ?? undefined, name, container: container ?? undefined };
  return { ...whose, control, verdict, args: Object.fromEntries(args) };
}

/** A text's file, the same from whichever folder it is asked; standard input and a cluster are no files. */
export function fileKey({ file, rendered }: ManifestText, root: string): string {
  if (file === '-' || rendered?.by === 'cluster') return file;
  return relative(root, file).replaceAll('\\', '/');
}

/** Rules without use: exceptions of the settings that nothing matches, known findings that are gone. */
export function unused({ exceptions, known, partial, today }: Rules, { used, found, files, hidden }: Ledger): Notice[] {
  if (partial) return [];
  const notices: Notice[] = [];
  for (const [index, { control, until, file, line }] of exceptions.entries()) {
    if (used.has(index) || hidden.has(control) || (until !== undefined && until < today)) continue;
    notices.push({ file, line, message: `no finding matches this exception from ${control}`, hint: 'take it out' });
  }
  let gone = 0;
  for (const [key, count] of known?.counts ?? []) {
    const { file, control } = readKey(key);
    if (files.has(file) && !hidden.has(control)) gone += Math.max(0, count - (found.get(key) ?? 0));
  }
  if (known !== undefined && gone > 0) {
    const message = gone === 1 ? '1 known finding is gone' : `${gone} known findings are gone`;
    notices.push({ file: known.file, message, hint: `record again: --record-known ${known.file}` });
  }
  return notices;
}

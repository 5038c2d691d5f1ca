/** Reads petrify.yaml: its values, its exceptions with their places, and what is wrong with it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RuleException } from '../check/rules.ts';
import type { Control, Level } from '../controls/control.ts';
import { NEVER_EXCEPTED } from '../controls/exception-words.ts';
import { Failure } from '../failure.ts';
import type { ManifestDocument, Notice } from '../manifest/document.ts';
import { positionOf } from '../manifest/position.ts';
import { nearest } from '../nearest.ts';
import type { WeighedFinding, WeighedObject } from '../report/check-result.ts';
import { readChecked, refuseAt } from './refuse.ts';
import { type SettingsFile, settingsSchema } from './schema.ts';

/** Longest settings file, and longest file of known findings, in bytes: a file larger than this no reader of YAML takes. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface Settings {
  readonly file: string;
  readonly values: SettingsFile;
  readonly exceptions: readonly RuleException[];
  readonly off: ReadonlySet<string>;
  readonly levels: ReadonlyMap<string, Level>;
  /** Controls that are switched off: said, because nobody sees what is not reported. */
  readonly notices: readonly Notice[];
  /** Its expired exceptions. */
  readonly findings: readonly WeighedObject[];
}

/** @param today `YYYY-MM-DD`. Throws `Failure`: `file-unreadable`, `bad-settings`. */
export function readSettings(file: string, controls: readonly Control[], today: string): Settings {
  const read = readChecked(file, textOf(file), settingsSchema);
  const values = read?.value ?? {};
  const exceptions: RuleException[] = [];
  const off = new Set<string>();
  const levels = new Map<string, Level>();
  const notices: Notice[] = [];
  const expired: WeighedFinding[] = [];
  for (const [id, { enabled, level, reason }] of Object.entries(values.controls ?? {})) {
    const path = ['controls', id];
    refuseUnknown(read!.document, path, id, controls);
    if (level !== undefined) levels.set(id, level);
    if (enabled !== false) continue;
    off.add(id);
    const { line } = positionOf(read!.document, path);
    notices.push({ file, line, message: `${id} is switched off: ${reason}` });
  }
  for (const [index, one] of (values.exceptions ?? []).entries()) {
    const path = ['exceptions', index];
    refuseUnknown(read!.document, [...path, 'control'], one.control, controls);
    if (NEVER_EXCEPTED.has(one.control))
      throw refuseAt(read!.document, [...path, 'control'], `${one.control} is never excepted itself`);
    exceptions.push({ ...one, file, line: positionOf(read!.document, path).line } as RuleException);
    if (one.until !== undefined && one.until < today)
      expired.push(expiry(read!.document, index, one.control, one.until));
  }
  const findings = expired.length === 0 ? [] : [settingsObject(read!.document, expired)];
  return { file, values, exceptions, off, levels, notices, findings };
}

/** A path of the settings file, which is relative to it, as the working directory has it. */
export function besideSettings({ file }: Pick<Settings, 'file'>, path: string): string {
  return path.startsWith('/') ? path : join(dirname(file), path);
}

export function textOf(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'no such file' : `cannot be read: ${(cause as Error).message}`;
    throw new Failure('file-unreadable', `${file}: ${reason}`, { hint: 'check the path', cause });
  }
}

function refuseUnknown(
  document: ManifestDocument,
  path: (string | number)[],
  id: string,
  controls: readonly Control[],
) {
  if (controls.some((control) => control.id === id)) return;
  const alias = controls.find(({ aliases }) => aliases.some((name) => name.split(/[ :]+/).includes(id) || name === id));
  const near =
    alias?.id ??
    nearest(
      id,
      controls.map((control) => control.id),
    );
  const hint = near === undefined ? 'petrify explain lists all controls' : `did you mean ${near}?`;
  throw refuseAt(document, path, `there is no control ${id}`, hint);
}

function expiry(document: ManifestDocument, index: number, control: string, until: string): WeighedFinding {
  const path = ['exceptions', index, 'until'];
  return {
    control: 'object-exception',
    path,
    position: positionOf(document, path),
    verdict: 'immutable',
    args: { exception: control, problem: 'expired', until, container: '' },
    standing: { kind: 'counts' },
  };
}

function settingsObject(document: ManifestDocument, findings: readonly WeighedFinding[]): WeighedObject {
  const { file } = document.text;
  const value = document.value as Readonly<Record<string, unknown>>;
  const source = { file, document: 0, line: 1 };
  const identity = { apiVersion: 'petrify.dev/v1alpha1', kind: 'Settings' as const, namespace: undefined, name: file };
  return { object: { ...identity, objectPath: [], value, source, document }, findings };
}

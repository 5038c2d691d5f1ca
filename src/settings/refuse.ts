/** Reads a file of ours against its schema; what is wrong is one sentence with line, column and what was probably meant. */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { ManifestDocument, Path } from '../manifest/document.ts';
import { nodeAt, positionOf, valueAt } from '../manifest/position.ts';
import { readDocuments } from '../manifest/read.ts';
import { nearest } from '../nearest.ts';

/** Longest part of a stranger's text that a sentence repeats. */
const MAX_QUOTED = 60;

export interface Checked<T> {
  readonly value: T;
  readonly document: ManifestDocument;
}

/** The file's value as the schema has it; undefined for a file that holds nothing. Throws `Failure('bad-settings')`. */
export function readChecked<T>(file: string, text: string, schema: z.ZodType<T>): Checked<T> | undefined {
  const { documents, unreadable } = readDocuments({ file, text });
  const [document, second] = documents;
  const [problem] = unreadable;
  if (document === undefined && problem?.message === 'holds no document') return undefined;
  if (problem !== undefined) throw refusal(file, problem.line, problem.column ?? 1, problem.message, problem.hint);
  if (second !== undefined) {
    const { line, column } = positionOf(second, []);
    throw refusal(file, line, column, 'is a second document; one is read', 'take it out');
  }
  const result = schema.safeParse(document!.value);
  if (result.success) return { value: result.data, document: document! };
  throw explained(document!, result.error.issues[0]!, schema);
}

/** The failure at a path of a document that was read. */
export function refuseAt(document: ManifestDocument, path: Path, message: string, hint?: string): Failure {
  const { line, column } = positionOf(document, path);
  return refusal(document.text.file, line, column, message, hint);
}

function refusal(file: string, line: number, column: number, message: string, hint: string | undefined): Failure {
  const place = `${file}:${line}:${column}: ${message}`;
  return new Failure('bad-settings', place, hint === undefined ? {} : { hint });
}

function explained(document: ManifestDocument, issue: z.core.$ZodIssue, schema: z.ZodType): Failure {
  const path = issue.path as Path;
  const at = path.length === 0 ? '' : `${quoted(path.join('.'))}: `;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const key = issue.keys[0]!;
      const names = keysAt(schema, path);
      const near = nearest(key, names);
      const hint = near === undefined ? `there is ${names.join(', ')}` : `did you mean ${near}?`;
      return refuseAt(document, [...path, key], `${at}there is no key ${quoted(key)}`, hint);
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const given = valueAt(document.value, path);
      const near = typeof given === 'string' ? nearest(given, allowed) : undefined;
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      return refuseAt(document, path, `${at}must be ${allowed.join(' or ')}`, hint);
    }
    case 'invalid_type': {
      const missing = nodeAt(document, path) === undefined;
      if (missing) return refuseAt(document, path, `${quoted(path.join('.'))} is missing`);
      return refuseAt(
        document,
        path,
        `${at}must be ${TYPES[issue.expected] ?? issue.expected}${inQuotes(document, path)}`,
      );
    }
    case 'too_small':
      return refuseAt(document, path, `${at}must not be ${issue.origin === 'string' ? 'empty' : 'that small'}`);
    case 'too_big':
      return refuseAt(document, path, `${at}is longer than ${issue.maximum}`);
    default:
      return refuseAt(document, path, `${at}must be ${issue.message}`);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
};

/** `1.30` is the number 1.3 in YAML. */
function inQuotes(document: ManifestDocument, path: Path): string {
  return typeof valueAt(document.value, path) === 'number' ? ': write it in quotes' : '';
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let at: unknown = z.toJSONSchema(schema, { io: 'input' });
  for (const step of path) {
    const { properties, additionalProperties, items } = at as Record<string, Record<string, unknown> | undefined>;
    at = typeof step === 'number' ? items : (properties?.[step] ?? additionalProperties);
    if (typeof at !== 'object' || at === null) return [];
  }
  return Object.keys((at as { properties?: object }).properties ?? {});
}

const quoted = (text: string) => (text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);

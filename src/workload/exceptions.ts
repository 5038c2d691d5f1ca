/** Exceptions that live with the object: annotations `petrify.dev/ignore.CONTROL: "reason until=YYYY-MM-DD container=NAME"`. */
import type { Path } from '../manifest/document.ts';
import { valueAt } from '../manifest/position.ts';
import { objectOr } from './value.ts';
import type { Workload } from './workload.ts';

/** What an annotation's name begins with; the id of the control follows. */
export const IGNORE_PREFIX = 'petrify.dev/ignore.';

/** An exception as its author wrote it, good or not. */
export interface WrittenException {
  readonly control: string;
  /** Empty: none was given, and the exception does not hold. */
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD`; null: for ever. */
  readonly until: string | null;
  /** The only container for which it holds; null: for all of them, and for the pod. */
  readonly container: string | null;
  /** What is wrong with it; undefined: nothing. */
  readonly problem: 'no reason' | 'no date' | undefined;
  /** Path to the annotation in the document. */
  readonly path: Path;
}

const UNTIL = /(?:^|\s)until=(\S*)/;
const CONTAINER = /(?:^|\s)container=(\S*)/;

/** The exceptions of a workload: annotations of the object and of its pod template, in this order. */
export function exceptionsOf({ document, objectPath, podSpecPath }: Workload): readonly WrittenException[] {
  const object = exceptionsAt(document.value, [...objectPath, 'metadata', 'annotations']);
  const holder = podSpecPath.slice(0, -1);
  if (holder.length === objectPath.length) return object;
  return [...object, ...exceptionsAt(document.value, [...holder, 'metadata', 'annotations'])];
}

/** The exceptions among the annotations at `path` of a document's value. */
export function exceptionsAt(value: unknown, path: Path): readonly WrittenException[] {
  const annotations = objectOr(valueAt(value, path));
  const found: WrittenException[] = [];
  for (const key of Object.keys(annotations)) {
    if (key.startsWith(IGNORE_PREFIX)) {
      found.push(written(key.slice(IGNORE_PREFIX.length), annotations[key], [...path, key]));
    }
  }
  return found;
}

/** A reason is said in words: a full stop is none. */
const WORD = /\p{L}/u;

function written(control: string, value: unknown, path: Path): WrittenException {
  const text = typeof value === 'string' ? value : '';
  const date = UNTIL.exec(text);
  const until = date?.[1] ?? null;
  const container = CONTAINER.exec(text)?.[1] ?? null;
  const reason = text.replace(UNTIL, '').replace(CONTAINER, '').trim();
  const problem = !WORD.test(reason) ? 'no reason' : until !== null && !isDate(until) ? 'no date' : undefined;
  return { control, reason, until, container, problem, path };
}

/** A day of the calendar as `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Whether an exception holds on a day; it holds on its last day, and where nobody knows the day. */
export function holds({ problem, until }: WrittenException, today: string | undefined): boolean {
  return problem === undefined && (until === null || today === undefined || today <= until);
}

/** Finds refused writes in what a container has logged: the output of a run of ours, or of a pod that is already failing. */
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import { withoutColours } from './colours.ts';
import {
  LOG_FORMS,
  LOG_FORMS_OVER_LINES,
  type LogForm,
  MAYBE_REFUSED,
  NOT_WRITES,
  NPM_FIELD,
  OTHER_REASON,
  REFUSED_SOMEWHERE,
} from './log-forms.ts';

/** Characters of a line that are looked at; longer ones are dumps, and the message stands at their beginning. */
const MAX_LINE = 2048;
/** Lines that may be refusals and are matched; a program that retries for ever repeats itself long before. */
const MAX_CANDIDATES = 20_000;
/** Longest path that Linux accepts. */
const MAX_PATH = 4096;
/** Characters of a line kept as the proof. */
const MAX_DETAIL = 300;
/** Lines before a refusal in which its path is looked for: what programs print between the two is one or two lines. */
const LINES_BEFORE = 3;
/** Refusals without a path that are kept. */
const MAX_UNPLACED = 20;
/** npm's words for system calls that write nothing. */
const NPM_READS = /^(?:l?stat|scandir|access|read|readlink|spawn)$/;

export interface LogContext {
  /** What relative paths are relative to: the container's working directory; undefined: it is not known. */
  readonly workingDir: string | undefined;
}

/** A refused write whose place the log does not tell. */
export interface UnplacedRefusal {
  readonly line: string;
  /** The path as written, where it is relative to a directory that is not known; undefined: the line names none. */
  readonly path: string | undefined;
}

export interface LogReading {
  /** Each path and errno once, in the order of the log. */
  readonly evidence: readonly Evidence[];
  /** Each line once, at most 20. */
  readonly unplaced: readonly UnplacedRefusal[];
}

/** The evidence of every refused write in a log, each path and errno once, in the order of the log. */
export function refusedWrites(log: string, context: LogContext): Evidence[] {
  return [...readLog(log, context).evidence];
}

/** Every refused write in a log: those whose place it tells, and those whose place it does not. */
export function readLog(log: string, { workingDir }: LogContext): LogReading {
  const found = new Map<string, Evidence>();
  const unplaced = new Map<string, UnplacedRefusal>();
  const before: string[] = [];
  let npm = new Map<string, string>();
  let candidates = 0;
  for (const raw of log.split('\n')) {
    const short = raw.slice(0, MAX_LINE);
    if (MAYBE_REFUSED.test(short)) {
      if (++candidates > MAX_CANDIDATES) break;
      const line = plainLine(short);
      const field = NPM_FIELD.exec(line)?.groups;
      if (field) npm.set(field.key!, field.value!);
      const refusals = field
        ? npmRefusal(npm)
        : (refusalsOf(line) ?? refusalOverLines(line, before) ?? refusedSomewhere(line));
      if (field && refusals.length > 0) npm = new Map();
      for (const refusal of refusals) keep(refusal, workingDir, found, unplaced);
      // What has its own refusal is not where the next one happened.
      before.push(refusals.length > 0 ? '' : line);
    } else {
      before.push(short.trim());
    }
    if (before.length > LINES_BEFORE) before.shift();
  }
  return { evidence: [...found.values()], unplaced: [...unplaced.values()] };
}

/** A refusal as the line says it. */
interface Refusal {
  readonly line: string;
  /** undefined: the line names none. */
  readonly written: string | undefined;
  /** The directory that the line gives for a relative path; null: one that it does not name. */
  readonly in?: string | null | undefined;
  readonly errno: Evidence['errno'];
  readonly directory: boolean;
}

function keep(
  refusal: Refusal,
  workingDir: string | undefined,
  found: Map<string, Evidence>,
  unplaced: Map<string, UnplacedRefusal>,
): void {
  const { line, written, errno, directory } = refusal;
  const detail = visible(line).slice(0, MAX_DETAIL);
  const base = refusal.in === null ? undefined : (refusal.in ?? workingDir);
  if (written === undefined || (base === undefined && !written.startsWith('/'))) {
    const path = written === undefined ? undefined : visible(written).slice(0, MAX_DETAIL);
    if (unplaced.size < MAX_UNPLACED) unplaced.set(detail, { line: detail, path });
    return;
  }
  const path = absolute(written, base ?? '/');
  if (path === undefined) return;
  const key = `${errno} ${path}`;
  if (found.has(key)) return;
  found.set(key, {
    collector: 'log-lines',
    path,
    what: 'refused',
    detail,
    ...(errno === undefined ? {} : { errno }),
    ...(directory ? { type: 'directory' } : {}),
  });
}

/** Without colours, and with the quotes that structured logs and GNU programs put on. */
function plainLine(raw: string): string {
  return withoutColours(raw).replaceAll('\\"', '"').replace(/[‘’]/g, "'").trim();
}

/** What one line says: no, one or two refused paths; undefined: it has none of the forms. */
function refusalsOf(line: string): readonly Refusal[] | undefined {
  if (NOT_WRITES.some((pattern) => pattern.test(line))) return [];
  for (const form of LOG_FORMS) {
    const match = form.pattern.exec(line);
    if (match === null || (form.reasonless && OTHER_REASON.test(line))) continue;
    const groups = match.groups ?? {};
    const op = (groups.op ?? '').toLowerCase();
    if (form.reads?.includes(op)) return [];
    const paths = form.copies?.includes(op) ? [groups.to] : [groups.path ?? form.at, groups.to];
    const errno = errnoOf(match[0]) ?? errnoOf(line);
    return paths
      .filter((written) => written !== undefined)
      .map((written) => ({ line, written, in: directoryOf(form, groups), errno, directory: form.directory ?? false }));
  }
  return undefined;
}

function directoryOf(form: LogForm, groups: Readonly<Record<string, string | undefined>>): string | null | undefined {
  return form.ownDirectory ? null : groups.in;
}

/** The second line of a message that takes two; its path stands in one of the lines before. */
function refusalOverLines(line: string, before: readonly string[]): readonly Refusal[] | undefined {
  for (const form of LOG_FORMS_OVER_LINES) {
    if (!form.refused.test(line)) continue;
    for (const earlier of before.toReversed()) {
      const written = form.before.exec(earlier)?.groups?.path;
      if (written !== undefined) {
        return [{ line: `${earlier} … ${line}`, written, errno: errnoOf(line), directory: false }];
      }
    }
  }
  return undefined;
}

/** npm says in three lines what failed, in an order that has changed over time. */
function npmRefusal(fields: ReadonlyMap<string, string>): readonly Refusal[] {
  const [code, syscall, path] = ['code', 'syscall', 'path'].map((key) => fields.get(key));
  if (code === undefined || syscall === undefined || path === undefined) return [];
  if (!/^(?:EROFS|EACCES|EPERM)$/.test(code) || NPM_READS.test(syscall)) return [];
  const line = `npm error ${code}: ${syscall} ${path}`;
  return [{ line, written: path, errno: errnoOf(code), directory: syscall === 'mkdir' }];
}

function refusedSomewhere(line: string): readonly Refusal[] {
  if (!REFUSED_SOMEWHERE.test(line)) return [];
  return [{ line, written: undefined, errno: 'EROFS', directory: false }];
}

/** A path as a program wrote it, made absolute; undefined: it cannot be a path. */
function absolute(written: string, workingDir: string): string | undefined {
  const path = written.startsWith('/') ? written : `${workingDir}/${written}`;
  if (path.length > MAX_PATH || path.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function errnoOf(text: string): Evidence['errno'] {
  if (/read-only file ?system|erofs|\b30\b/i.test(text)) return 'EROFS';
  if (/permission denied|eacces|access ?denied|is denied/i.test(text)) return 'EACCES';
  if (/operation not permitted|eperm/i.test(text)) return 'EPERM';
  return undefined;
}

/** Control characters of a stranger's log must not reach a terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** It always runs; it can only see what a program says. */
export const LOG_LINES_RUN: CollectorRun = { collector: 'log-lines', ran: true };

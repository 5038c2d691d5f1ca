/** Finds refused writes in what a container has logged: the output of a run of ours, or of a pod that is already failing. */
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import { LOG_FORMS, MAYBE_REFUSED } from './log-forms.ts';

/** Characters of a line that are looked at; longer ones are dumps, and the message stands at their beginning. */
const MAX_LINE = 2048;
/** Lines that may be refusals and are matched; a program that retries for ever repeats itself long before. */
const MAX_CANDIDATES = 5000;
/** Longest path that Linux accepts. */
const MAX_PATH = 4096;
/** Characters of a line kept as the proof. */
const MAX_DETAIL = 300;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal are what is removed
const COLOURS = /\u001b\[[0-9;]*m/g;

export interface LogContext {
  /** What relative paths are relative to: the container's working directory. */
  readonly workingDir: string;
}

/** The evidence of every refused write in a log, each path and errno once, in the order of the log. */
export function refusedWrites(log: string, { workingDir }: LogContext): Evidence[] {
  const found = new Map<string, Evidence>();
  let candidates = 0;
  for (const raw of log.split('\n')) {
    const line = raw.slice(0, MAX_LINE);
    if (!MAYBE_REFUSED.test(line)) continue;
    if (++candidates > MAX_CANDIDATES) break;
    for (const evidence of readLine(line, workingDir)) {
      const key = `${evidence.errno} ${evidence.path}`;
      if (!found.has(key)) found.set(key, evidence);
    }
  }
  return [...found.values()];
}

/** The refused paths of one line: none, one, or both ends of a rename. */
function readLine(raw: string, workingDir: string): Evidence[] {
  // Structured logs quote the message once more.
  const line = raw.replace(COLOURS, '').replaceAll('\\"', '"').replace(/[‘’]/g, "'").trim();
  for (const { pattern, directory, reads } of LOG_FORMS) {
    const match = pattern.exec(line);
    if (match?.groups === undefined) continue;
    if (reads?.includes((match.groups.op ?? '').toLowerCase())) return [];
    const errno = errnoOf(match[0]) ?? errnoOf(line);
    return [match.groups.path, match.groups.to].flatMap((written): Evidence[] => {
      const path = written === undefined ? undefined : absolute(written, match.groups?.in ?? workingDir);
      if (path === undefined) return [];
      return [
        {
          collector: 'log-lines',
          path,
          what: 'refused',
          detail: visible(line).slice(0, MAX_DETAIL),
          ...(errno === undefined ? {} : { errno }),
          ...(directory ? { type: 'directory' } : {}),
        },
      ];
    });
  }
  return [];
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

/** Where the path of a system call lies: relative paths and descriptors are looked up in the process while it lives. */
import { lstatSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { addressOf } from './judge.ts';
import { type CallRecord, textOf } from './record.ts';
import type { Call } from './table.ts';

const AT_FDCWD = -100;
/** As many links as the kernel follows. */
const LINK_LIMIT = 40;
const DELETED = ' (deleted)';

/** Reads a link of the process: `cwd`, `root`, `fd/5`; undefined: it is gone. */
export type ReadLink = (link: string) => string | undefined;

/** What the call's own words say about its path. */
export function spokenPath(record: CallRecord, call: Call): string {
  if (call.kind === 'address') return addressOf(record).path ?? '';
  return call.first === undefined || call.kind === 'word' ? '' : textOf(record.first);
}

/**
 * The absolute path in the container that a call is about; undefined: it has none.
 * Where the process is gone, `fallback` (an ancestor's working directory) stands in for its own.
 */
export function resolvePath(
  record: CallRecord,
  call: Call,
  read: ReadLink,
  fallback: () => string,
): string | undefined {
  const spoken = spokenPath(record, call);
  if (spoken === '' && call.directory === undefined) return undefined;
  const relative = !spoken.startsWith('/');
  // The links give what the container sees, a changed root included; an absolute path starts at that root.
  const descriptor = call.directory === undefined ? AT_FDCWD : record.directory;
  const start = relative ? directoryOf(descriptor, read, fallback) : (rooted(read('root')) ?? '/');
  return start === undefined ? undefined : tidy(posix.join(start, spoken));
}

function directoryOf(descriptor: number, read: ReadLink, fallback: () => string): string | undefined {
  if (descriptor === AT_FDCWD) return rooted(read('cwd')) ?? fallback();
  // A socket, a pipe: no path.
  return rooted(read(`fd/${descriptor}`));
}

function rooted(link: string | undefined): string | undefined {
  if (link === undefined || !link.startsWith('/')) return undefined;
  return link.endsWith(DELETED) ? link.slice(0, -DELETED.length) : link;
}

function tidy(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Links of a process as its container counts it, seen through the container's own /proc: right from any pid namespace. */
export function linksOf(firstPid: number, pid: number): ReadLink {
  return (link) => {
    try {
      return readlinkSync(`/proc/${firstPid}/root/proc/${pid}/${link}`);
    } catch {
      return undefined;
    }
  };
}

/** Whether nothing is at a path below a root directory, links followed inside it; false also where that cannot be seen. */
export function isMissing(root: string, path: string): boolean {
  let links = 0;
  const walked: string[] = [];
  const ahead = path.split('/');
  while (ahead.length > 0) {
    const step = ahead.shift()!;
    if (step === '' || step === '.') continue;
    if (step === '..') {
      walked.pop();
      continue;
    }
    const place = [root, ...walked, step].join('/');
    try {
      // The last step is what is removed, be it a link.
      if (ahead.length > 0 && lstatSync(place).isSymbolicLink()) {
        const target = readlinkSync(place);
        if (++links > LINK_LIMIT) return false;
        if (target.startsWith('/')) walked.length = 0;
        ahead.unshift(...target.split('/'));
        continue;
      }
      lstatSync(place);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' && rootStands(root);
    }
    walked.push(step);
  }
  return false;
}

/** The process of a `/proc/PID/root` still lives. */
function rootStands(root: string): boolean {
  try {
    lstatSync(`${root}/.`);
    return true;
  } catch {
    return false;
  }
}

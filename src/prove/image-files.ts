/** Which directories and files of the image an attack takes: those that lie on the root file system itself, and few of them. */
import { cleanPath } from '../workload/file-path.ts';
import type { Attack, Plan, ProbeTry } from './attack.ts';
import { call, resultOf } from './probe/program.ts';
import { AT_FDCWD, O_APPEND, O_WRONLY } from './probe/syscalls.ts';
import { isDirectoryOnRoot, type PathFacts, rootMount, type Target } from './target.ts';

/**
 * Small texts that most images have and no program decides by: while one of them is away for a moment, nobody is led
 * astray. The last two are for images that have nothing else; what they say stays as it is.
 */
export const INERT_FILES: readonly string[] = [
  ...['/etc/issue', '/usr/lib/os-release', '/etc/motd', '/etc/issue.net', '/etc/debian_version', '/etc/alpine-release'],
  ...['/etc/redhat-release', '/etc/system-release', '/etc/group', '/etc/passwd'],
];
/** A file on an overlay is copied as a whole before its first change, and the probe keeps what it deletes in memory. */
const SMALL_BYTES = 4096;
const READABLE_FOR_ALL = 0o444;
const SET_ID = 0o6000;

/** Whether a file or directory has neither set-id bit, which setting its mode or owner may clear. */
export function isWithoutSetId({ mode }: PathFacts): boolean {
  return (mode & SET_ID) === 0;
}

export interface FileOnRoot {
  readonly path: string;
  readonly facts: PathFacts;
}

/** A regular file on the root file system, not on a mount of its own. */
export function fileOnRoot(target: Target, path: string): FileOnRoot | undefined {
  const facts = target.paths.get(path);
  return facts?.kind === 'file' && facts.mountId === rootMount(target).id ? { path, facts } : undefined;
}

/** Whether the manifest mounts something at exactly this path. */
export function isDeclared({ container }: Target, path: string): boolean {
  return container.mounts.some(({ mountPath }) => cleanPath(mountPath) === path);
}

/** The first few inert files: with content, small, and readable for everybody. */
export function inertFiles(target: Target, most: number): readonly FileOnRoot[] {
  const fit = ({ facts }: FileOnRoot) => {
    const isReadable = (facts.mode & READABLE_FOR_ALL) === READABLE_FOR_ALL;
    return facts.size > 0 && facts.size <= SMALL_BYTES && isReadable && isWithoutSetId(facts);
  };
  return few(target, INERT_FILES.flatMap((path) => fileOnRoot(target, path) ?? []).filter(fit), most);
}

/** The first few of these directories that lie on the root file system. */
export function directoriesOnRoot(target: Target, candidates: readonly string[], most: number): readonly string[] {
  const there = candidates.filter((path) => isDirectoryOnRoot(target, path));
  return few(target, [...new Set(there)], most);
}

/** A twin takes all, so that whatever the container takes is among them: the container may not see everything. */
export function few<T>({ twin }: Target, all: readonly T[], most: number): readonly T[] {
  return twin ? all : all.slice(0, most);
}

/** A plan of these tries; `reason` says why there may be none. */
export function planOf(tries: readonly ProbeTry[], reason: string): Plan {
  return { tries, skipped: tries.length === 0 ? [{ place: '', reason }] : [] };
}

/** Opens a file for appending. That the kernel opens it is the proof: not a byte is written. */
export function openForAppending(path: string): ProbeTry {
  const opened = call('openat', AT_FDCWD, path, O_WRONLY | O_APPEND);
  const program = [opened, call('close', resultOf(opened))];
  const remark = 'it was opened for appending, and nothing was written';
  return { place: path, gain: 'succeeded', program, decisive: [opened], remark };
}

/** An attack that changes files in ways that nobody should notice, on the first two inert files. */
export function onInertFiles(
  about: Pick<Attack, 'id' | 'title' | 'technique' | 'why'>,
  change: (target: Target, file: FileOnRoot) => Omit<ProbeTry, 'place' | 'gain'>,
): Attack {
  return {
    ...about,
    family: 'files',
    harmless: false,
    looksAt: INERT_FILES,
    stoppedBy: ['read-only-root-filesystem'],
    plan(target) {
      const tries = inertFiles(target, INERT_PLACES).map(
        (file): ProbeTry => ({ place: file.path, gain: 'succeeded', ...change(target, file) }),
      );
      return planOf(tries, 'the image has none of the small files that can be changed without consequences');
    },
  };
}
/** One below /etc and one below /usr, in most images. */
const INERT_PLACES = 2;

/** An attack that only makes new names in directories of the image, and takes them away again. */
export function inDirectories(
  about: Pick<Attack, 'id' | 'title' | 'technique' | 'why'>,
  candidates: readonly string[],
  most: number,
  make: (target: Target, directory: string) => ProbeTry,
): Attack {
  return {
    ...about,
    family: 'files',
    harmless: true,
    looksAt: candidates,
    stoppedBy: ['read-only-root-filesystem'],
    plan(target) {
      const tries = directoriesOnRoot(target, candidates, most).map((directory) => make(target, directory));
      return planOf(tries, 'the root file system has none of the directories for it');
    },
  };
}

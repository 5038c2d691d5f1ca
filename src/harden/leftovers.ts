/** Which files of its first life may keep a container from starting a second time on the same volumes. */
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { WritablePath } from '../profile/profile.ts';

/** More names than this are no pid files, locks and sockets, but what the application works with. */
const MAX_LEFTOVERS = 8;

/** What is made anew at every start: an application finds none of it in a fresh container. */
const MADE_ANEW: ReadonlySet<WritablePath['kind']> = new Set(['scratch', 'socket']);

/**
 * Files that it made while it started, in directories for what is made anew: those that its last words name, else all
 * where they are few. Empty where the second start did not fail, or the image has no shell to remove them with.
 */
export function leftoversOf(
  { later }: Pick<Observation, 'later'>,
  { lastLine, tools }: Pick<ContainerObservation, 'lastLine' | 'tools'>,
  writable: readonly WritablePath[],
): readonly string[] {
  if (tools !== 'sh' || !later.some(({ what, failure }) => what !== 'reload' && failure !== undefined)) return [];
  const made = writable
    .filter(({ kind, shippedFiles }) => MADE_ANEW.has(kind) && shippedFiles === 0)
    .flatMap(({ evidence }) => evidence)
    .filter(({ what, type, phase }) => what === 'create' && type !== 'directory' && phase === 'start-up');
  const paths = [...new Set(made.map(({ path }) => path))].sort();
  const named = paths.filter((path) => lastLine.includes(path));
  if (named.length > 0) return named.slice(0, MAX_LEFTOVERS);
  return paths.length > MAX_LEFTOVERS ? [] : paths;
}

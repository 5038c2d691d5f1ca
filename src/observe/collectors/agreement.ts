/** Two collectors tell of the same refusal: a log line says a name, a system call knows where it lies. Pure. */
import { posix } from 'node:path';
import type { Evidence } from '../../profile/evidence.ts';
import type { GatheredCalls } from './system-calls.ts';

/**
 * The refused writes of a container, from its log and its system calls. A line whose relative name was put into the
 * wrong directory yields to the call that has the same name and error. "Permission denied" may be said of a read as well:
 * where every refused write was seen, a line of which no call is known was one.
 * @param complete every system call was seen
 */
export function agreeOnRefused(
  lines: readonly Evidence[],
  { refused }: Pick<GatheredCalls, 'refused'>,
  complete: boolean,
): Evidence[] {
  const paths = new Set(refused.map(({ path }) => path));
  const names = new Set(refused.map(nameOf));
  const kept = lines.filter((line) => {
    if (paths.has(line.path)) return true;
    if (names.has(nameOf(line))) return false;
    return !(complete && line.errno === 'EACCES');
  });
  return [...kept, ...refused];
}

/**
 * Places that a program asked about and was told it could not write: they count where it ended by itself, with an
 * error, and nothing else was refused. Programs that go on have an answer for it.
 */
export function askedInVain(
  { asked }: Pick<GatheredCalls, 'asked'>,
  refused: readonly Evidence[],
  exitCode: number | undefined,
): readonly Evidence[] {
  return refused.length === 0 && exitCode !== undefined && exitCode !== 0 ? asked : [];
}

function nameOf({ path, errno }: Evidence): string {
  return `${errno} ${posix.basename(path)}`;
}

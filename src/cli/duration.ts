/** Durations as people and Kubernetes write them: `45s`, `5m`, `1h`, `90`. */
import { InvalidArgumentError } from 'commander';

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, '': 1, m: 60, h: 3600 };
/** Longer than this nothing that was started would stay: Podman itself ends a container after an hour. */
const MAX_SECONDS = 45 * 60;

/** In seconds. Throws what the command line prints for a bad argument. */
export function secondsOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text.trim());
  const seconds = match === null ? Number.NaN : Number(match[1]) * SECONDS[match[2]!]!;
  if (!(seconds > 0)) throw new InvalidArgumentError('a duration is 45s, 5m or 1h.');
  if (seconds > MAX_SECONDS)
    throw new InvalidArgumentError(`${text} is longer than ${MAX_SECONDS / 60} minutes, the longest run.`);
  return seconds;
}

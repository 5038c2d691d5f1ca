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

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 24 * 7 };

/** An age, `12h`, `30d` or `2w`, in milliseconds. Throws what the command line prints for a bad argument. */
export function ageOf(text: string): number {
  const match = /^(\d{1,6})([hdw])$/.exec(text.trim());
  const hours = match === null ? 0 : Number(match[1]) * HOURS[match[2]!]!;
  if (!(hours > 0)) throw new InvalidArgumentError('an age is 12h, 30d or 2w.');
  return hours * 3_600_000;
}

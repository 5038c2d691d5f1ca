/** What can be wrong with an exception, as data and as a sentence: the same for those of pods, objects and settings. */
import { nearest } from '../nearest.ts';
import { holds, type WrittenException } from '../workload/exceptions.ts';
import type { Finding } from './control.ts';

/** Longest part of a stranger's text that a sentence repeats. */
const MAX_QUOTED = 60;

/** Exceptions of exceptions would end every law about them. */
export const NEVER_EXCEPTED: ReadonlySet<string> = new Set(['exception', 'object-exception']);

interface Known {
  readonly today: string | undefined;
  readonly controls: ReadonlySet<string>;
  /** Names of the containers that it can be about. */
  readonly containers: ReadonlySet<string>;
}

/** What is wrong with an exception; undefined: it holds. */
export function exceptionProblem(one: WrittenException, known: Known): Finding['args'] | undefined {
  const args = {
    exception: quoted(one.control),
    until: quoted(one.until ?? ''),
    container: quoted(one.container ?? ''),
  };
  if (NEVER_EXCEPTED.has(one.control)) return { ...args, problem: 'never' };
  if (!known.controls.has(one.control))
    return { ...args, problem: 'control', nearest: nearest(one.control, known.controls) ?? '' };
  if (one.problem !== undefined) return { ...args, problem: one.problem };
  if (one.container !== null && !known.containers.has(one.container))
    return { ...args, problem: 'container', nearest: nearest(one.container, known.containers) ?? '' };
  return holds(one, known.today) ? undefined : { ...args, problem: 'expired' };
}

export function exceptionWords({ exception, problem, until, container, nearest: near }: Finding['args']): string {
  const meant = near === undefined || near === '' ? '' : `; did you mean \`${near}\``;
  switch (problem) {
    case 'never':
      return `\`${exception}\` says that an exception does not hold, and is never excepted itself.`;
    case 'control':
      return `The exception is for the control \`${exception}\`, and there is none of this name${meant}.`;
    case 'container':
      return `The exception from \`${exception}\` is for the container \`${container}\`, which is not there${meant}.`;
    case 'no date':
      return `The exception from \`${exception}\` does not hold: \`until=${until}\` is no day, write \`until=YYYY-MM-DD\`.`;
    case 'expired':
      return `The exception from \`${exception}\` does not hold any more: it ended on ${until}.`;
    default:
      return `The exception from \`${exception}\` does not hold: no reason is given.`;
  }
}

const quoted = (text: string) => (text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);

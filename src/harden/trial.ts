/** Judges one trial run of a hardened workload against how the workload behaved before. */
import type { Observation } from '../observe/observe.ts';
import type { Evidence } from '../profile/evidence.ts';

/** A refused write to a path that was not refused before, in whatever way. */
export interface Refusal {
  readonly container: string;
  readonly evidence: Evidence;
}

export interface TrialVerdict {
  readonly works: boolean;
  /** Why it does not, one sentence; undefined when it works. */
  readonly reason: string | undefined;
  readonly refused: readonly Refusal[];
}

/**
 * A trial works when the pod became ready, answered the same requests in the same way as before, and was refused
 * nothing that it was not refused before: an application that runs on after a refused write runs on broken.
 */
export function judgeTrial(before: Observation, trial: Observation): TrialVerdict {
  const refused = newRefusals(before, trial);
  const reason = trial.outcome.ready
    ? (worseAnswer(before, trial) ?? refusalReason(refused))
    : notReady(trial, refused);
  return { works: reason === undefined, reason, refused };
}

function notReady(trial: Observation, refused: readonly Refusal[]): string {
  const why = refusalReason(refused) ?? lastWords(trial);
  return `${trial.outcome.reason ?? 'it did not become ready'}${why ? `: ${why}` : ''}`;
}

/** The last line that a container which ended by itself has logged. */
function lastWords({ containers }: Observation): string | undefined {
  const ended = containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  return ended?.logs.trimEnd().split('\n').at(-1) || undefined;
}

function worseAnswer(before: Observation, trial: Observation): string | undefined {
  for (const [index, asked] of before.answered.entries()) {
    const now = trial.answered[index];
    if (asked.answer !== now?.answer) {
      return `${asked.container} answered ${asked.answer} to ${asked.request} before, and ${now?.answer ?? 'nothing'} now`;
    }
  }
  return undefined;
}

function refusalReason([first, ...others]: readonly Refusal[]): string | undefined {
  if (!first) return undefined;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${first.container} was refused to write ${first.evidence.path}${more}: ${first.evidence.detail}`;
}

function newRefusals(before: Observation, trial: Observation): readonly Refusal[] {
  return trial.containers.flatMap(({ name, refused }) => {
    const known = before.containers.find((container) => container.name === name)?.refused ?? [];
    const paths = new Set(known.map(({ path }) => path));
    return refused.filter(({ path }) => !paths.has(path)).map((evidence) => ({ container: name, evidence }));
  });
}

/** Draws the conclusion: an attempt from what was seen on the target and on its twin, a verdict from all attempts. */
import type { SpecVerdict } from '../controls/control.ts';
import type { Attack, Observed, Try } from './attack.ts';
import { layerTold } from './layer.ts';
import type { Attempt, Proof } from './proof.ts';

/**
 * A refusal only counts where the same try was not refused on the twin, or where there is no twin or it has no such
 * place (`control` is undefined then). What was neither refused nor done stays unknown.
 */
export function concludeAttempt(attack: Attack, tried: Try, seen: Observed, control: Observed | undefined): Attempt {
  const base = {
    id: attemptId(attack, tried.place),
    title: attack.title,
    technique: attack.technique,
    family: attack.family,
  };
  const state = control === undefined ? 'not-run' : control.result === 'won' ? 'succeeded' : 'failed';
  const judged = {
    ...base,
    errno: seen.errno,
    layer: seen.layer === undefined ? layerTold(seen.errno) : seen.layer,
    control: state,
  } as const;
  if (seen.result === 'won') return { ...judged, outcome: tried.gain, detail: seen.detail };
  if (seen.result === 'undecided') return { ...judged, outcome: 'unknown', detail: seen.detail };
  if (state === 'succeeded') return { ...judged, outcome: 'blocked', detail: seen.detail };
  if (state === 'not-run') {
    return { ...judged, outcome: 'blocked', detail: `${seen.detail} (nothing showed that it would succeed otherwise)` };
  }
  const why = `it failed as well where no control stands in the way: ${control?.detail}`;
  return { ...judged, outcome: 'unknown', detail: `${seen.detail}; but ${why}` };
}

export function attemptId(attack: Pick<Attack, 'id'>, place: string): string {
  return place === '' ? attack.id : `${attack.id}:${place}`;
}

/** The attack that an attempt is one of. */
export function attackOf({ id }: Pick<Attempt, 'id'>): string {
  return id.split(':', 1)[0]!;
}

export interface Evidence {
  readonly spec: SpecVerdict;
  /** Why the specification is judged so, one sentence each. */
  readonly findings: readonly string[];
  readonly attempts: readonly Attempt[];
  /** Why there are no attempts; undefined: there are. */
  readonly notAttacked: string | undefined;
  /** undefined: the pod became ready. */
  readonly notReady: string | undefined;
  /** Why nothing could show that attacks would succeed otherwise; undefined: something could. */
  readonly noTwin?: string | undefined;
  /**
   * What becomes of an attack that was refused and that nothing showed to work: a reason against `proven` where a twin
   * could have shown it (`doubted`, the default), a sentence beside the verdict where none may run (`named`).
   */
  readonly uncontrolled?: 'doubted' | 'named';
  /** What of the pod was not attacked and is worse than immutable, one sentence each. */
  readonly unproven?: readonly string[];
  /** What the attacks left behind: a container that was changed is proven no longer. */
  readonly traces?: readonly string[];
}

export interface Conclusion extends Pick<Proof, 'verdict' | 'reasons'> {
  /** What a reader must know beside the verdict, and what speaks against none. */
  readonly named: readonly string[];
}

/**
 * `proven` needs all: a specification that is immutable, a pod that became ready, no attempt that succeeded, none that
 * is unknown, a refused write to the root that a positive control shows to succeed otherwise, and no container beside it
 * that is worse and was not attacked. With a twin, every attack that was refused somewhere needs at least one attempt with
 * which the twin shows that it works at all (a place that only the original has cannot show it); where no twin may run,
 * those that nothing shows to work are named instead. Where the specification and the attacks contradict each other, the
 * worse counts, and the contradiction is a reason.
 */
export function concludeVerdict({
  spec,
  findings,
  attempts,
  notAttacked,
  notReady,
  noTwin,
  uncontrolled = 'doubted',
  unproven = [],
  traces = [],
}: Evidence): Conclusion {
  const reasons = [...findings];
  if (notReady !== undefined) reasons.push(`The pod did not become ready: ${notReady}.`);
  const succeeded = attempts.filter(({ outcome }) => outcome === 'succeeded');
  for (const { id, detail } of succeeded) reasons.push(`The attack ${id} succeeded: ${detail}.`);
  for (const { id, detail, outcome } of attempts) {
    if (outcome === 'unknown') reasons.push(`The attack ${id} has no clear result: ${detail}.`);
  }
  if (attempts.length === 0) reasons.push(`No attack was made: ${notAttacked ?? 'there was nothing to attack'}.`);
  const unshown = unshownOf(attempts);
  const named =
    unshown.length === 0 || uncontrolled === 'doubted'
      ? []
      : [`Refused, but nothing showed here that these attacks work at all: ${unshown.join(', ')}.`];
  if (attempts.length > 0) reasons.push(...doubts(attempts, noTwin, uncontrolled === 'doubted' ? unshown : []));
  reasons.push(...unproven, ...traces);
  const rootWritten = succeeded.some((each) => attackOf(each) === ROOT_ATTACK);
  if (spec === 'immutable' && succeeded.length > 0) {
    reasons.push('This contradicts the specification, which says that the container is immutable.');
  }
  if (spec === 'mutable' && attempts.length > 0 && !rootWritten) {
    reasons.push('The specification says that the root file system is writable, yet no attack could write to it.');
  }
  if (spec === 'mutable' || rootWritten) return { verdict: 'mutable', reasons, named };
  if (spec === 'bypassable' || succeeded.length > 0) return { verdict: 'bypassable', reasons, named };
  return { verdict: reasons.length === 0 ? 'proven' : 'immutable', reasons, named };
}

/** The attacks that were refused somewhere, and that no positive control showed to work anywhere. */
function unshownOf(attempts: readonly Attempt[]): readonly string[] {
  const shown = new Set(attempts.filter(({ control }) => control === 'succeeded').map(attackOf));
  const blocked = new Set(attempts.filter(({ outcome }) => outcome === 'blocked').map(attackOf));
  return [...blocked].filter((attack) => !shown.has(attack));
}

/** Where a refusal shows nothing, because it was not shown that the attack would succeed without the controls. */
function doubts(
  attempts: readonly Attempt[],
  noTwin: string | undefined,
  unshown: readonly string[],
): readonly string[] {
  const reasons = noTwin === undefined ? [] : [`Nothing without the controls could be attacked: ${noTwin}.`];
  if (unshown.length > 0) reasons.push(`Nothing showed that these attacks work at all: ${unshown.join(', ')}.`);
  const root = attempts.filter((each) => attackOf(each) === ROOT_ATTACK);
  const decided = ({ outcome, control }: Attempt) =>
    outcome === 'succeeded' || (outcome === 'blocked' && control === 'succeeded');
  if (!root.some(decided))
    reasons.push('No write to the root file system was refused that succeeds without the controls.');
  return reasons;
}

/** The attack that writes to the root file system with nothing done before. */
export const ROOT_ATTACK = 'write-root';

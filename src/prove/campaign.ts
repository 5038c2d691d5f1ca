/** Makes all attacks on one container and on its twin, one after the other. */
import { Failure } from '../failure.ts';
import type { Attack, Attempt, Hands, Observed, ProbeTry, Proof, Try } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { attemptId, concludeAttempt } from './conclude.ts';
import { evaluate } from './evaluate.ts';
import type { Result } from './residual.ts';
import type { Target } from './target.ts';

/** A container with somebody in it. */
export interface Attacked {
  readonly target: Target;
  readonly hands: Hands;
}

interface Campaign {
  readonly attempts: readonly Attempt[];
  readonly notAttempted: Proof['notAttempted'];
  readonly results: readonly Result[];
}

/** `twin` is undefined where none could run. Stops between two attacks when `signal` says so. */
export async function attackAll(
  own: Attacked,
  twin: Attacked | undefined,
  options: { signal?: AbortSignal; onAttempt?: (attempt: Attempt) => void },
): Promise<Campaign> {
  const attempts: Attempt[] = [];
  const notAttempted: { id: string; reason: string }[] = [];
  const results: Result[] = [];
  for (const attack of attacks) {
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted while attacking.');
    const plan = attack.plan(own.target);
    for (const { place, reason } of plan.skipped) notAttempted.push({ id: attemptId(attack, place), reason });
    const [seen, controls] = await Promise.all([makeTries(plan.tries, own.hands), controlsOf(attack, twin)]);
    for (const [index, tried] of plan.tries.entries()) {
      const observed = seen[index]!;
      results.push({ attack, try: tried, observed });
      // A place that the twin does not have, as the mounts of a privileged container, has no positive control.
      const attempt = concludeAttempt(attack, tried, observed, controls?.get(tried.place));
      attempts.push(attempt);
      options.onAttempt?.(attempt);
    }
  }
  return { attempts, notAttempted, results };
}

async function controlsOf(
  attack: Attack,
  twin: Attacked | undefined,
): Promise<ReadonlyMap<string, Observed> | undefined> {
  if (twin === undefined) return undefined;
  const { tries } = attack.plan(twin.target);
  const seen = await makeTries(tries, twin.hands);
  return new Map(tries.map(({ place }, index) => [place, seen[index]!]));
}

/** Tries per probe: a hostile manifest may have any number of mounts, and a probe is at most 64 KiB. */
const TRIES_AT_ONCE = 40;

/** What came of each try: those of system calls share probes, the others act by themselves, in the order of the tries. */
async function makeTries(tries: readonly Try[], hands: Hands): Promise<readonly Observed[]> {
  const seen = new Map<Try, Observed>();
  const probed = tries.filter((each): each is ProbeTry => 'program' in each);
  for (let start = 0; start < probed.length; start += TRIES_AT_ONCE) {
    const some = probed.slice(start, start + TRIES_AT_ONCE);
    const report = await orUndecided(() => hands.probe(some.flatMap(({ program }) => program)));
    for (const each of some) seen.set(each, 'result' in report ? report : evaluate(each, report));
  }
  for (const each of tries) if ('act' in each) seen.set(each, await orUndecided(() => each.act(hands)));
  return tries.map((each) => seen.get(each)!);
}

/** What is known to go wrong leaves a try undecided, with the reason; a defect goes on. */
async function orUndecided<T>(act: () => Promise<T>): Promise<T | Observed> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { result: 'undecided', errno: null, detail: error.message };
  }
}

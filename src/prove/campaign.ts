/** Makes all attacks on one container and on its twin, side by side. */
import { Failure } from '../failure.ts';
import type { Attack, Hands, Observed, Plan, ProbeTry, Try } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { attemptId, concludeAttempt } from './conclude.ts';
import { evaluate } from './evaluate.ts';
import type { Attempt, Proof } from './proof.ts';
import type { Result } from './residual.ts';
import type { Target } from './target.ts';
import { tracesLeft } from './traces.ts';

/** A container with somebody in it. */
export interface Attacked {
  readonly target: Target;
  readonly hands: Hands;
}

interface Campaign {
  readonly attempts: readonly Attempt[];
  readonly notAttempted: Proof['notAttempted'];
  readonly results: readonly Result[];
  /** What the attacks have left behind in the container, one sentence each. */
  readonly traces: readonly string[];
}

/** What is made of one attack: on the container, and on its twin. */
interface Planned {
  readonly attack: Attack;
  readonly own: Plan;
  readonly twins: Plan | undefined;
}

/** `twin` is undefined where none could run. Stops between two rounds when `signal` says so. */
export async function attackAll(
  own: Attacked,
  twin: Attacked | undefined,
  options: { signal?: AbortSignal; onAttempt?: (attempt: Attempt) => void },
): Promise<Campaign> {
  const attempts: Attempt[] = [];
  const results: Result[] = [];
  const planned = attacks.map(
    (attack): Planned => ({
      attack,
      own: attack.plan(own.target),
      twins: twin === undefined ? undefined : attack.plan(twin.target),
    }),
  );
  const goOn = () => {
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted while attacking.');
  };
  for (const round of roundsOf(planned)) {
    goOn();
    const [seen, controls] = await Promise.all([
      makeTries(
        round.flatMap((one) => one.own.tries),
        own,
      ),
      twin === undefined
        ? undefined
        : makeTries(
            round.flatMap((one) => one.twins?.tries ?? []),
            twin,
          ),
    ]);
    for (const { attack, own: plan, twins } of round) {
      for (const tried of plan.tries) {
        const observed = seen.get(tried)!;
        results.push({ attack, try: tried, observed });
        // A place that the twin does not have, as the mounts of a privileged container, has no positive control.
        const same = twins?.tries.find(({ place }) => place === tried.place);
        const attempt = concludeAttempt(attack, tried, observed, same && controls?.get(same));
        attempts.push(attempt);
        options.onAttempt?.(attempt);
      }
    }
  }
  goOn();
  const notAttempted = planned.flatMap(({ attack, own: { skipped } }) =>
    skipped.map(({ place, reason }) => ({ id: attemptId(attack, place), reason })),
  );
  const traces = await tracesLeft(
    own,
    planned.flatMap((one) => one.own.tries),
  );
  return { attempts, notAttempted, results, traces };
}

/** Attacks that are made together, because what they do is undone within themselves; the others are made alone. */
function roundsOf(planned: readonly Planned[]): readonly (readonly Planned[])[] {
  const rounds: Planned[][] = [];
  let open: Planned[] | undefined;
  for (const one of planned) {
    if (one.attack.alone === true) {
      rounds.push([one]);
      open = undefined;
    } else if (open === undefined || triesIn(open) >= TRIES_AT_ONCE) {
      open = [one];
      rounds.push(open);
    } else open.push(one);
  }
  return rounds;
}

const triesIn = (some: readonly Planned[]) => some.reduce((sum, { own }) => sum + own.tries.length, 0);

/** Tries per probe: a hostile manifest may have any number of mounts, and a probe is at most 64 KiB. */
const TRIES_AT_ONCE = 40;

/** What came of each try: those of system calls share probes, the others act by themselves, in the order of the tries. */
async function makeTries(tries: readonly Try[], { target, hands }: Attacked): Promise<ReadonlyMap<Try, Observed>> {
  const seen = new Map<Try, Observed>();
  const probed = tries.filter((each): each is ProbeTry => 'program' in each);
  for (let start = 0; start < probed.length; start += TRIES_AT_ONCE) {
    const some = probed.slice(start, start + TRIES_AT_ONCE);
    const report = await orUndecided(() => hands.probe(some.flatMap(({ program }) => program)));
    for (const each of some) seen.set(each, 'result' in report ? report : evaluate(each, report, target));
  }
  for (const each of tries) if ('act' in each) seen.set(each, await orUndecided(() => each.act(hands)));
  return seen;
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

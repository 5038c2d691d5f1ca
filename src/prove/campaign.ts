/** Makes all attacks on one container, and what shows that they would succeed otherwise. */
import { Failure } from '../failure.ts';
import type { Attack, Family, Hands, Observed, Plan, ProbeTry, Try } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { attemptId, concludeAttempt } from './conclude.ts';
import { evaluate } from './evaluate.ts';
import { withoutOwnFiles } from './own-files.ts';
import type { PositiveControls } from './positive.ts';
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

/** What is made of one attack. */
interface Planned {
  readonly attack: Attack;
  readonly tries: readonly Try[];
  readonly skipped: Plan['skipped'];
}

export interface CampaignOptions {
  /** undefined: nothing shows that an attack would succeed otherwise. */
  readonly controls: PositiveControls | undefined;
  /** Families that cannot be attempted here, and why. */
  readonly without?: ReadonlyMap<Family, string>;
  /** false: Petrify's own mount holds nothing but the runner. */
  readonly ownFiles?: boolean;
  /** Absent: by the probe. */
  readonly traces?: typeof tracesLeft | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onAttempt?: (attempt: Attempt) => void;
}

/** Stops between two rounds when `signal` says so. */
export async function attackAll(own: Attacked, options: CampaignOptions): Promise<Campaign> {
  const attempts: Attempt[] = [];
  const results: Result[] = [];
  const planned = attacks.map((attack): Planned => {
    const reason = options.without?.get(attack.family);
    if (reason !== undefined) return { attack, tries: [], skipped: [{ place: '', reason }] };
    const plan = attack.plan(own.target);
    return { attack, ...(options.ownFiles === false ? withoutOwnFiles(plan) : plan) };
  });
  const goOn = () => {
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted while attacking.');
  };
  for (const round of roundsOf(planned)) {
    goOn();
    const { seen, controls } = await withControls(round, own, options.controls, goOn);
    for (const { attack, tries } of round) {
      for (const tried of tries) {
        const observed = seen.get(tried)!;
        results.push({ attack, try: tried, observed });
        const attempt = concludeAttempt(attack, tried, observed, controls.get(tried));
        attempts.push(attempt);
        options.onAttempt?.(attempt);
      }
    }
  }
  goOn();
  const notAttempted = planned.flatMap(({ attack, skipped }) =>
    skipped.map(({ place, reason }) => ({ id: attemptId(attack, place), reason })),
  );
  const all = planned.flatMap(({ tries }) => tries);
  const refused = new Set(results.filter(({ observed }) => observed.result === 'refused').map((one) => one.try));
  const traces =
    options.traces === undefined
      ? await tracesLeft(own, all)
      : await options.traces(
          own,
          all.filter((tried) => !refused.has(tried)),
        );
  return { attempts, notAttempted, results, traces };
}

type Seen = ReadonlyMap<Try, Observed>;

/** In the same container controls come afterwards, and only for what was refused: elsewhere they are made at the same time. */
async function withControls(
  round: readonly Planned[],
  own: Attacked,
  controls: PositiveControls | undefined,
  goOn: () => void,
): Promise<{ seen: Seen; controls: Seen }> {
  const all = round.flatMap(({ tries }) => tries);
  if (controls === undefined) return { seen: await makeTries(all, own, goOn), controls: new Map() };
  if (controls.when === 'beside') {
    const [seen, others] = await Promise.all([makeTries(all, own, goOn), controls.of(round)]);
    return { seen, controls: others };
  }
  const seen = await makeTries(all, own, goOn);
  const refused = (tried: Try) => seen.get(tried)?.result === 'refused';
  const again = round.map(({ attack, tries }) => ({ attack, tries: tries.filter(refused) }));
  return { seen, controls: await controls.of(again) };
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

const triesIn = (some: readonly Planned[]) => some.reduce((sum, { tries }) => sum + tries.length, 0);

/** Tries per probe: a hostile manifest may have any number of mounts, and a probe is at most 64 KiB. */
const TRIES_AT_ONCE = 40;

/**
 * What came of each try: those of system calls share probes, the others act by themselves, in the order of the tries.
 * `goOn` is called between them, and throws where they are not to go on.
 */
export async function makeTries(
  tries: readonly Try[],
  { target, hands }: Attacked,
  goOn: () => void = () => {},
): Promise<Seen> {
  const seen = new Map<Try, Observed>();
  const probed = tries.filter((each): each is ProbeTry => 'program' in each);
  for (let start = 0; start < probed.length; start += TRIES_AT_ONCE) {
    const some = probed.slice(start, start + TRIES_AT_ONCE);
    const report = await orUndecided(() => hands.probe(some.flatMap(({ program }) => program)));
    for (const each of some) seen.set(each, 'result' in report ? report : evaluate(each, report, target));
  }
  for (const each of tries) {
    if (!('act' in each)) continue;
    goOn();
    seen.set(each, await orUndecided(() => each.act(hands)));
  }
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

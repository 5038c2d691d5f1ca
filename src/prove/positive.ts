/** Positive controls: what shows that an attack would succeed where nothing refuses it. */
import type { Attack, Observed, Try } from './attack.ts';
import { type Attacked, makeTries } from './campaign.ts';
import { relocated } from './relocate.ts';

/** Attacks that are made together, each with its tries on the container itself. */
export type Round = readonly { readonly attack: Attack; readonly tries: readonly Try[] }[];

export interface PositiveControls {
  /** Another container is attacked beside the original; the same one afterwards, where it refused something. */
  readonly when: 'beside' | 'afterwards';
  /** What came of the same tries where nothing refuses them; a try that is absent has no control. */
  of(round: Round): Promise<ReadonlyMap<Try, Observed>>;
}

/** The same attacks on a twin with the controls taken away; a place that it does not have has no control. */
export function twinControls(twin: Attacked): PositiveControls {
  return {
    when: 'beside',
    async of(round) {
      const planned = round.map(({ attack, tries }) => ({ tries, twins: attack.plan(twin.target).tries }));
      const seen = await makeTries(
        planned.flatMap(({ twins }) => twins),
        twin,
      );
      const controls = new Map<Try, Observed>();
      for (const { tries, twins } of planned) {
        for (const tried of tries) {
          const same = twins.find(({ place }) => place === tried.place);
          const observed = same && seen.get(same);
          if (observed !== undefined) controls.set(tried, observed);
        }
      }
      return controls;
    },
  };
}

/**
 * Where no weakened twin may run: the same calls in a directory of Petrify's own in the same container, for attacks that
 * touch nothing but what they make, and what a try itself names as its harmless form. One that fails there as well shows
 * nothing, because the container's own limits may be the reason: it counts as none.
 */
export function harmlessControls(own: Attacked, directory: string): PositiveControls {
  return {
    when: 'afterwards',
    async of(round) {
      const forms = new Map<Try, Try>();
      for (const tried of round.flatMap(({ tries }) => tries)) {
        const form = harmlessForm(tried, own, directory);
        if (form !== undefined) forms.set(form, tried);
      }
      const seen = await makeTries([...forms.keys()], own);
      return new Map(
        [...seen].filter(([, { result }]) => result === 'won').map(([form, what]) => [forms.get(form)!, what]),
      );
    },
  };
}

function harmlessForm(tried: Try, { target }: Attacked, directory: string): Try | undefined {
  if ('program' in tried) return relocated(tried, target.token, directory);
  const { harmlessly, ...rest } = tried;
  return harmlessly === undefined ? undefined : { ...rest, act: harmlessly };
}

/** Holds what the attacks found against what the specification says: the law that every proof must keep. */
import { attacks } from './attacks/index.ts';
import { attackOf, ROOT_ATTACK } from './conclude.ts';
import type { Attempt, Proof } from './proof.ts';

/**
 * One sentence for each disagreement; none is what must be. `immutable` ⇒ nothing succeeded. `mutable` ⇒ the root was
 * written. `bypassable` ⇒ for each control that says so something succeeded that this control would have stopped; and
 * nothing succeeds without a control that speaks of it.
 */
export function disagreementsOf({ specification, attempts }: Pick<Proof, 'specification' | 'attempts'>): string[] {
  const { verdict, findings } = specification;
  const won = attempts.filter(({ outcome }) => outcome === 'succeeded');
  const stopped = (attempt: Attempt, control: string) =>
    attacks.find(({ id }) => id === attackOf(attempt))?.stoppedBy.includes(control) === true;
  const said: string[] = [];
  if (verdict === 'immutable')
    said.push(...won.map(({ id }) => `${id} succeeded, and the specification says that nothing can.`));
  if (verdict === 'mutable' && !won.some((each) => attackOf(each) === ROOT_ATTACK)) {
    said.push('The specification says that the root file system can be written, and no attack could.');
  }
  for (const finding of findings) {
    if (finding.verdict !== 'bypassable' || won.some((each) => stopped(each, finding.control))) continue;
    said.push(
      `${finding.control} says that the container can be bypassed, and no attack that it would stop succeeded.`,
    );
  }
  const present = findings.filter((finding) => finding.verdict !== 'immutable').map(({ control }) => control);
  for (const each of verdict === 'immutable' ? [] : won) {
    if (!present.some((control) => stopped(each, control)))
      said.push(`${each.id} succeeded, and no control speaks of it.`);
  }
  return said;
}

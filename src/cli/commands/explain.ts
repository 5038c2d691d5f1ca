/** `petrify explain`: what a control or an attack is about. Loads the one catalogue that is asked for. */
import { controls } from '../../controls/index.ts';
import { controlsNamed, nearestName, whyLeftOut } from '../../controls/lookup.ts';
import { Failure } from '../../failure.ts';
import { nearest } from '../../nearest.ts';
import type { AttackDescription } from '../../prove/describe.ts';
import { renderControl, renderControlList } from '../../report/explain.ts';
import { styleFor } from '../../report/style.ts';
import { EXIT_HOLDS } from '../exit-codes.ts';
import type { Io } from '../io.ts';

/**
 * Prints one control in full, or several in a line each: all of them, or those that another tool's id stands for; or an
 * attack, where it is asked for or no control has the name. Throws Failure('bad-usage') for an unknown name.
 */
export async function explain(
  name: string | undefined,
  options: { readonly attacks?: boolean },
  io: Io,
): Promise<number> {
  const style = styleFor(io.colour.out);
  if (options.attacks !== true) {
    const found = name === undefined ? controls : controlsNamed(name, controls);
    const [first, second] = found;
    if (first !== undefined) {
      io.out(second === undefined ? renderControl(first, style) : renderControlList(found, style));
      return EXIT_HOLDS;
    }
  }
  const attacks = await allAttacks();
  const { renderAttack, renderAttackList } = await import('../../report/explain-attack.ts');
  // An attempt is called by its attack and its place: `write-root:/etc`.
  const wanted = name?.split(':', 1)[0];
  const attack = attacks.find(({ id }) => id === wanted);
  if (name !== undefined && attack === undefined) throw unknown(name, attacks, options.attacks === true);
  io.out(attack === undefined ? renderAttackList(attacks, style) : renderAttack(attack, style));
  return EXIT_HOLDS;
}

async function allAttacks(): Promise<readonly AttackDescription[]> {
  const [{ attacks }, { describeAttack }] = await Promise.all([
    import('../../prove/attacks/index.ts'),
    import('../../prove/describe.ts'),
  ]);
  return attacks.map(describeAttack);
}

function unknown(name: string, attacks: readonly AttackDescription[], onlyAttacks: boolean): Failure {
  const ids = attacks.map(({ id }) => id);
  const said = (near: string | undefined) => (near === undefined ? '' : `did you mean ${near}? `);
  if (onlyAttacks) {
    const hint = `${said(nearest(name, ids))}petrify explain --attacks lists them all`;
    return new Failure('bad-usage', `There is no attack ${name}.`, { hint });
  }
  const why = whyLeftOut(name);
  if (why !== undefined)
    return new Failure('bad-usage', `Petrify has no control for ${name}, on purpose.`, { hint: why });
  const hint = `${said(nearestName(name, controls) ?? nearest(name, ids))}petrify explain lists them all`;
  return new Failure('bad-usage', `There is no control ${name}, and no attack.`, { hint });
}

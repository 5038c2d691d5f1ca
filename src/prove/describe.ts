/** What an attack is, for a person: the same facts wherever attacks are listed. */
import type { Attack, Family } from './attack.ts';
import { techniqueName, techniqueUrl } from './techniques.ts';

export interface AttackDescription {
  readonly id: string;
  readonly title: string;
  readonly family: Family;
  readonly technique: { readonly id: string; readonly name: string; readonly url: string };
  /** What an attacker would have from it. */
  readonly why: string;
  /** Ids of controls; empty: nothing in a manifest stops it. */
  readonly stoppedBy: readonly string[];
  readonly harmless: boolean;
  /** Some of it is made only with `--host-attacks`. */
  readonly touchesHost: boolean;
  /** What stays open where it works: a technique, or (`what` is null) each place where it does; null: nothing. */
  readonly opens: { readonly what: string | null; readonly why: string } | null;
}

export function describeAttack(attack: Attack): AttackDescription {
  const { id, title, family, technique, why, stoppedBy, harmless, touchesHost = false, opens } = attack;
  return {
    id,
    title,
    family,
    technique: { id: technique, name: techniqueName(technique), url: techniqueUrl(technique) },
    why,
    stoppedBy,
    harmless,
    touchesHost,
    opens: opens === undefined ? null : { what: opens.kind === 'technique' ? opens.what : null, why: opens.why },
  };
}

/** Holds the attacks of a family to what they claim: each beats a container, and fails on another that differs by a control. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Family } from '../../src/prove/attack.ts';
import { attacks } from '../../src/prove/attacks/index.ts';
import type { Attempt, Proof } from '../../src/prove/proof.ts';
import { missing, proveOne } from './nginx.ts';

type ProveArguments = Parameters<typeof proveOne>;

export interface Arena<Options = ProveArguments[1]> {
  readonly workload: ProveArguments[0];
  readonly options?: Options;
  /** The container that is looked at; absent: the first. */
  readonly container?: string;
}

/** Where the arenas are: a sandbox, unless told otherwise. */
export interface Ground<Options> {
  readonly prove: (arena: Arena<Options>) => Promise<Proof>;
  /** Why there is none; false: there is one. */
  readonly missing: string | false;
}

const SANDBOX: Ground<ProveArguments[1]> = {
  prove: ({ workload, options, container }) => proveOne(workload, options, container),
  missing,
};

/** Refusals that no errno tells: by the API server, or for want of a program. */
const WITHOUT_ERRNO: ReadonlySet<string | null> = new Set(['RBAC', 'admission', 'missing tool']);

/** Names of arenas. `fails` is absent exactly where nothing in a manifest stops the attack: it stays residual then. */
export interface BothWays<Name extends string> {
  /** Absent only with `notHere`. */
  readonly beats?: Name;
  readonly fails?: Name;
  /** Why this kernel or this engine cannot show one of the two, or either: the test is skipped for what is absent. */
  readonly notHere?: string | undefined;
  /** Only attempts whose place matches count: what an attack does elsewhere is not the matter. */
  readonly place?: RegExp;
}

/** Two cores run two proofs. */
const AT_ONCE = 2;

/**
 * Declares the tests of a family, or skips them for the reason given: every attack of it must be in the table. Gives the
 * proofs by arena, for what else is to be asked of them; they are there once the tests run.
 */
export function bothWays<Name extends string>(
  family: Family,
  arenas: Readonly<Record<Name, Arena>>,
  table: Readonly<Record<string, BothWays<Name>>>,
  skip: string | false = missing,
): ReadonlyMap<Name, Proof> {
  return bothWaysOn({ ...SANDBOX, missing: skip }, family, arenas, table);
}

/** As `bothWays`, elsewhere than in a sandbox. */
export function bothWaysOn<Name extends string, Options>(
  ground: Ground<Options>,
  family: Family,
  arenas: Readonly<Record<Name, Arena<Options>>>,
  table: Readonly<Record<string, BothWays<Name>>>,
): ReadonlyMap<Name, Proof> {
  const proofs = new Map<Name, Proof>();
  const ids = attacks.filter((attack) => attack.family === family).map(({ id }) => id);

  test(`${family}: every attack is in the table`, () => {
    assert.deepEqual(Object.keys(table).sort(), [...ids].sort());
  });

  describe(`${family}: each attack beats one container and fails on another`, { skip: ground.missing }, () => {
    before(async () => {
      const names = Object.keys(arenas) as Name[];
      const work = async () => {
        for (let name = names.shift(); name !== undefined; name = names.shift()) {
          proofs.set(name, await ground.prove(arenas[name]));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    });

    const attemptsOf = (name: Name, id: string, place = /^/): readonly Attempt[] => {
      const own = proofs.get(name)!.attempts.filter((each) => each.id === id || each.id.startsWith(`${id}:`));
      return own.filter((each) => place.test(each.id.slice(id.length + 1)));
    };

    for (const [id, { beats, fails, place, notHere }] of Object.entries<BothWays<Name>>(table)) {
      test(id, (t) => {
        const attack = attacks.find((each) => each.id === id)!;
        if (notHere !== undefined) t.diagnostic(`${id}: ${notHere}`);
        if (beats === undefined) {
          assert.ok(notHere, 'an attack must beat something, or it is said why it cannot here');
          return t.skip(notHere);
        }
        const won = attemptsOf(beats, id, place);
        const told = (some: readonly Attempt[]) =>
          some.map((each) => `${each.id} ${each.outcome}: ${each.detail}`).join('\n');
        assert.ok(
          won.some(({ outcome }) => outcome === 'succeeded' || outcome === 'residual'),
          `it does not beat ${beats}: ${told(won)}`,
        );
        if (fails === undefined && notHere !== undefined) return;
        if (fails === undefined) {
          assert.deepEqual(attack.stoppedBy, [], 'what a control stops must fail somewhere');
          return;
        }
        const lost = attemptsOf(fails, id, place);
        assert.ok(lost.length > 0, `it is not made on ${fails}`);
        assert.ok(
          lost.every(({ outcome }) => outcome === 'blocked'),
          `it does not fail on ${fails}: ${told(lost)}`,
        );
        assert.ok(
          lost.every(({ errno, layer }) => layer !== null && (errno !== null || WITHOUT_ERRNO.has(layer))),
          `what stopped it on ${fails} is not said: ${told(lost)}`,
        );
        assert.ok(
          lost.some(({ control }) => control === 'succeeded'),
          `nothing shows that it would succeed otherwise: ${told(lost)}`,
        );
      });
    }

    test('nothing is unknown, and no trace is left', () => {
      for (const [name, { attempts, traces }] of proofs) {
        const unknown = attempts.filter((each) => each.family === family && each.outcome === 'unknown');
        assert.deepEqual(
          unknown.map(({ id, detail }) => `${id}: ${detail}`),
          [],
          name,
        );
        assert.deepEqual(traces, [], name);
      }
    });
  });
  return proofs;
}

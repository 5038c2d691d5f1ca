/** Where each container stands among its candidates: one rung down at a time, and only those that failed. */
import type { Observation } from '../observe/observe.ts';
import type { Identity } from '../plan/plan.ts';
import type { Workload } from '../workload/workload.ts';
import { candidates, describeIdentity } from './candidates.ts';
import type { TrialVerdict } from './trial.ts';

/** The candidates of one container, and which of them is being tried. */
interface Ladder {
  readonly candidates: readonly Identity[];
  readonly rung: number;
}

/** By container name. */
export type Ladders = ReadonlyMap<string, Ladder>;

/** Every observed container on its first rung. */
export function laddersOf(workload: Workload, before: Observation): Ladders {
  const ladders = new Map<string, Ladder>();
  for (const seen of before.containers) {
    const container = workload.containers.find(({ name }) => name === seen.name)!;
    const image = seen.user.from === 'image' ? seen.user : undefined;
    ladders.set(seen.name, { candidates: candidates(container, image), rung: 0 });
  }
  return ladders;
}

/** As whom a container is tried now; undefined: it is not tried. */
export function identityOf(ladders: Ladders, container: string): Identity | undefined {
  const ladder = ladders.get(container);
  return ladder?.candidates[ladder.rung];
}

/** The named containers one rung further down; undefined when none of them has one left. */
export function stepDown(ladders: Ladders, names: readonly string[]): Ladders | undefined {
  const next = new Map(ladders);
  let moved = false;
  for (const name of names) {
    const ladder = ladders.get(name);
    if (!ladder || ladder.rung + 1 >= ladder.candidates.length) continue;
    next.set(name, { ...ladder, rung: ladder.rung + 1 });
    moved = true;
  }
  return moved ? next : undefined;
}

/** The containers to blame for a failed trial; all of them when nothing tells. */
export function troubled({ containers }: Observation, { refused }: TrialVerdict): string[] {
  const names = new Set(refused.map(({ container }) => container));
  for (const { name, exitCode } of containers) if (exitCode !== undefined && exitCode !== 0) names.add(name);
  return names.size > 0 ? [...names] : containers.map(({ name }) => name);
}

/** What is being tried, in words. */
export function describe(ladders: Ladders): string {
  const words = [...ladders].map(([name, { candidates: all, rung }]) => [name, describeIdentity(all[rung]!)] as const);
  return words.length === 1 ? words[0]![1] : words.map(([name, identity]) => `${name}: ${identity}`).join('; ');
}

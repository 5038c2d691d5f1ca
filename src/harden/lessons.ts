/** What a trial that did not work teaches, about which containers, and where each is tried next. */
import { workingDirectoryOf } from '../image/working-directory.ts';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Plan } from '../plan/plan.ts';
import { SEED_PREFIX } from '../plan/seeds.ts';
import { parentOf, plainPath } from '../profile/placement.ts';
import type { Workload } from '../workload/workload.ts';
import { type Knowledge, writablePaths } from './knowledge.ts';
import { leftoversOf } from './leftovers.ts';
import type { Trial } from './run.ts';
import { capabilityCalls, improved, type Standings, stepDown } from './standing.ts';
import { type TrialVerdict, troubledByVolumes } from './trial.ts';

/** The named containers one rung further down; undefined when none of them has one left. */
export function allDown(standings: Standings, names: readonly string[]): Standings | undefined {
  const next = new Map(standings);
  let moved = false;
  for (const name of names) {
    const lower = standings.has(name) ? stepDown(standings.get(name)!) : undefined;
    if (lower === undefined) continue;
    next.set(name, lower);
    moved = true;
  }
  return moved ? next : undefined;
}

/** What a failed trial teaches about the containers on their present rungs; undefined: nothing. */
export function improvedAll(
  { workload, before }: { readonly workload: Workload; readonly before: Observation },
  known: Knowledge,
  standings: Standings,
  trial: Trial,
): Standings | undefined {
  const next = new Map(standings);
  let learned = false;
  for (const name of troubled(trial)) {
    const seen = trial.observation.containers.find((container) => container.name === name);
    const standing = standings.get(name);
    if (!standing || !seen) continue;
    const earlier = before.containers.find((container) => container.name === name);
    const better = improved(standing, {
      missing: capabilityCalls(seen).refused,
      used: earlier === undefined ? [] : capabilityCalls(earlier).used,
      directories: troubledByVolumes(before, seen) || seedFailed(trial),
      code: trial.leftOut.some(({ container }) => container === name),
      leftovers: leftoversOf(trial.observation, seen, writablePaths(known, name, mountsOf(workload, name))),
      intoRoot: writesIntoRoot(workload, seen, trial.verdict),
      knobs: trial.verdict.refused.some(({ container }) => container === name),
    });
    if (better === undefined) continue;
    next.set(name, better);
    learned = true;
  }
  return learned ? next : undefined;
}

/** By relative names, for all that is seen: absolute ones are refused the next time as well. */
function writesIntoRoot(
  workload: Workload,
  { name, image }: ContainerObservation,
  { refused, tolerated }: TrialVerdict,
): boolean {
  const container = workload.containers.find((one) => one.name === name);
  if (container === undefined || workingDirectoryOf(container, image.config) !== '/') return false;
  return [...refused, ...tolerated].some(
    ({ container: refusedTo, evidence }) => refusedTo === name && parentOf(plainPath(evidence.path)) === '/',
  );
}

const mountsOf = ({ containers }: Workload, name: string) =>
  containers.find((container) => container.name === name)?.mounts ?? [];

const seedFailed = ({ observation }: Trial) =>
  observation.outcome.reason?.startsWith(`init container ${SEED_PREFIX}`) === true;

/** The containers to blame for a failed trial; all of them when nothing tells. */
export function troubled({ observation: { containers }, verdict: { refused } }: Trial): string[] {
  const names = new Set(refused.map(({ container }) => container));
  for (const { name, exitCode } of containers) if (exitCode !== undefined && exitCode !== 0) names.add(name);
  return names.size > 0 ? [...names] : containers.map(({ name }) => name);
}

/** Whether two plans mount the same places in the same form; sizes and reasons change with everything that is seen. */
export function hasSameMounts(one: Plan, other: Plan): boolean {
  return JSON.stringify(mountsIn(one)) === JSON.stringify(mountsIn(other));
}

const mountsIn = ({ changes }: Plan) =>
  changes.flatMap(({ path, value }) => (path.includes('volumeMounts') ? [value] : []));

/** What a trial that did not work teaches, about which containers, and where each is tried next. */
import { workingDirectoryOf } from '../image/working-directory.ts';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Plan } from '../plan/plan.ts';
import { SEED_PREFIX } from '../plan/seeds.ts';
import { parentOf, plainPath } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';
import type { Workload } from '../workload/workload.ts';
import { type Knowledge, writablePaths } from './knowledge.ts';
import { leftoversOf } from './leftovers.ts';
import type { Trial } from './run.ts';
import { capabilityCalls, improved, type Standings, stepDown } from './standing.ts';
import { type TrialVerdict, troubledByVolumes, turnsElsewhere } from './trial.ts';

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
    const writable = writablePaths(known, name, mountsOf(workload, name));
    const better = improved(standing, {
      missing: capabilityCalls(seen).refused,
      used: earlier === undefined ? [] : capabilityCalls(earlier).used,
      directories:
        troubledByVolumes(before, seen) || turnsElsewhere(before, seen) || seedFailed(trial) || writable.some(isSticky),
      code: trial.leftOut.some(({ container }) => container === name),
      leftovers: leftoversOf(trial.observation, seen, writable),
      intoRoot: writesIntoRoot(workload, seen, trial.verdict),
      besideShipped: writable.some(
        ({ path, shippedFiles }) => shippedFiles > 0 && path === workingDirectoryIn(workload, seen),
      ),
      knobs: trial.verdict.refused.some(({ container }) => container === name),
    });
    if (better === undefined) continue;
    next.set(name, better);
    learned = true;
  }
  return learned ? next : undefined;
}

/** By relative names, for all that is seen: absolute ones are refused the next time as well. */
function writesIntoRoot(workload: Workload, seen: ContainerObservation, { refused, tolerated }: TrialVerdict): boolean {
  if (workingDirectoryIn(workload, seen) !== '/') return false;
  return [...refused, ...tolerated].some(({ container, evidence }) => {
    const path = plainPath(evidence.path);
    // `/` itself (of a chroot, say) is no file in it.
    return container === seen.name && path !== '/' && parentOf(path) === '/';
  });
}

function workingDirectoryIn({ containers }: Workload, { name, image }: ContainerObservation): string | undefined {
  const container = containers.find((one) => one.name === name);
  return container && plainPath(workingDirectoryOf(container, image.config));
}

/** The bit that lets everybody remove only what is their own. */
const STICKY = 0o1000;

/** An emptyDir is open to everybody as /tmp is, but not sticky: who checks that before use will not have it. */
const isSticky = ({ owner }: WritablePath) => owner !== undefined && (owner.mode & STICKY) !== 0;

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

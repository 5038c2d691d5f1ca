/** The search: a ladder of identities, tightest first, on each rung what was refused is learned. Deterministic, bounded, nothing twice. */
import type { PodHost } from '../host/host.ts';
import type { Observation } from '../observe/observe.ts';
import { type ContainerDecision, type Plan, planHardening } from '../plan/plan.ts';
import type { Workload } from '../workload/workload.ts';
import { candidates } from './candidates.ts';
import { decide } from './decide.ts';
import { type Knowledge, learn, writablePaths } from './knowledge.ts';
import { allDown, hasSameMounts, improvedAll, troubled } from './lessons.ts';
import { applied, type HardenOptions, observed, type Trial } from './run.ts';
import {
  describe,
  firstStanding,
  isLastResort,
  isPlainUser,
  lastStanding,
  type Standing,
  type Standings,
  spelledOut,
} from './standing.ts';
import { failsAlike, judgeTrial } from './trial.ts';

/** Pod starts for one workload, the first observation included: a search that needs more is not converging. */
export const MAX_STARTS = 24;
/** So many capabilities are taken away one by one; more of them, in parts first. */
const MAX_SINGLE = 5;
/** So many identities that fail alike make it likely that the next ones do so too. */
const ALIKE = 2;
/** How much longer than before a trial may take to become ready. */
const PATIENCE = 8;
/** A start that takes a second on a quiet machine may take ten on a busy one. */
const LEAST_PATIENCE_MS = 20_000;

/** Everything that one search knows. */
export interface Search {
  readonly host: PodHost;
  readonly workload: Workload;
  readonly options: HardenOptions;
  readonly before: Observation;
  readonly trials: Trial[];
  /** By the text that was run. */
  readonly tried: Map<string, Trial>;
}

/** What works, and where it stands. */
export interface Working {
  readonly standings: Standings;
  readonly plan: Plan;
  readonly trial: Trial;
  readonly known: Knowledge;
  readonly learned: Knowledge;
}

/** What works, or each reason why nothing does, one sentence. */
export type Found = Working | { readonly obstacles: readonly string[] };

/** Walks down the ladder until something works; what works is made as small as it can be. */
export async function search(searching: Search): Promise<Found> {
  const { before, trials } = searching;
  const firstKnown = learn(new Map(), before);
  let known = firstKnown;
  let obstacles: readonly string[] = [];
  let complaining: Working | undefined;
  // The last trials of the rungs that were left: what was no help there against the same failure is not tried again.
  const exhausted: Trial[] = [];
  for (
    let standings: Standings | undefined = firstStandings(searching, firstKnown);
    standings && isWithinBounds(searching);
  ) {
    const plan = planFor(searching, known, standings);
    if (plan.obstacles.length > 0) {
      // What the workload writes by itself stands in the way of every identity; what only this one was refused does not.
      obstacles = plan.obstacles;
      if (known === firstKnown && trials.length === 0) return { obstacles: plan.obstacles };
      known = firstKnown;
      standings = allDown(standings, [...standings.keys()]);
      continue;
    }
    const trial = await tryPlan(searching, plan, standings);
    const learned = learn(known, trial.observation);
    if (trial.verdict.works) return minimised(searching, { standings, plan, trial, known, learned });
    if (trial.verdict.complaints.length > 0) complaining ??= { standings, plan, trial, known, learned };
    if (!hasSameMounts(plan, planFor(searching, learned, standings)) && !hasFailedBefore(trials, trial)) {
      known = learned;
      continue;
    }
    const vain = exhausted.some((other) => failsAlike(other, trial)) && [...standings.values()].every(isPlainUser);
    const better = vain ? undefined : improvedAll(searching, learned, standings, trial);
    if (better !== undefined) {
      standings = better;
      continue;
    }
    exhausted.push(trial);
    if (await isHopeless(searching, known, standings, trial)) break;
    known = firstKnown;
    standings = allDown(standings, troubled(trial));
    // One more line in a log is no reason to leave everything open.
    if (complaining && standings && [...standings.values()].some(isLastResort)) break;
  }
  return complaining ?? { obstacles: [...obstacles, ...trialObstacles(trials)] };
}

/** The same identity has failed in the same way, and been given volumes since. */
function hasFailedBefore(trials: readonly Trial[], trial: Trial): boolean {
  return trials.some((other) => other !== trial && other.identity === trial.identity && failsAlike(other, trial));
}

/**
 * Whether the most open rung fails as well, in the same way: no identity between can help then. Asked once another identity
 * has failed like this one; where the last rung works, its trial is not lost: the ladder ends there.
 */
async function isHopeless(searching: Search, known: Knowledge, standings: Standings, trial: Trial): Promise<boolean> {
  const { trials } = searching;
  const alike = new Set(trials.filter((other) => failsAlike(other, trial)).map(({ identity }) => identity));
  const last: Standings = new Map([...standings].map(([name, standing]) => [name, lastStanding(standing)]));
  const isAsked = trials.some(({ identity }) => identity === describe(last));
  if (alike.size < ALIKE || isAsked || !isWithinBounds(searching)) return false;
  const plan = planFor(searching, known, last);
  if (plan.obstacles.length > 0) return false;
  return failsAlike(await tryPlan(searching, plan, last), trial);
}

function isWithinBounds({ trials }: Search): boolean {
  return trials.length + 1 < MAX_STARTS;
}

function firstStandings({ workload, before, options }: Search, known: Knowledge): Standings {
  const standings = new Map<string, Standing>();
  for (const seen of before.containers) {
    const container = workload.containers.find(({ name }) => name === seen.name)!;
    const written = writablePaths(known, seen.name, container.mounts).map(({ path }) => path);
    standings.set(seen.name, firstStanding(candidates(container, { ...seen, written }, options.users === 'keep')));
  }
  return standings;
}

function planFor({ workload, before, options }: Search, known: Knowledge, standings: Standings): Plan {
  const decisions = new Map<string, ContainerDecision>();
  for (const container of workload.containers) {
    const seen = before.containers.find(({ name }) => name === container.name);
    const standing = standings.get(container.name);
    const knowledge = known.get(container.name);
    if (seen && standing && knowledge)
      decisions.set(container.name, decide(container, seen, knowledge, standing, options.catalogue !== false));
  }
  return planHardening(workload, decisions, options);
}

/** Runs a plan, or recalls how it ran. */
async function tryPlan(searching: Search, plan: Plan, standings: Standings): Promise<Trial> {
  const { host, workload, options, before, trials, tried } = searching;
  const identity = describe(standings);
  const candidate = applied(workload, plan);
  const key = candidate.document.text.text;
  const earlier = tried.get(key);
  if (earlier) return earlier;
  options.progress?.(`trying it as ${identity}`);
  // Not every node opens low ports to everyone: what is written must bring its own sysctl.
  const reload = before.later.some(({ what, failure }) => what === 'reload' && failure === undefined);
  const readyTimeoutMs = patience(before, options.readyTimeoutMs);
  const how = { lowPorts: 'closed', reload, restarts: true } as const;
  const observation = await observed(host, candidate, { ...options, readyTimeoutMs }, how);
  const trial: Trial = {
    identity,
    verdict: judgeTrial(before, observation, plan.leftOut),
    observation,
    leftOut: plan.leftOut,
  };
  tried.set(key, trial);
  trials.push(trial);
  return trial;
}

/** Milliseconds until a trial that is not ready counts as failed: many times what it took before, and no less than a busy machine needs. */
export function patience({ outcome }: Pick<Observation, 'outcome'>, asked = Number.POSITIVE_INFINITY): number {
  return Math.min(asked, Math.max(LEAST_PATIENCE_MS, (outcome.readyMs ?? 0) * PATIENCE));
}

/** Takes capabilities away, container by container, and keeps what works without them. */
async function minimised(searching: Search, working: Working): Promise<Working> {
  let best = working;
  for (const name of working.standings.keys()) best = await withFewer(searching, best, name);
  return best;
}

/** One at a time; of the runtime's whole set first half of it, then smaller parts. */
async function withFewer(searching: Search, working: Working, name: string): Promise<Working> {
  let best = working;
  const standing = spelledOut(working.standings.get(name)!);
  let kept = standing.capabilities;
  for (let size = kept.length > MAX_SINGLE ? Math.ceil(kept.length / 2) : 1; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      if (!isWithinBounds(searching)) return best;
      const capabilities = kept.filter((_, index) => index < at || index >= at + size);
      const standings = new Map(best.standings).set(name, { ...standing, capabilities });
      const plan = planFor(searching, best.known, standings);
      const trial = plan.obstacles.length > 0 ? undefined : await tryPlan(searching, plan, standings);
      if (trial?.verdict.works) {
        best = { standings, plan, trial, known: best.known, learned: learn(best.known, trial.observation) };
        kept = capabilities;
      } else at += size;
    }
  }
  return best;
}

function trialObstacles(trials: readonly Trial[]): string[] {
  return trials.map(({ identity, verdict }) => `as ${identity}: ${verdict.reason}`);
}

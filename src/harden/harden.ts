/** The loop: observe, plan, run the plan, learn from what was refused, until it works and nothing can be taken away any more. */
import { Failure } from '../failure.ts';
import type { PodHost } from '../host/host.ts';
import { workingDirectoryOf } from '../image/working-directory.ts';
import { readDocuments } from '../manifest/read.ts';
import {
  type ContainerObservation,
  type Observation,
  type ObserveOptions,
  observeWorkload,
} from '../observe/observe.ts';
import type { Change } from '../plan/change.ts';
import { type ContainerDecision, type Plan, type PodDecision, planHardening } from '../plan/plan.ts';
import { renderChanges } from '../plan/render.ts';
import { SEED_PREFIX } from '../plan/seeds.ts';
import type { LeftOut } from '../plan/volumes.ts';
import { buildProfile } from '../profile/build.ts';
import { parentOf, plainPath } from '../profile/placement.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { findWorkloads } from '../workload/find.ts';
import type { JsonObject } from '../workload/value.ts';
import { sameWorkload, writableRoot } from '../workload/variant.ts';
import type { Workload } from '../workload/workload.ts';
import { candidates } from './candidates.ts';
import { decide } from './decide.ts';
import { type Knowledge, learn, writablePaths } from './knowledge.ts';
import { leftoversOf } from './leftovers.ts';
import { keyOf, type TrialMemory } from './memory.ts';
import { missingNeighbours } from './missing.ts';
import { notesOf } from './notes.ts';
import {
  capabilityCalls,
  describe,
  firstStanding,
  improved,
  isLastResort,
  lastStanding,
  type Standing,
  type Standings,
  stepDown,
  without,
} from './standing.ts';
import { failsAlike, judgeTrial, type TrialVerdict, troubledByVolumes } from './trial.ts';

/** Pod starts for one workload, the first observation included: a search that needs more is not converging. */
export const MAX_STARTS = 24;
/** So many identities that fail alike make it likely that the next ones do so too. */
const ALIKE = 2;
/** Lines of a log that are shown as the reason. */
const LOG_TAIL_LINES = 5;

/** As for an observation; the loop itself decides about low ports, reloads and restarts. */
export interface HardenOptions extends Omit<ObserveOptions, 'lowPorts' | 'reload' | 'restarts'>, PodDecision {
  /** Whether the catalogue's settings may take the place of volumes; absent: yes. */
  readonly catalogue?: boolean;
  /** What was run before, by what was run: nothing is run twice, and an interrupted search goes on where it was. */
  readonly memory?: TrialMemory;
}

/** One run of a candidate. */
export interface Trial {
  /** `user 65532, no capability`, for each container whose identity was tried. */
  readonly identity: string;
  readonly verdict: TrialVerdict;
  readonly observation: Observation;
  /** What this candidate was written to and would not be any more. */
  readonly leftOut: readonly LeftOut[];
}

export interface Hardened {
  readonly outcome: 'hardened';
  readonly workload: Workload;
  readonly changes: readonly Change[];
  /** Objects that belong beside it: claims. */
  readonly documents: readonly JsonObject[];
  readonly profile: ImmutabilityProfile;
  readonly trials: readonly Trial[];
  /** The trial of what is written. */
  readonly accepted: Trial;
  /** Pod starts in all: the first observation and each trial. */
  readonly starts: number;
  /** What nobody may miss: what it keeps is lost with the pod, or needs a hand. */
  readonly warnings: readonly string[];
  /** What a reader must know although it works: what the sandbox could not give. */
  readonly notes: readonly string[];
}

export interface NotHardened {
  readonly outcome: 'not-hardened';
  readonly workload: Workload;
  readonly obstacles: readonly string[];
  readonly trials: readonly Trial[];
  readonly starts: number;
}

/** Nothing can be said: what it needs besides itself is not here. */
export interface Inconclusive {
  readonly outcome: 'inconclusive';
  readonly workload: Workload;
  /** What was missing, each one sentence. */
  readonly missing: readonly string[];
  /** Why it is not ready, one sentence. */
  readonly reason: string;
  readonly trials: readonly Trial[];
  readonly starts: number;
}

export type HardenResult = Hardened | NotHardened | Inconclusive;

/**
 * Hardens one workload by running it. Nothing is written; the changes are the result. The search is deterministic: the same
 * observations lead to the same result.
 * Throws Failure('not-ready') when the workload does not even work as it is, for reasons of its own.
 */
export async function hardenWorkload(host: PodHost, workload: Workload, options: HardenOptions): Promise<HardenResult> {
  options.progress?.('observing it with a writable root');
  const before = await observed(host, writableRoot(workload), options, { reload: true });
  if (!before.outcome.ready) {
    const missing = missingNeighbours(before);
    if (missing.length === 0) throw notReady(before);
    const reason = before.outcome.reason ?? 'it did not become ready';
    return { outcome: 'inconclusive', workload, missing, reason, trials: [], starts: 1 };
  }
  return search({ host, workload, options, before, trials: [], tried: new Map() });
}

/** Everything that one search knows. */
interface Search {
  readonly host: PodHost;
  readonly workload: Workload;
  readonly options: HardenOptions;
  readonly before: Observation;
  readonly trials: Trial[];
  /** By the text that was run. */
  readonly tried: Map<string, Trial>;
}

async function search(searching: Search): Promise<HardenResult> {
  const { workload, before, trials } = searching;
  const firstKnown = learn(new Map(), before);
  let known = firstKnown;
  let obstacles: readonly string[] = [];
  let complaining: Working | undefined;
  for (
    let standings: Standings | undefined = firstStandings(searching, firstKnown);
    standings && isWithinBounds(searching);
  ) {
    const plan = planFor(searching, known, standings);
    if (plan.obstacles.length > 0) {
      // What the workload writes by itself stands in the way of every identity; what only this one was refused does not.
      obstacles = plan.obstacles;
      if (known === firstKnown && trials.length === 0) return notHardened(searching, plan.obstacles);
      known = firstKnown;
      standings = allDown(standings, [...standings.keys()]);
      continue;
    }
    const trial = await tryPlan(searching, plan, standings);
    const learned = learn(known, trial.observation);
    if (trial.verdict.works) return minimised(searching, { standings, plan, trial, known, learned });
    if (trial.verdict.complaints.length > 0) complaining ??= { standings, plan, trial, known, learned };
    if (addsVolumes(workload, known, learned)) {
      known = learned;
      continue;
    }
    const better = improvedAll(searching, known, standings, trial);
    if (better !== undefined) {
      standings = better;
      continue;
    }
    if (await isHopeless(searching, known, standings, trial)) break;
    known = firstKnown;
    standings = allDown(standings, troubled(trial));
    // One more line in a log is no reason to leave everything open.
    if (complaining && standings && [...standings.values()].some(isLastResort)) break;
  }
  if (complaining) return hardened(searching, complaining);
  return notHardened(searching, [...obstacles, ...trialObstacles(trials)]);
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
  const observation = await observed(host, candidate, options, { lowPorts: 'closed', reload, restarts: true });
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

/** Observes, or recalls an observation of the very same text. */
async function observed(
  host: PodHost,
  workload: Workload,
  { memory, ...options }: HardenOptions,
  how: Pick<ObserveOptions, 'lowPorts' | 'reload' | 'restarts'>,
): Promise<Observation> {
  const key =
    memory &&
    keyOf([
      await imageIds(host, workload, options),
      host.where,
      [workload.apiVersion, workload.kind, workload.namespace, workload.name],
      workload.podSpec,
      // ConfigMaps and Secrets.
      options.documents,
      how,
      options.exercise,
      options.seconds,
    ]);
  const recalled = key === undefined ? undefined : memory?.recall(key);
  if (recalled) return recalled;
  const observation = await observeWorkload(host, workload, { ...options, ...how });
  if (key !== undefined) memory?.remember(key, observation);
  return observation;
}

/** A name may mean another image tomorrow. */
async function imageIds(host: PodHost, workload: Workload, { run, signal }: HardenOptions): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { image, role } of workload.containers)
    if (image !== undefined && role !== 'ephemeral') ids.push((await host.image(image, { run, signal })).id);
  return ids;
}

/** What works, and where it stands. */
interface Working {
  readonly standings: Standings;
  readonly plan: Plan;
  readonly trial: Trial;
  readonly known: Knowledge;
  readonly learned: Knowledge;
}

/** Takes away one capability after the other, and keeps what works without it. */
async function minimised(searching: Search, working: Working): Promise<HardenResult> {
  let best = working;
  for (const [name, standing] of working.standings) {
    for (const capability of standing.capabilities) {
      if (!isWithinBounds(searching)) break;
      const current = best.standings.get(name)!;
      const standings = new Map(best.standings).set(name, without(current, capability));
      const plan = planFor(searching, best.known, standings);
      if (plan.obstacles.length > 0) continue;
      const trial = await tryPlan(searching, plan, standings);
      if (trial.verdict.works)
        best = { standings, plan, trial, known: best.known, learned: learn(best.known, trial.observation) };
    }
  }
  return hardened(searching, best);
}

function hardened({ workload, trials }: Search, { plan, trial, learned }: Working): Hardened {
  const profile = profileOf(workload, trial.observation, learned);
  const { changes, documents } = plan;
  const said = notesOf({ workload, profile, trial, learned, plan });
  return {
    outcome: 'hardened',
    workload,
    changes,
    documents,
    profile,
    trials,
    accepted: trial,
    starts: trials.length + 1,
    ...said,
  };
}

function notHardened({ workload, trials }: Search, obstacles: readonly string[]): NotHardened {
  return { outcome: 'not-hardened', workload, obstacles, trials, starts: trials.length + 1 };
}

/** The named containers one rung further down; undefined when none of them has one left. */
function allDown(standings: Standings, names: readonly string[]): Standings | undefined {
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
function improvedAll(
  { workload, before }: Search,
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
function troubled({ observation: { containers }, verdict: { refused } }: Trial): string[] {
  const names = new Set(refused.map(({ container }) => container));
  for (const { name, exitCode } of containers) if (exitCode !== undefined && exitCode !== 0) names.add(name);
  return names.size > 0 ? [...names] : containers.map(({ name }) => name);
}

/** The workload as the plan would leave it in the user's own text: what is run is what would be written. */
export function applied(workload: Workload, plan: Pick<Plan, 'changes'>): Workload {
  const { file, text } = workload.document.text;
  const edited = renderChanges(text, [{ document: workload.document, changes: plan.changes }]);
  const document = readDocuments({ file, text: edited }).documents.find(
    ({ index }) => index === workload.document.index,
  );
  if (!document) throw new Error(`${file}: document ${workload.document.index} was lost by an edit`);
  return sameWorkload(workload, findWorkloads(document));
}

/** Whether what a trial taught asks for a volume that was not planned before. */
function addsVolumes(workload: Workload, known: Knowledge, learned: Knowledge): boolean {
  return workload.containers.some(({ name, mounts }) => {
    const planned = new Set(writablePaths(known, name, mounts).map(({ path }) => path));
    return writablePaths(learned, name, mounts).some(({ path }) => !planned.has(path));
  });
}

function profileOf(workload: Workload, trial: Observation, learned: Knowledge): ImmutabilityProfile {
  const containers = trial.containers.map((container: ContainerObservation) => ({
    ...container,
    ...learned.get(container.name)!,
    user: { ...container.user, from: 'trial' as const },
    image: { name: container.image.name, id: container.image.id },
  }));
  return buildProfile(workload, containers);
}

function trialObstacles(trials: readonly Trial[]): string[] {
  return trials.map(({ identity, verdict }) => `as ${identity}: ${verdict.reason}`);
}

function notReady({ outcome, containers }: Observation): Failure {
  const tail = containers.flatMap(({ logs }) => logs.trimEnd().split('\n').slice(-LOG_TAIL_LINES)).filter(Boolean);
  return new Failure('not-ready', `it does not become ready as it is: ${outcome.reason}`, {
    hint:
      tail.length > 0
        ? `its log ends with: ${tail.join(' | ')}`
        : 'it logged nothing; check its image, command and probes',
  });
}

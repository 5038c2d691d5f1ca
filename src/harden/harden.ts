/** The loop: observe, plan, run the plan, learn from what was refused, until it works and nothing is refused. */
import type { Engine } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { readDocuments } from '../manifest/read.ts';
import { tcpPorts } from '../observe/exercise.ts';
import { type Observation, observeWorkload } from '../observe/observe.ts';
import type { Change } from '../plan/change.ts';
import { type ContainerDecision, type Identity, type Plan, planHardening } from '../plan/plan.ts';
import { renderChanges } from '../plan/render.ts';
import { buildProfile } from '../profile/build.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { findWorkloads } from '../workload/find.ts';
import { sameWorkload, writableRoot } from '../workload/variant.ts';
import type { Workload } from '../workload/workload.ts';
import { candidates, describeIdentity } from './candidates.ts';
import { type Knowledge, learn, writablePaths } from './knowledge.ts';
import { judgeTrial, type TrialVerdict } from './trial.ts';

/** Container starts for one workload, the first observation included: a loop that needs more is not converging. */
export const MAX_STARTS = 8;
/** Lines of a log that are shown as the reason. */
const LOG_TAIL_LINES = 5;

export interface HardenOptions {
  /** The id under which everything is labelled. */
  readonly run: string;
  /** Other documents of the same input: ConfigMaps, Secrets, Services. */
  readonly documents: readonly unknown[];
  /** How long each run is watched after its requests. */
  readonly seconds?: number;
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

/** One run of a candidate. */
export interface Trial {
  /** `user 65532, no capability`, for each container whose identity was tried. */
  readonly identity: string;
  readonly verdict: TrialVerdict;
  readonly observation: Observation;
}

export interface Hardened {
  readonly outcome: 'hardened';
  readonly workload: Workload;
  readonly changes: readonly Change[];
  readonly profile: ImmutabilityProfile;
  readonly trials: readonly Trial[];
  /** Pod starts in all: the first observation and each trial. */
  readonly starts: number;
  /** What a reader must know although it works: state on an emptyDir, what the sandbox could not give. */
  readonly notes: readonly string[];
}

export interface NotHardened {
  readonly outcome: 'not-hardened';
  readonly workload: Workload;
  readonly obstacles: readonly string[];
  readonly trials: readonly Trial[];
  readonly starts: number;
}

/**
 * Hardens one workload by running it. Nothing is written; the changes are the result.
 * Throws Failure('not-ready') when the workload does not even work as it is.
 */
export async function hardenWorkload(
  engine: Engine,
  workload: Workload,
  options: HardenOptions,
): Promise<Hardened | NotHardened> {
  options.progress?.('observing it with a writable root');
  const before = await observeWorkload(engine, writableRoot(workload), options);
  if (!before.outcome.ready) throw notReady(before);
  const firstKnown = learn(new Map(), before);
  const ladders = laddersOf(workload, before);
  const rungs = new Map([...ladders.keys()].map((name) => [name, 0]));
  const trials: Trial[] = [];
  let known = firstKnown;
  for (let starts = 1; starts < MAX_STARTS; ) {
    const plan = planHardening(workload, decide(workload, before, known, ladders, rungs));
    if (plan.obstacles.length > 0) {
      // What the workload writes by itself stands in the way of every identity; what only this one was refused does not.
      if (known === firstKnown) return { outcome: 'not-hardened', workload, obstacles: plan.obstacles, trials, starts };
      known = firstKnown;
      if (!stepDown(ladders, rungs, [...ladders.keys()])) break;
      continue;
    }
    const identity = describe(ladders, rungs);
    options.progress?.(`trying it as ${identity}`);
    const observation = await observeWorkload(engine, applied(workload, plan), options);
    starts++;
    const verdict = judgeTrial(before, observation);
    trials.push({ identity, verdict, observation });
    const learned = learn(known, observation);
    if (verdict.works) {
      const profile = profileOf(workload, observation, learned);
      return {
        outcome: 'hardened',
        workload,
        changes: plan.changes,
        profile,
        trials,
        starts,
        notes: notesOf(profile, observation),
      };
    }
    if (addsVolumes(workload, known, learned)) {
      known = learned;
      continue;
    }
    known = firstKnown;
    if (!stepDown(ladders, rungs, troubled(observation, verdict))) break;
  }
  return { outcome: 'not-hardened', workload, obstacles: trialObstacles(trials), trials, starts: trials.length + 1 };
}

type Ladders = ReadonlyMap<string, readonly Identity[]>;

function laddersOf(workload: Workload, before: Observation): Ladders {
  const ladders = new Map<string, readonly Identity[]>();
  for (const seen of before.containers) {
    const container = workload.containers.find(({ name }) => name === seen.name)!;
    ladders.set(seen.name, candidates(container, seen.user.from === 'image' ? seen.user : undefined));
  }
  return ladders;
}

function decide(
  workload: Workload,
  before: Observation,
  known: Knowledge,
  ladders: Ladders,
  rungs: ReadonlyMap<string, number>,
): Map<string, ContainerDecision> {
  const decisions = new Map<string, ContainerDecision>();
  for (const container of workload.containers) {
    const seen = before.containers.find(({ name }) => name === container.name);
    const identity = ladders.get(container.name)?.[rungs.get(container.name) ?? 0];
    if (!seen || !identity) continue;
    const writable = writablePaths(known, container.name, container.mounts);
    decisions.set(container.name, { identity, writable, ports: tcpPorts(container, seen.image.ports) });
  }
  return decisions;
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

/** The containers to blame for a failed trial; all of them when nothing tells. */
function troubled(observation: Observation, verdict: TrialVerdict): string[] {
  const refused = new Set(verdict.refused.map(({ container }) => container));
  const ended = observation.containers.filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  for (const { name } of ended) refused.add(name);
  return refused.size > 0 ? [...refused] : observation.containers.map(({ name }) => name);
}

/** Moves the named containers to their next candidate. False when none of them has one left. */
function stepDown(ladders: Ladders, rungs: Map<string, number>, names: readonly string[]): boolean {
  let moved = false;
  for (const name of names) {
    const next = (rungs.get(name) ?? 0) + 1;
    if (next >= (ladders.get(name)?.length ?? 0)) continue;
    rungs.set(name, next);
    moved = true;
  }
  return moved;
}

function describe(ladders: Ladders, rungs: ReadonlyMap<string, number>): string {
  const words = [...ladders].map(([name, ladder]) => [name, describeIdentity(ladder[rungs.get(name) ?? 0]!)] as const);
  return words.length === 1 ? words[0]![1] : words.map(([name, identity]) => `${name}: ${identity}`).join('; ');
}

function profileOf(workload: Workload, trial: Observation, learned: Knowledge): ImmutabilityProfile {
  const containers = trial.containers.map((container) => ({
    ...container,
    ...learned.get(container.name)!,
    user: { ...container.user, from: 'trial' as const },
    image: { name: container.image.name, id: container.image.id },
  }));
  return buildProfile(workload, containers);
}

function notesOf(profile: ImmutabilityProfile, observation: Observation): string[] {
  const state = profile.spec.containers.flatMap(({ name, writable }) =>
    writable
      .filter(({ kind }) => kind === 'state')
      .map(
        ({ path }) =>
          `${name} keeps state in ${path}: an emptyDir ends with the pod, a persistent volume claim would not`,
      ),
  );
  return [...state, ...observation.differences];
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

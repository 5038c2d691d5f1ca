/** The loop: observe, plan, run the plan, learn from what was refused, until it works and nothing is refused. */
import { Failure } from '../failure.ts';
import type { PodHost } from '../host/host.ts';
import { readDocuments } from '../manifest/read.ts';
import { tcpPorts } from '../observe/exercise.ts';
import { type Observation, type ObserveOptions, observeWorkload } from '../observe/observe.ts';
import type { Change } from '../plan/change.ts';
import { type ContainerDecision, type Plan, planHardening } from '../plan/plan.ts';
import { renderChanges } from '../plan/render.ts';
import { buildProfile } from '../profile/build.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { findWorkloads } from '../workload/find.ts';
import { sameWorkload, writableRoot } from '../workload/variant.ts';
import type { Workload } from '../workload/workload.ts';
import { canReach, type Knowledge, learn, writablePaths } from './knowledge.ts';
import { describe, identityOf, type Ladders, laddersOf, stepDown, troubled } from './ladders.ts';
import { judgeTrial, type TrialVerdict } from './trial.ts';

/** Container starts for one workload, the first observation included: a loop that needs more is not converging. */
export const MAX_STARTS = 8;
/** Lines of a log that are shown as the reason. */
const LOG_TAIL_LINES = 5;

/** As for an observation; the loop itself decides about low ports. */
export type HardenOptions = Omit<ObserveOptions, 'lowPorts'>;

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
  host: PodHost,
  workload: Workload,
  options: HardenOptions,
): Promise<Hardened | NotHardened> {
  options.progress?.('observing it with a writable root');
  const before = await observeWorkload(host, writableRoot(workload), options);
  if (!before.outcome.ready) throw notReady(before);
  const trials: Trial[] = [];
  const firstKnown = learn(new Map(), before);
  let known = firstKnown;
  for (let ladders: Ladders | undefined = laddersOf(workload, before); ladders && trials.length + 1 < MAX_STARTS; ) {
    const plan = planHardening(workload, decide(workload, before, known, ladders));
    if (plan.obstacles.length > 0) {
      // What the workload writes by itself stands in the way of every identity; what only this one was refused does not.
      if (known === firstKnown) return notHardened(workload, plan.obstacles, trials);
      known = firstKnown;
      ladders = stepDown(ladders, [...ladders.keys()]);
      continue;
    }
    const trial = await tryPlan(host, workload, plan, { before, ladders, options });
    trials.push(trial);
    const learned = learn(known, trial.observation);
    if (trial.verdict.works) return hardened(workload, plan, learned, trials);
    if (addsVolumes(workload, known, learned)) {
      known = learned;
      continue;
    }
    known = firstKnown;
    ladders = stepDown(ladders, troubled(trial.observation, trial.verdict));
  }
  return notHardened(workload, trialObstacles(trials), trials);
}

async function tryPlan(
  host: PodHost,
  workload: Workload,
  plan: Plan,
  { before, ladders, options }: { before: Observation; ladders: Ladders; options: HardenOptions },
): Promise<Trial> {
  const identity = describe(ladders);
  options.progress?.(`trying it as ${identity}`);
  // Not every node opens low ports to everyone: what is written must bring its own sysctl.
  const observation = await observeWorkload(host, applied(workload, plan), { ...options, lowPorts: 'closed' });
  return { identity, verdict: judgeTrial(before, observation), observation };
}

function hardened(workload: Workload, { changes }: Plan, learned: Knowledge, trials: readonly Trial[]): Hardened {
  const { observation } = trials.at(-1)!;
  const profile = profileOf(workload, observation, learned);
  const notes = notesOf(profile, observation, learned);
  return { outcome: 'hardened', workload, changes, profile, trials, starts: trials.length + 1, notes };
}

function notHardened(workload: Workload, obstacles: readonly string[], trials: readonly Trial[]): NotHardened {
  return { outcome: 'not-hardened', workload, obstacles, trials, starts: trials.length + 1 };
}

function decide(
  workload: Workload,
  before: Observation,
  known: Knowledge,
  ladders: Ladders,
): Map<string, ContainerDecision> {
  const decisions = new Map<string, ContainerDecision>();
  for (const container of workload.containers) {
    const seen = before.containers.find(({ name }) => name === container.name);
    const identity = identityOf(ladders, container.name);
    if (!seen || !identity) continue;
    const user = identity.user ?? seen.user;
    const writable = writablePaths(known, container.name, container.mounts).filter(({ path }) =>
      canReach(known, container.name, path, user),
    );
    const ports = [...tcpPorts(container, seen.image.ports), ...seen.listening];
    decisions.set(container.name, { identity, writable, ports });
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

function profileOf(workload: Workload, trial: Observation, learned: Knowledge): ImmutabilityProfile {
  const containers = trial.containers.map((container) => ({
    ...container,
    ...learned.get(container.name)!,
    user: { ...container.user, from: 'trial' as const },
    image: { name: container.image.name, id: container.image.id },
  }));
  return buildProfile(workload, containers);
}

/** What a reader must know although it works. */
function notesOf(profile: ImmutabilityProfile, observation: Observation, learned: Knowledge): string[] {
  const notes: string[] = [];
  for (const { name, writable } of profile.spec.containers) {
    const { mounts, user } = observation.containers.find((container) => container.name === name)!;
    const emptyDirs = new Set(
      mounts.filter(({ volumeKind }) => volumeKind === 'emptyDir').map((mount) => mount.mountPath),
    );
    for (const { path, kind } of writable) {
      if (kind !== 'state' || !emptyDirs.has(path)) continue;
      notes.push(`${name} keeps state in ${path}: an emptyDir ends with the pod, a persistent volume claim would not`);
    }
    for (const { path } of writablePaths(learned, name, mounts)) {
      if (canReach(learned, name, path, user)) continue;
      notes.push(`${name} wrote into ${path} as it was; user ${user.uid} cannot get there, and no refusal was logged`);
    }
  }
  return [...notes, ...observation.differences];
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

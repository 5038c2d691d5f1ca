/** Hardens one workload: observes it, searches, and says what came of it. */
import { Failure } from '../failure.ts';
import type { PodHost } from '../host/host.ts';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Change } from '../plan/change.ts';
import { buildProfile } from '../profile/build.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import type { JsonObject } from '../workload/value.ts';
import { writableRoot } from '../workload/variant.ts';
import type { Workload } from '../workload/workload.ts';
import type { Knowledge } from './knowledge.ts';
import { missingNeighbours } from './missing.ts';
import { notesOf } from './notes.ts';
import { type HardenOptions, observed, type Trial } from './run.ts';
import { search, type Working } from './search.ts';

/** Lines of a log that are shown as the reason. */
const LOG_TAIL_LINES = 5;

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
  const trials: Trial[] = [];
  const found = await search({ host, workload, options, before, trials, tried: new Map() });
  if ('plan' in found) return hardened(workload, trials, found);
  return { outcome: 'not-hardened', workload, obstacles: found.obstacles, trials, starts: trials.length + 1 };
}

function hardened(workload: Workload, trials: readonly Trial[], { plan, trial, learned }: Working): Hardened {
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

function profileOf(workload: Workload, trial: Observation, learned: Knowledge): ImmutabilityProfile {
  const containers = trial.containers.map((container: ContainerObservation) => ({
    ...container,
    ...learned.get(container.name)!,
    user: { ...container.user, from: 'trial' as const },
    image: { name: container.image.name, id: container.image.id },
  }));
  return buildProfile(workload, containers);
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

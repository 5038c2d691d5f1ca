/** Runs a workload as a plan would leave it, and judges the run; what was run before is recalled. */
import type { PodHost } from '../host/host.ts';
import { readDocuments } from '../manifest/read.ts';
import { type Observation, type ObserveOptions, observeWorkload } from '../observe/observe.ts';
import type { Plan, PodDecision } from '../plan/plan.ts';
import { renderChanges } from '../plan/render.ts';
import type { LeftOut } from '../plan/volumes.ts';
import { findWorkloads } from '../workload/find.ts';
import { sameWorkload } from '../workload/variant.ts';
import type { Workload } from '../workload/workload.ts';
import { keyOf, type TrialMemory } from './memory.ts';
import type { TrialVerdict } from './trial.ts';

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

/** Observes, or recalls an observation of the very same text. */
export async function observed(
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

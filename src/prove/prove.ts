/** Proves a workload: attacks each of its containers in a sandbox, and says what came of it. */
import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import { controls } from '../controls/index.ts';
import { type ContainerVerdict, judge } from '../controls/verdict.ts';
import type { Engine, ImageConfig } from '../engine/engine.ts';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { Workload } from '../workload/workload.ts';
import { type Attempt, PROOF_SCHEMA, type Proof } from './attack.ts';
import { type Attacked, attackAll } from './campaign.ts';
import { concludeVerdict } from './conclude.ts';
import { handsIn } from './hands.ts';
import { canRestoreHost, repairHost } from './host.ts';
import { lookAround } from './reconnaissance.ts';
import { residualOf } from './residual.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';
import type { Target } from './target.ts';

export interface ProveOptions extends StageOptions {
  /** The id under which everything is labelled; see `newRun`. */
  readonly run: string;
  /** Other documents of the same input: ConfigMaps, Secrets, Services. */
  readonly documents: readonly unknown[];
  /** Allow the attack that changes a setting of this machine (and puts it back). */
  readonly hostAttacks: boolean;
  /** Called with each attempt as it is concluded, in the order of the proof. */
  readonly onAttempt?: (attempt: Attempt, container: string) => void;
}

/**
 * One proof for each container that runs once the pod has started: main containers and sidecars, in the manifest's
 * order. Init containers have ended by then and ephemeral ones are in no manifest: `judge` alone speaks of those.
 * It needs two starts a container, its own and the twin's. Throws Failure when the pod cannot be started at all; a pod
 * that does not become ready gives proofs that say so. Removes everything that it made, also when it fails.
 */
export async function proveWorkload(
  engine: Engine,
  workload: Workload,
  options: ProveOptions,
): Promise<readonly Proof[]> {
  const repaired = await repairHost();
  if (repaired !== undefined) {
    options.progress?.(`an earlier run was killed: a setting of this host was put back to ${repaired}`);
  }
  const containers = workload.containers.filter(({ role }) => role === 'main' || role === 'sidecar');
  if (containers.length === 0) {
    throw new Failure('cannot-prove', `${workload.kind} ${workload.name} has no container that could be attacked.`);
  }
  const { hostAttacks, onAttempt, ...stageOptions } = options;
  const allowed = await mayAttackHost(engine, hostAttacks);
  return onStage(engine, workload, containers, stageOptions, async (stage) => {
    const images = await imagesOf(stage, containers);
    const verdicts = judge(workload, images).containers.filter(({ container }) => containers.includes(container));
    const proofs: Proof[] = [];
    for (const verdict of verdicts) {
      const image = images.get(verdict.container.image ?? '');
      proofs.push(await proveContainer({ stage, options, hostAttacks: allowed, image }, verdict));
    }
    return proofs;
  });
}

/** By the name that the manifest writes; the image that really runs, whatever else has the name by now. */
async function imagesOf(
  { engine, pod }: Stage,
  containers: Workload['containers'],
): Promise<ReadonlyMap<string, ImageConfig>> {
  const images = new Map<string, ImageConfig>();
  for (const container of containers) {
    const inside = pod.containers.find((each) => each.container === container);
    if (inside === undefined || container.image === undefined) continue;
    const config = await engine.image((await pod.state(inside)).imageId);
    if (config !== undefined) images.set(container.image, config);
  }
  return images;
}

async function mayAttackHost(engine: Engine, asked: boolean): Promise<Target['hostAttacks']> {
  if (!asked) return 'needs --host-attacks';
  if (!engine.info.local) return 'the containers do not run on this machine, so its setting could not be put back';
  return canRestoreHost();
}

interface Context {
  readonly stage: Stage;
  readonly options: ProveOptions;
  readonly hostAttacks: Target['hostAttacks'];
  readonly image: ImageConfig | undefined;
}

async function proveContainer(context: Context, { container, verdict, findings }: ContainerVerdict): Promise<Proof> {
  const { engine, pod } = context.stage;
  const { apiVersion, kind, namespace, name } = pod.workload;
  const inside = pod.containers.find((each) => each.container === container);
  const { reason, ...attacked } = await attackContainer(context, inside);
  const worse = findings.filter((finding) => finding.verdict !== 'immutable');
  const concluded = concludeVerdict({
    spec: verdict,
    findings: worse.map(({ control, args }) => controls.find(({ id }) => id === control)!.message(args)),
    attempts: attacked.attempts,
    notAttacked: reason,
    notReady: pod.outcome.ready ? undefined : (pod.outcome.reason ?? 'the reason is not known'),
  });
  return {
    schema: PROOF_SCHEMA,
    verdict: concluded.verdict,
    workload: { apiVersion, kind, namespace: namespace ?? null, name, container: container.name },
    where: `sandbox: ${engine.info.name} ${engine.info.version}${engine.info.local ? ` on Linux ${release()}` : ''}`,
    image: { name: container.image ?? '', id: context.image?.id ?? '' },
    differences: pod.differences,
    time: new Date().toISOString(),
    ...attacked,
    reasons: concluded.reasons,
  };
}

interface AttackedContainer extends Pick<Proof, 'identity' | 'attempts' | 'notAttempted' | 'residual'> {
  /** Why there are no attempts. */
  readonly reason?: string;
}

async function attackContainer(context: Context, inside: RunningContainer | undefined): Promise<AttackedContainer> {
  const { stage, options } = context;
  const none = (reason: string) => ({ identity: null, attempts: [], notAttempted: [], residual: [], reason });
  if (inside === undefined) return none('the container was not created');
  const { status, exitCode } = await stage.pod.state(inside);
  if (status !== 'running') return none(`the container does not run (${status}, exit code ${exitCode ?? 'unknown'})`);
  const own = await enter(context, stage.pod, inside, inside);
  if (typeof own === 'string') return none(own);
  const asked = inside.container.settings.runAsUser.value;
  if (asked !== undefined && asked !== own.target.uid) {
    return none(`the engine runs commands as uid ${own.target.uid}, and the manifest says ${asked}`);
  }
  const sibling = stage.twin?.containers.find(({ container }) => container.name === inside.container.name);
  const twin = stage.twin && sibling ? await enter(context, stage.twin, sibling, inside) : undefined;
  const { attempts, notAttempted, results } = await attackAll(own, typeof twin === 'string' ? undefined : twin, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onAttempt: (attempt) => options.onAttempt?.(attempt, inside.container.name),
  });
  const { uid, gid, capabilities } = own.target;
  const identity = { uid, gid, capabilities: capabilities.toString(16).padStart(16, '0') };
  return { identity, attempts, notAttempted, residual: residualOf(own.target, results) };
}

/** Reads back who one is and what is really mounted, before anything is judged; a string says why that is impossible. */
async function enter(
  context: Context,
  pod: RunningPod,
  inside: RunningContainer,
  original: RunningContainer,
): Promise<Attacked | string> {
  const { stage, image, hostAttacks, options } = context;
  const { architecture } = stage;
  const hands = handsIn(pod, inside, stage.directory, architecture);
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const twin = inside !== original;
  try {
    const target = await lookAround(
      { container: original.container, image, architecture, token, twin, hostAttacks },
      hands,
    );
    return { target, hands };
  } catch (error) {
    if (!(error instanceof Failure) || options.signal?.aborted) throw error;
    return error.message;
  }
}

/** Enough that no file of any image has the name. */
const TOKEN_BYTES = 6;

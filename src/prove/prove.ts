/** Proves a workload: attacks each of its containers where they run, and says what came of it. */
import { controls } from '../controls/index.ts';
import { type ContainerVerdict, judge } from '../controls/verdict.ts';
import type { Engine, ImageConfig } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import type { ClusterHost } from '../host/kubernetes.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { basisOf } from './basis.ts';
import { type Attacked, attackAll } from './campaign.ts';
import { type ClusterStageOptions, inCluster } from './cluster-stage.ts';
import { concludeVerdict } from './conclude.ts';
import { canRestoreHost, repairHost } from './host.ts';
import { hostReach } from './host-reach.ts';
import { type LiveStageOptions, onLivePod } from './live-stage.ts';
import { type Attempt, PROOF_SCHEMA, type Proof } from './proof.ts';
import { type Allowed, declaredOpen, residualOf, writtenElsewhere } from './residual.ts';
import { provenImage, withUids } from './running-images.ts';
import { inSandbox, type StageOptions } from './sandbox-stage.ts';
import { type Stage, UNKNOWN_REASON } from './staging.ts';
import type { Target } from './target.ts';
import { type Unattacked, unattackedOf } from './unattacked.ts';

/** What every proof can be told. */
interface Following {
  /** Petrify's own version, which the proof names. */
  readonly petrify: string;
  /** What the containers are allowed to change; absent: what the manifest declares. */
  readonly profile?: ImmutabilityProfile;
  /** Called when the containers run and the first attack is about to be made. */
  readonly onReady?: () => void;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
  /** Called with each attempt as it is concluded, in the order of the proof. */
  readonly onAttempt?: (attempt: Attempt, container: string) => void;
}

export interface ProveOptions extends Following, Omit<StageOptions, 'hostAttacks'> {
  /** Allow the attack that changes a setting of this machine (and puts it back). */
  readonly hostAttacks: boolean;
}

/**
 * One proof for each container that runs once the pod has started: main containers and sidecars, in the manifest's
 * order. Init containers have ended by then and ephemeral ones are not started: they are not attacked, which every proof
 * of the pod says with what their specification makes of them, and one that is worse than immutable keeps all of the
 * pod's proofs from `proven`.
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
  const containers = attackable(workload);
  const hostAttacks = await mayAttackHost(engine, options.hostAttacks);
  for (const sentence of hostReach(workload)) options.progress?.(sentence);
  return inSandbox(engine, workload, containers, { ...options, hostAttacks }, (stage) =>
    proveOn(stage, containers, options),
  );
}

/**
 * As `proveWorkload`, on a copy of the pod in the run's throw-away namespace of a cluster. No twin is started there: what
 * shows that attacks work is harmless, and the copy does not get what reaches its node.
 */
export async function proveInCluster(
  host: ClusterHost,
  workload: Workload,
  options: ClusterStageOptions & Following,
): Promise<readonly Proof[]> {
  const containers = attackable(workload);
  return inCluster(host, workload, options, (stage) => proveOn(stage, containers, options));
}

/** As `proveWorkload`, on a pod of the workload that serves: only what is harmless is done to it, and nothing is proven. */
export async function proveLive(workload: Workload, options: LiveStageOptions & Following): Promise<readonly Proof[]> {
  const containers = attackable(workload);
  return onLivePod(workload, options, (stage) => proveOn(stage, containers, options));
}

function attackable(workload: Workload): readonly Container[] {
  const containers = workload.containers.filter(({ role }) => role === 'main' || role === 'sidecar');
  if (containers.length > 0) return containers;
  throw new Failure('cannot-prove', `${workload.kind} ${workload.name} has no container that could be attacked.`);
}

async function mayAttackHost(engine: Engine, asked: boolean): Promise<Target['hostAttacks']> {
  if (!asked) return 'needs --host-attacks';
  if (!engine.info.local) return 'the containers do not run on this machine, so its setting could not be put back';
  return canRestoreHost();
}

interface Context {
  readonly stage: Stage;
  readonly options: Following;
  /** By the name that the manifest writes. */
  readonly images: ReadonlyMap<string, ImageConfig>;
}

async function proveOn(stage: Stage, containers: readonly Container[], options: Following): Promise<readonly Proof[]> {
  options.onReady?.();
  const images = await stage.images();
  const entered = new Map<Container, Attacked | string>();
  for (const container of containers) {
    entered.set(container, await stage.enter(container, images.get(container.image ?? '')));
  }
  const verdicts = judge(stage.workload, { images: withUids(images, entered) }).containers;
  const beside = unattackedOf(
    stage.workload,
    verdicts.filter(({ container }) => !containers.includes(container)),
    images,
  );
  const proofs: Proof[] = [];
  for (const verdict of verdicts) {
    const own = entered.get(verdict.container);
    if (own !== undefined) proofs.push(await proveContainer({ stage, options, images }, verdict, own, beside));
  }
  return proofs;
}

async function proveContainer(
  context: Context,
  { container, verdict, findings, writable }: ContainerVerdict,
  own: Attacked | string,
  beside: Unattacked,
): Promise<Proof> {
  const { stage, images } = context;
  const { apiVersion, kind, namespace, name } = stage.workload;
  const { reason, uncontrolled, ...attacked } = await attackContainer(context, container, own, writable);
  const worse = findings.filter((finding) => finding.verdict !== 'immutable');
  const concluded = concludeVerdict({
    spec: verdict,
    findings: worse.map(({ control, args }) => controls.find(({ id }) => id === control)!.message(args)),
    attempts: attacked.attempts,
    notAttacked: reason,
    notReady: stage.outcome.ready ? undefined : (stage.outcome.reason ?? UNKNOWN_REASON),
    noTwin: uncontrolled,
    uncontrolled: stage.uncontrolled,
    unproven: [...stage.doubts, ...beside.reasons],
    traces: attacked.traces,
  });
  return {
    schema: PROOF_SCHEMA,
    petrify: context.options.petrify,
    verdict: concluded.verdict,
    workload: { apiVersion, kind, namespace: namespace ?? null, name, container: container.name },
    where: stage.where,
    environment: stage.environment,
    image: provenImage(container, images),
    ...basisOf(stage.workload, container),
    differences: [...stage.differences, ...concluded.named],
    time: new Date().toISOString(),
    ...attacked,
    bystanders: beside.bystanders,
    notAttempted: [...attacked.notAttempted, ...beside.notAttempted],
    specification: { verdict, findings: findings.map(({ control, verdict }) => ({ control, verdict })) },
    reasons: concluded.reasons,
  };
}

interface AttackedContainer
  extends Pick<Proof, 'identity' | 'attempts' | 'notAttempted' | 'residual' | 'closed' | 'traces'> {
  /** Why there are no attempts. */
  readonly reason?: string;
  /** Why there are no positive controls. */
  readonly uncontrolled?: string;
}

async function attackContainer(
  { stage, options, images }: Context,
  container: Container,
  own: Attacked | string,
  writable: ContainerVerdict['writable'],
): Promise<AttackedContainer> {
  if (typeof own === 'string')
    return { identity: null, attempts: [], notAttempted: [], residual: [], closed: [], traces: [], reason: own };
  const controls = await stage.controls(own, images.get(container.image ?? ''));
  const { attempts, notAttempted, results, traces } = await attackAll(own, {
    controls: typeof controls === 'string' ? undefined : controls,
    without: stage.without,
    ownFiles: stage.ownFiles,
    traces: stage.traces,
    signal: options.signal,
    onAttempt: (attempt) => options.onAttempt?.(attempt, container.name),
  });
  const { uid, gid, capabilities } = own.target;
  const identity = uid < 0 ? null : { uid, gid, capabilities: capabilities.toString(16).padStart(16, '0') };
  const surface = await stage.surface(own);
  const profile = allowedBy(options.profile, container);
  const residual = [
    ...residualOf({ target: own.target, surface, results, profile }),
    ...writtenElsewhere(writable, profile),
    ...(stage.standIns ? declaredOpen(container, writable, surface, profile) : []),
  ];
  const { closed, skipped } = surface;
  const uncontrolled = typeof controls === 'string' ? { uncontrolled: controls } : {};
  const rest = { residual, closed, notAttempted: [...notAttempted, ...skipped], traces };
  return { identity, attempts, ...rest, ...uncontrolled };
}

/** A container that the profile does not know is allowed nothing by it. */
function allowedBy(profile: ImmutabilityProfile | undefined, { name }: Container): Allowed | undefined {
  const known = profile?.spec.containers.find((each) => each.name === name);
  return profile === undefined ? undefined : (known ?? { writable: [], residual: [] });
}

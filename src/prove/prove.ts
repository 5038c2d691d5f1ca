/** Proves a workload: attacks each of its containers in a sandbox, and says what came of it. */
import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import { controls } from '../controls/index.ts';
import { type ContainerVerdict, judge } from '../controls/verdict.ts';
import type { Engine, ImageConfig } from '../engine/engine.ts';
import type { RunningContainer, SandboxPod } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import type { Container, Workload } from '../workload/workload.ts';

import { attacks } from './attacks/index.ts';
import { basisOf } from './basis.ts';
import { type Attacked, attackAll } from './campaign.ts';
import { concludeVerdict } from './conclude.ts';
import { handsIn } from './hands.ts';
import { canRestoreHost, repairHost } from './host.ts';
import { hostReach } from './host-reach.ts';
import type { Fellow } from './processes.ts';
import { type Attempt, PROOF_SCHEMA, type Proof } from './proof.ts';
import { lookAround } from './reconnaissance.ts';
import { type Allowed, residualOf, writtenElsewhere } from './residual.ts';
import { imagesOf, provenImage, withUids } from './running-images.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';
import type { Target } from './target.ts';
import { type Unattacked, unattackedOf } from './unattacked.ts';
import { surfaceOf } from './writability.ts';

export interface ProveOptions extends StageOptions {
  /** The id under which everything is labelled; see `newRun`. */
  readonly run: string;
  /** Petrify's own version, which the proof names. */
  readonly petrify: string;
  /** Other documents of the same input: ConfigMaps, Secrets, Services. */
  readonly documents: readonly unknown[];
  /** Allow the attack that changes a setting of this machine (and puts it back). */
  readonly hostAttacks: boolean;
  /** What the containers are allowed to change; absent: what the manifest declares. */
  readonly profile?: ImmutabilityProfile;
  /** Called when the containers run and the first attack is about to be made. */
  readonly onReady?: () => void;
  /** Called with each attempt as it is concluded, in the order of the proof. */
  readonly onAttempt?: (attempt: Attempt, container: string) => void;
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
  const containers = workload.containers.filter(({ role }) => role === 'main' || role === 'sidecar');
  if (containers.length === 0) {
    throw new Failure('cannot-prove', `${workload.kind} ${workload.name} has no container that could be attacked.`);
  }
  const { hostAttacks, onAttempt, onReady, profile, ...stageOptions } = options;
  const allowed = await mayAttackHost(engine, hostAttacks);
  const reach = hostReach(workload);
  for (const sentence of reach) options.progress?.(sentence);
  return onStage(engine, workload, containers, stageOptions, async (stage) => {
    onReady?.();
    const images = await imagesOf(stage);
    const context = { stage, options, hostAttacks: allowed, images, reach };
    const entered = new Map<Container, Attacked | string>();
    for (const container of containers) entered.set(container, await enterOwn(context, container));
    const verdicts = judge(workload, { images: withUids(images, entered) }).containers;
    const beside = unattackedOf(
      workload,
      verdicts.filter(({ container }) => !containers.includes(container)),
      images,
    );
    const proofs: Proof[] = [];
    for (const verdict of verdicts) {
      const own = entered.get(verdict.container);
      if (own !== undefined) proofs.push(await proveContainer(context, verdict, own, beside));
    }
    return proofs;
  });
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
  /** By the name that the manifest writes. */
  readonly images: ReadonlyMap<string, ImageConfig>;
  /** Which containers reach this host, one sentence each. */
  readonly reach: readonly string[];
}

async function proveContainer(
  context: Context,
  { container, verdict, findings, writable }: ContainerVerdict,
  own: Attacked | string,
  beside: Unattacked,
): Promise<Proof> {
  const { engine, pod } = context.stage;
  const { apiVersion, kind, namespace, name } = pod.workload;
  const { reason, noTwin, ...attacked } = await attackContainer(context, container, own, writable);
  const worse = findings.filter((finding) => finding.verdict !== 'immutable');
  const concluded = concludeVerdict({
    spec: verdict,
    findings: worse.map(({ control, args }) => controls.find(({ id }) => id === control)!.message(args)),
    attempts: attacked.attempts,
    notAttacked: reason,
    notReady: pod.outcome.ready ? undefined : (pod.outcome.reason ?? UNKNOWN_REASON),
    noTwin,
    unproven: beside.reasons,
    traces: attacked.traces,
  });
  const { architecture } = context.stage;
  const kernel = engine.info.local ? release() : null;
  return {
    schema: PROOF_SCHEMA,
    petrify: context.options.petrify,
    verdict: concluded.verdict,
    workload: { apiVersion, kind, namespace: namespace ?? null, name, container: container.name },
    where: `sandbox: ${engine.info.name} ${engine.info.version}${kernel === null ? '' : ` on Linux ${kernel}`}`,
    environment: {
      engine: engine.info.name,
      engineVersion: engine.info.version,
      runtime: engine.info.runtime ?? null,
      kernel,
      architecture,
    },
    image: provenImage(container, context.images),
    ...basisOf(pod.workload, container),
    differences: [...context.reach, ...pod.differences],
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
  readonly noTwin?: string;
}

const UNKNOWN_REASON = 'the reason is not known';

async function attackContainer(
  context: Context,
  container: Container,
  own: Attacked | string,
  writable: ContainerVerdict['writable'],
): Promise<AttackedContainer> {
  const { options } = context;
  if (typeof own === 'string')
    return { identity: null, attempts: [], notAttempted: [], residual: [], closed: [], traces: [], reason: own };
  const twin = await enterTwin(context, container);
  const { attempts, notAttempted, results, traces } = await attackAll(
    own,
    typeof twin === 'string' ? undefined : twin,
    {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onAttempt: (attempt) => options.onAttempt?.(attempt, container.name),
    },
  );
  const { uid, gid, capabilities } = own.target;
  const identity = { uid, gid, capabilities: capabilities.toString(16).padStart(16, '0') };
  const surface = await surfaceOf(own.target, own.hands);
  const profile = allowedBy(options.profile, container);
  const residual = [
    ...residualOf({ target: own.target, surface, results, profile }),
    ...writtenElsewhere(writable, profile),
  ];
  const { closed, skipped } = surface;
  const rest = { residual, closed, notAttempted: [...notAttempted, ...skipped], traces };
  return { identity, attempts, ...rest, ...(typeof twin === 'string' ? { noTwin: twin } : {}) };
}

/** A container that the profile does not know is allowed nothing by it. */
function allowedBy(profile: ImmutabilityProfile | undefined, { name }: Container): Allowed | undefined {
  const known = profile?.spec.containers.find((each) => each.name === name);
  return profile === undefined ? undefined : (known ?? { writable: [], residual: [] });
}

async function enterOwn(context: Context, container: Container): Promise<Attacked | string> {
  const { pod } = context.stage;
  const inside = pod.containers.find((each) => each.container === container);
  if (inside === undefined) return 'the container was not created';
  const { status, exitCode } = await pod.state(inside);
  if (status !== 'running') return `the container does not run (${status}, exit code ${exitCode ?? 'unknown'})`;
  const own = await enter(context, pod, inside, container);
  const asked = container.settings.runAsUser.value;
  if (typeof own === 'string' || asked === undefined || asked === own.target.uid) return own;
  return `the engine runs commands as uid ${own.target.uid}, and the manifest says ${asked}`;
}

async function enterTwin(context: Context, original: Container): Promise<Attacked | string> {
  const { twin } = context.stage;
  if (typeof twin === 'string') return twin;
  const inside = twin.containers.find(({ container }) => container.name === original.name);
  return inside === undefined ? (twin.outcome.reason ?? UNKNOWN_REASON) : enter(context, twin, inside, original);
}

/** Reads back who one is and what is really mounted, before anything is judged; a string says why that is impossible. */
async function enter(
  context: Context,
  pod: SandboxPod,
  inside: RunningContainer,
  container: Container,
): Promise<Attacked | string> {
  const { stage, images, hostAttacks, options } = context;
  const { architecture } = stage;
  const hands = handsIn(pod, inside, stage.directory, architecture);
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const twin = inside.container !== container;
  const image = images.get(container.image ?? '');
  try {
    const known = { container, image, architecture, token, twin, hostAttacks };
    const target = await lookAround(known, attacks, hands, fellowsOf(pod, inside));
    return { target, hands };
  } catch (error) {
    if (!(error instanceof Failure) || options.signal?.aborted) throw error;
    return error.message;
  }
}

/** The containers whose processes one of the pod sees; a string says why none. */
function fellowsOf({ workload, containers }: SandboxPod, inside: RunningContainer): readonly Fellow[] | string {
  const { hostPID, shareProcessNamespace } = workload.podSpec;
  if (hostPID === true) return 'the sandbox does not give the processes of the host that hostPID asks for';
  if (shareProcessNamespace !== true) return 'the pod does not share its process namespace';
  const others = containers.filter((each) => each !== inside);
  return others.length > 0 ? others : 'the pod has no other container that runs';
}

/** Enough that no file of any image has the name. */
const TOKEN_BYTES = 6;

/** Sets the stage of a proof in an engine's sandbox: the runner's own files, the pod, its weakened twin; and takes all of it away again. */
import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join, posix } from 'node:path';
import type { Engine, ImageConfig } from '../engine/engine.ts';
import type { PodOptions, RunningContainer, SandboxPod } from '../engine/pod.ts';
import { directoryOf } from '../engine/runs.ts';
import { runPod } from '../engine/sandbox.ts';
import { hostId, podIdsOf } from '../engine/user-namespace.ts';
import { Failure } from '../failure.ts';
import type { Container, Mount, Workload } from '../workload/workload.ts';
import { setuidProgram } from './attacks/escalate-by-setuid.ts';
import { attacks } from './attacks/index.ts';
import type { Attacked } from './campaign.ts';
import { asWritten, enterByProbe } from './enter.ts';
import { becomesRoot } from './escalation.ts';
import { handsIn } from './hands.ts';
import { hostReach } from './host-reach.ts';
import { hasCapability } from './layer.ts';
import { notGiven } from './not-given.ts';
import { twinControls } from './positive.ts';
import { assemble } from './probe/assemble.ts';
import { call } from './probe/program.ts';
import type { Architecture } from './probe/syscalls.ts';
import { type Fellow, fellowsIn } from './processes.ts';
import { writeRepositories } from './repositories/write.ts';
import { imagesOf } from './running-images.ts';
import { notRunning, type Stage, UNKNOWN_REASON } from './staging.ts';
import { OWN_MOUNT, type Target } from './target.ts';
import { weakenedTwin } from './twin.ts';
import { withoutFlags } from './without-flags.ts';
import { surfaceOf } from './writability.ts';

export interface StageOptions {
  /** The id under which everything is labelled; see `newRun`. */
  readonly run: string;
  /** Other documents of the same input: ConfigMaps, Secrets, Services. */
  readonly documents: readonly unknown[];
  readonly hostAttacks: Target['hostAttacks'];
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

/** The programs that a twin runs instead of the application and its readiness probe. */
const WAIT = 'wait';
const READY = 'ready';
/** A twin only waits: it is ready as soon as it is started. */
const TWIN_READY_TIMEOUT_MS = 30_000;

/** Runs `act` while both pods run. Nothing that was made is left, whether it returns or throws. */
export async function inSandbox<T>(
  engine: Engine,
  workload: Workload,
  attacked: readonly Container[],
  options: StageOptions,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const architecture = thisArchitecture();
  const ids = podIdsOf(workload, engine.info);
  const { parent, directory } = await makeDirectory(options.run, architecture, hostId(0, ids));
  const { run, documents, signal, progress } = options;
  const podOptions: PodOptions = {
    run,
    documents,
    ...(signal === undefined ? {} : { signal }),
    extraBinds: [{ source: directory, target: OWN_MOUNT, readOnly: true }],
    // A proof of anything less would prove another pod; the twin needs the capability that mounts.
    hostPrivileges: 'as-written',
  };
  const twinOptions = {
    wait: `${OWN_MOUNT}/${WAIT}`,
    ready: `${OWN_MOUNT}/${READY}`,
    capabilities: grantable(
      engine,
      attacks.flatMap(({ twinCapabilities = [] }) => twinCapabilities),
    ),
  };
  const pods: SandboxPod[] = [];
  try {
    const pod = await runPod(engine, workload, progress === undefined ? podOptions : { ...podOptions, progress });
    pods.push(pod);
    // After the original, which shows what of its mounts are files.
    const twin = await startTwin(engine, weakenedTwin(workload, attacked, twinOptions, filesIn(pod)), podOptions);
    if (typeof twin !== 'string') pods.push(twin);
    return await act(stageOf({ engine, pod, twin, directory, architecture, options }));
  } finally {
    await Promise.all(pods.map((pod) => pod.remove()));
    await rm(parent, { recursive: true, force: true });
    // The run's own directory goes with the last that used it.
    await rmdir(directoryOf(options.run)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
    });
  }
}

interface Set {
  readonly engine: Engine;
  readonly pod: SandboxPod;
  /** A string says why it could not run: the attempts then have no positive control. */
  readonly twin: SandboxPod | string;
  /** The host's side of the runner's own mount. */
  readonly directory: string;
  readonly architecture: Architecture;
  readonly options: StageOptions;
}

function stageOf({ engine, pod, twin, directory, architecture, options }: Set): Stage {
  const { hostAttacks, signal } = options;
  const { name, version, local } = engine.info;
  const reach = hostReach(pod.workload);
  const enter = (inside: RunningContainer, at: SandboxPod, known: Pick<Target, 'container' | 'image' | 'twin'>) =>
    enterByProbe({ ...known, architecture, hostAttacks }, handsIn(at, inside, directory, architecture), {
      signal,
      fellows: fellowsOf(at, inside),
    });
  const twins = new Map<Container, Promise<Attacked | string>>();
  const enterTwin = async (container: Container, image: ImageConfig | undefined): Promise<Attacked | string> => {
    if (typeof twin === 'string') return twin;
    const inside = twin.containers.find((each) => each.container.name === container.name);
    if (inside === undefined) return twin.outcome.reason ?? UNKNOWN_REASON;
    return enter(inside, twin, { container, image, twin: true });
  };
  return {
    workload: pod.workload,
    where: `sandbox: ${name} ${version}${local ? ` on Linux ${release()}` : ''}`,
    environment: {
      engine: name,
      engineVersion: version,
      runtime: engine.info.runtime ?? null,
      kernel: local ? release() : null,
      architecture,
    },
    architecture,
    outcome: pod.outcome,
    differences: [...reach, ...pod.differences.map(withoutFlags)],
    doubts: notGiven(pod.workload),
    without: new Map([['outside', NO_CLUSTER]]),
    ownFiles: true,
    standIns: true,
    uncontrolled: 'doubted',
    images: () => imagesOf({ engine, pod }),
    async enter(container, image) {
      const inside = pod.containers.find((each) => each.container === container);
      if (inside === undefined) return 'the container was not created';
      const { status, exitCode } = await pod.state(inside);
      if (status !== 'running') return notRunning(status, exitCode);
      // Side by side: each looks around for some seconds on a busy machine.
      const weakened = enterTwin(container, image);
      weakened.catch(() => {});
      twins.set(container, weakened);
      return asWritten(await enter(inside, pod, { container, image, twin: false }));
    },
    async controls({ target: { container } }, image) {
      const entered = await (twins.get(container) ?? enterTwin(container, image));
      return typeof entered === 'string' ? entered : twinControls(entered);
    },
    surface: ({ target, hands }) => surfaceOf(target, hands),
  };
}

/** The containers whose processes one of the pod sees; a string says why none. */
function fellowsOf({ workload, containers }: SandboxPod, inside: RunningContainer): readonly Fellow[] | string {
  if (workload.podSpec.hostPID === true)
    return 'the sandbox does not give the processes of the host that hostPID asks for';
  return fellowsIn(
    workload,
    containers.filter((each) => each !== inside),
  );
}

const NO_CLUSTER = 'needs --engine kubernetes';

/** A container gets nothing that its host lacks, and an engine refuses to create one that asks for it. */
function grantable({ info }: Engine, names: readonly string[]): readonly string[] {
  if (!info.local) return [];
  const bounding = /^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  const host = { capabilities: BigInt(`0x${bounding}`) };
  return [...new Set(names)].filter((name) => hasCapability(host, name));
}

function thisArchitecture(): Architecture {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch;
  throw new Failure('cannot-prove', `The probe is made for x64 and arm64, and this machine is ${process.arch}.`);
}

/** The parent is private; what the container sees must be readable for its user, whatever that is. */
async function makeDirectory(
  run: string,
  architecture: Architecture,
  rootOfPod: number,
): Promise<{ parent: string; directory: string }> {
  const root = directoryOf(run);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const parent = await mkdtemp(join(root, 'prove-'));
  const directory = join(parent, 'shared');
  await mkdir(directory);
  await chmod(directory, 0o755);
  await writeRepositories(directory);
  const programs = { [WAIT]: assemble([call('ppoll', 0, 0, 0, 0)], architecture), [READY]: assemble([], architecture) };
  for (const [name, content] of Object.entries(programs)) {
    await writeFile(join(directory, name), content);
    await chmod(join(directory, name), 0o555);
  }
  // Private on this machine: nobody but the containers gets through the parent directory to it.
  for (const [name, owner] of [[setuidProgram(false), 0] as const, [setuidProgram(true), rootOfPod] as const]) {
    await writeFile(join(directory, name), becomesRoot(architecture));
    // Whoever is no root here cannot give it away, and then there is nothing that it could become.
    if (process.getuid?.() === 0) await chown(join(directory, name), owner, owner);
    await chmod(join(directory, name), 0o4555);
  }
  return { parent, directory };
}

/** Whether what a container of the pod has at a mount is a file. */
function filesIn(pod: SandboxPod): (container: Container, mount: Mount) => boolean {
  return (container, { mountPath }) => {
    const volumes = pod.containers.find((each) => each.container === container)?.volumes;
    const source = volumes?.get(posix.resolve('/', mountPath));
    return source !== undefined && statSync(source, { throwIfNoEntry: false })?.isFile() === true;
  };
}

async function startTwin(engine: Engine, twin: Workload, options: PodOptions): Promise<SandboxPod | string> {
  try {
    return await runPod(engine, twin, { ...options, readyTimeoutMs: TWIN_READY_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof Failure && error.code !== 'interrupted') return error.message;
    throw error;
  }
}

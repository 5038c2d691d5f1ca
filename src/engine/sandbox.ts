/** Runs a workload's pod on an engine as Kubernetes would: namespaces, volumes, order, probes; nothing of the host. */
import { randomUUID } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { podOf } from '../workload/pod.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { cpusOf, machineOf, memoryBoundOf } from './bounds.ts';
import { closeNetwork, OPEN_NETWORK } from './closed-network.ts';
import { configurationFrom } from './configuration.ts';
import { manifestDifferences } from './differences.ts';
import { type ContainerRequest, type Engine, RUN_LABEL } from './engine.ts';
import type { PodFacts } from './environment.ts';
import { hostNamespacesOf, sharesHostNetwork } from './host-namespaces.ts';
import { portsOfProcess } from './listening.ts';
import { hostnameOf, mayEnd, named, podNameOf, serviceNamesOf } from './names.ts';
import type { PodOptions, PodOutcome, SandboxPod } from './pod.ts';
import { startAgain, startContainer } from './pod-container.ts';
import { guardPod, type PodGuard } from './pod-guard.ts';
import { imagesOf } from './pod-images.ts';
import type { PodInMaking } from './pod-in-making.ts';
import { startPause } from './pod-network.ts';
import { attempt } from './probes.ts';
import { removeDirectory } from './run-directory.ts';
import { directoryOf } from './runs.ts';
import { hookOf, restartAll, startAll } from './start-order.ts';
import { podIdsOf } from './user-namespace.ts';
import { prepareVolumes } from './volumes.ts';

/** The address of a pod in the host's own network. */
const LOOPBACK = '127.0.0.1';

/** What a process that was killed ends with. */
const KILLED = 137;

let pods = 0;

/**
 * Starts the pod and waits until it is ready or cannot become so: that is its `outcome`, never an error. A container
 * that the kubelet would refuse to create is missing from `containers`. Throws Failure for an image that cannot be had,
 * a ConfigMap or Secret that is not there, an engine that refuses or gives something else than was asked for, and for
 * `signal`; then nothing of the pod is left.
 */
export async function runPod(engine: Engine, workload: Workload, options: PodOptions): Promise<SandboxPod> {
  const images = await imagesOf(engine, workload, options);
  pods += 1;
  const id = `petrify-${options.run}-${pods}`;
  const directory = join(directoryOf(options.run), `pod-${pods}`);
  const created: string[] = [];
  let network: string | undefined;
  let guard: PodGuard | undefined;
  const remove = () => {
    guard?.close();
    return removeAll(engine, created, network, directory);
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const machine = machineOf(engine.info.local);
    const together = workload.containers.filter(({ role }) => role === 'main' || role === 'sidecar').length;
    const memoryOf = (container: Container) => memoryBoundOf(container, together, machine);
    guard = await guardPod({ engine, directory, created, memoryOf });
    const bounds = { guard, memoryOf, cpus: cpusOf(machine) };
    network = await engine.createNetwork(id, { [RUN_LABEL]: options.run });
    const pod = await preparePod({ engine, workload, options, id, directory, network, images, created, ...bounds });
    const outcome = await startAll({
      engine,
      containers: workload.containers,
      options,
      mayEnd: mayEnd(pod.facts.pod),
      start: (container) => startContainer(pod, container),
      address: () => pod.address,
    });
    await tellMemory(pod);
    return runningPod(pod, outcome, remove);
  } catch (error) {
    await remove();
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.', { cause: error });
    throw error;
  }
}

interface Preparing
  extends Pick<
    PodInMaking,
    'engine' | 'workload' | 'options' | 'id' | 'directory' | 'images' | 'created' | 'guard' | 'memoryOf' | 'cpus'
  > {
  readonly network: string;
}

async function preparePod(input: Preparing): Promise<PodInMaking> {
  const { engine, workload, options, id, directory, images, created, guard, memoryOf, cpus } = input;
  const plain = podOf(workload);
  const pod = named(plain, podNameOf(workload, plain));
  const hostname = hostnameOf(pod);
  const hostNamespaces = hostNamespacesOf(workload, options);
  const ids = podIdsOf(workload, engine.info);
  const services = serviceNamesOf(options.documents, pod);
  const own: ContainerRequest['network'] = sharesHostNetwork(workload, options)
    ? 'host'
    : { name: input.network, aliases: [hostname, ...services] };
  const labels = { [RUN_LABEL]: options.run };
  const imageId = [...images.values()][0]!.id;
  const { lowPorts } = options;
  const pause = await startPause(
    {
      engine,
      workload,
      imageId,
      name: `${id}-pause`,
      directory,
      hostname,
      network: own,
      labels,
      lowPorts,
      hostNamespaces,
      ids,
    },
    (made) => created.push(made),
  );
  const { pid, ipAddress } = await engine.state(pause);
  const address = own === 'host' ? LOOPBACK : ipAddress;
  const closed = own === 'host' || (engine.info.local && (await closeNetwork(pid)));
  const facts: PodFacts = { pod, uid: randomUUID(), podIP: address };
  const configuration = configurationFrom(options.documents, workload.namespace);
  const volumes = await prepareVolumes({
    workload,
    facts,
    configuration,
    directory: join(directory, 'volumes'),
    local: engine.info.local,
    hostPaths: options.hostPaths ?? [],
    ids,
  });
  for (const { name, path, sizeLimit } of volumes.written) guard.watchVolume(name, path, sizeLimit);
  return {
    engine,
    workload,
    options,
    id,
    directory,
    hostname,
    services,
    images,
    configuration,
    volumes,
    facts,
    network: { join: pause },
    pidOf: workload.podSpec.shareProcessNamespace === true ? pause : undefined,
    userNamespace: ids && { join: pause },
    ids,
    address,
    differences: [
      ...manifestDifferences(workload, engine.info, options),
      ...volumes.differences,
      ...(closed ? [] : [OPEN_NETWORK]),
    ],
    started: [],
    created,
    guard,
    memoryOf,
    cpus,
  };
}

function runningPod(pod: PodInMaking, outcome: PodOutcome, remove: () => Promise<void>): SandboxPod {
  const { engine, workload } = pod;
  return {
    workload,
    engine,
    containers: pod.started,
    get outcome() {
      return pod.guard.judged(outcome);
    },
    address: pod.address,
    differences: pod.differences,
    logs: ({ id }) => engine.logs(id),
    signal: ({ id }, name) => engine.kill(id, name),
    get restartable() {
      return pod.guard.ended === undefined;
    },
    async restart() {
      const again = {
        engine,
        options: pod.options,
        mayEnd: mayEnd(pod.facts.pod),
        running: pod.started,
        startAgain: (id: string) => startAgain(pod, id),
        address: () => pod.address,
      };
      const restarted = await restartAll(again);
      await tellMemory(pod);
      return pod.guard.judged(restarted);
    },
    state: ({ id }) => engine.state(id),
    changes: ({ id }) => engine.changes(id),
    stat: ({ id }, path) => engine.stat(id, path),
    reach: async (port) => (pod.address === undefined ? undefined : { host: pod.address, port }),
    listening: async ({ id }) => (engine.info.local ? portsOfProcess((await engine.state(id)).pid) : []),
    exec: ({ id }, command, options) => engine.exec(id, command, options),
    stop: (graceSeconds) => stopPod(pod, graceSeconds),
    remove,
  };
}

/** preStop hooks, then SIGTERM (or the image's own signal) to the main containers at once, then to the sidecars in reverse. */
async function stopPod(pod: PodInMaking, graceSeconds: number): Promise<void> {
  const stop = async ({ container, id }: PodInMaking['started'][number]) => {
    if ((await pod.engine.state(id)).status !== 'running') return;
    const hook = hookOf(container, 'preStop');
    if (typeof hook === 'object') {
      const exec = (command: readonly string[], timeoutMs: number) => pod.engine.exec(id, command, { timeoutMs });
      await attempt(hook, { address: pod.address, exec }, Math.max(1, graceSeconds) * 1000);
    }
    await pod.engine.stop(id, graceSeconds);
    if (graceSeconds === 0 || pod.guard.ended !== undefined || (await pod.engine.state(id)).exitCode !== KILLED) return;
    pod.differences.push(
      `Container ${container.name} did not end within ${graceSeconds} s of being asked to, and was killed, as Kubernetes does after its grace period.`,
    );
  };
  await Promise.all(pod.started.filter(({ container }) => container.role === 'main').map(stop));
  for (const sidecar of pod.started.filter(({ container }) => container.role === 'sidecar').reverse())
    await stop(sidecar);
  await tellMemory(pod);
}

/** A container that the kernel has killed is the outcome; where only a process of it was, it is a difference. */
async function tellMemory(pod: PodInMaking): Promise<void> {
  for (const running of pod.started) {
    const sentence = await pod.guard.outOfMemory(running);
    if (sentence === undefined) continue;
    const { exitCode } = await pod.engine.state(running.id);
    if (exitCode === KILLED) pod.guard.end(sentence);
    else if (!pod.differences.includes(sentence)) pod.differences.push(sentence);
  }
}

/** Takes everything away, newest first; what cannot be removed now is found again by its label or its directory's name. */
async function removeAll(
  engine: Engine,
  created: string[],
  network: string | undefined,
  directory: string,
): Promise<void> {
  const alive: string[] = [];
  for (const id of created.splice(0).reverse()) await engine.remove(id).catch(() => alive.unshift(id));
  created.push(...alive);
  if (network !== undefined) await engine.removeNetwork(network).catch(() => {});
  if (alive.length > 0) return;
  await removeDirectory(directory).catch(() => {});
  // The run's own directory goes with its last pod; another one's keeps it.
  await rmdir(dirname(directory)).catch(() => {});
}

/** Runs a workload's pod on an engine as Kubernetes would: namespaces, volumes, order, probes; nothing of the host. */
import { randomUUID } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { podOf } from '../workload/pod.ts';
import type { Workload } from '../workload/workload.ts';
import { configurationFrom } from './configuration.ts';
import { manifestDifferences } from './differences.ts';
import { type ContainerRequest, type Engine, RUN_LABEL } from './engine.ts';
import type { PodFacts } from './environment.ts';
import { portsOfProcess } from './listening.ts';
import { hostnameOf, mayEnd, named, podNameOf, serviceNamesOf } from './names.ts';
import type { PodOptions, PodOutcome, SandboxPod } from './pod.ts';
import { startContainer } from './pod-container.ts';
import { imagesOf } from './pod-images.ts';
import type { PodInMaking } from './pod-in-making.ts';
import { startPause } from './pod-network.ts';
import { attempt } from './probes.ts';
import { removeDirectory } from './run-directory.ts';
import { directoryOf } from './runs.ts';
import { hookOf, restartAll, startAll } from './start-order.ts';
import { prepareVolumes } from './volumes.ts';

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
  const remove = () => removeAll(engine, created, network, directory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    network = await engine.createNetwork(id, { [RUN_LABEL]: options.run });
    const pod = await preparePod({ engine, workload, options, id, directory, network, images, created });
    const outcome = await startAll({
      engine,
      containers: workload.containers,
      options,
      mayEnd: mayEnd(pod.facts.pod),
      start: (container) => startContainer(pod, container),
      address: () => pod.address,
    });
    return runningPod(pod, outcome, remove);
  } catch (error) {
    await remove();
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.', { cause: error });
    throw error;
  }
}

interface Preparing
  extends Pick<PodInMaking, 'engine' | 'workload' | 'options' | 'id' | 'directory' | 'images' | 'created'> {
  readonly network: string;
}

async function preparePod(input: Preparing): Promise<PodInMaking> {
  const { engine, workload, options, id, directory, images, created } = input;
  const plain = podOf(workload);
  const pod = named(plain, podNameOf(workload, plain));
  const hostname = hostnameOf(pod);
  const own: ContainerRequest['network'] = {
    name: input.network,
    aliases: [hostname, ...serviceNamesOf(options.documents, pod)],
  };
  const labels = { [RUN_LABEL]: options.run };
  const imageId = [...images.values()][0]!.id;
  const { lowPorts } = options;
  const pause = await startPause(
    { engine, workload, imageId, name: `${id}-pause`, directory, hostname, network: own, labels, lowPorts },
    (made) => created.push(made),
  );
  const address = (await engine.state(pause)).ipAddress;
  const facts: PodFacts = { pod, uid: randomUUID(), podIP: address };
  const configuration = configurationFrom(options.documents, workload.namespace);
  const volumes = await prepareVolumes({ workload, facts, configuration, directory: join(directory, 'volumes') });
  return {
    engine,
    workload,
    options,
    id,
    directory,
    hostname,
    images,
    configuration,
    volumes,
    facts,
    network: { join: pause },
    pidOf: workload.podSpec.shareProcessNamespace === true ? pause : undefined,
    address,
    differences: [...manifestDifferences(workload, engine.info.name, options.hostPrivileges), ...volumes.differences],
    started: [],
    created,
  };
}

function runningPod(pod: PodInMaking, outcome: PodOutcome, remove: () => Promise<void>): SandboxPod {
  const { engine, workload } = pod;
  return {
    workload,
    engine,
    containers: pod.started,
    outcome,
    address: pod.address,
    differences: pod.differences,
    logs: ({ id }) => engine.logs(id),
    signal: ({ id }, name) => engine.kill(id, name),
    restartable: true,
    restart: () =>
      restartAll({
        engine,
        options: pod.options,
        mayEnd: mayEnd(pod.facts.pod),
        running: pod.started,
        address: () => pod.address,
      }),
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
  };
  await Promise.all(pod.started.filter(({ container }) => container.role === 'main').map(stop));
  for (const sidecar of pod.started.filter(({ container }) => container.role === 'sidecar').reverse())
    await stop(sidecar);
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

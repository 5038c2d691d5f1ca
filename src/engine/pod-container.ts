/** Creates and starts one container of a pod, and reads back what it really got before and after its first instruction. */
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Container } from '../workload/workload.ts';
import type { Bind, ContainerRequest } from './engine.ts';
import { RUN_LABEL } from './engine.ts';
import { environmentOf } from './environment.ts';
import { hostsText, makeEtcFiles } from './etc-files.ts';
import { createWithGroups, isStrict } from './group-memberships.ts';
import { hostNamespacesOf } from './host-namespaces.ts';
import { refusalOf } from './identity.ts';
import { containerNameOf } from './names.ts';
import type { RunningContainer } from './pod.ts';
import { checkIdentity, checkMounts, READ_BACK } from './pod-checks.ts';
import type { PodInMaking } from './pod-in-making.ts';
import { requestFor } from './request.ts';
import { giveStreams } from './standard-streams.ts';
import { exchangeable, type SubPath, uncertain, writableBy } from './sub-path.ts';
import { mountsFor } from './volumes.ts';

/** A string is the sentence why the kubelet or the runtime would not start it. Throws what is no property of the pod. */
export async function startContainer(pod: PodInMaking, container: Container): Promise<RunningContainer | string> {
  const { engine, options } = pod;
  if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
  const image = pod.images.get(container.image ?? '')!;
  const refusal = refusalOf(container, image);
  if (refusal !== undefined) return `container ${container.name}: ${refusal}`;
  if (pod.guard.ended !== undefined) return pod.guard.ended;
  const variables = environmentOf(container, pod.facts, pod.configuration);
  const files = await makeEtcFiles(
    join(pod.directory, 'etc', containerNameOf('c', container.name)),
    container,
    pod.ids,
  );
  const mounts = await mountsFor(container, pod.volumes, variables);
  const binds = [...mounts.binds, ...mounts.subPaths];
  const asked = requestFor({
    workload: pod.workload,
    container,
    image,
    name: containerNameOf(pod.id, container.name),
    variables,
    binds: [...files.binds, ...binds, ...(options.extraBinds ?? [])],
    tmpfs: mounts.tmpfs,
    network: pod.network,
    pidOf: pod.pidOf,
    userNamespace: pod.userNamespace,
    labels: { [RUN_LABEL]: options.run },
    hostPrivileges: options.hostPrivileges,
    memoryBytes: pod.memoryOf(container).bytes,
    cpus: pod.cpus,
    hostNamespaces: hostNamespacesOf(pod.workload, options),
  });
  const { id, request } = await createWithGroups(engine, asked, isStrict(pod.workload));
  pod.created.push(id);
  const running: RunningContainer = { container, id, volumes: hostDirectories(binds) };
  const setUp = async () => {
    await files.writeHosts(hostsText(pod.address, pod.hostname, pod.workload.podSpec, pod.services));
    await checkMounts({ pod, id, request, image, subPaths: mounts.subPaths });
  };
  try {
    const pid = await initialise(pod, id);
    await refuseExchangeable(pod, binds, mounts.subPaths, pid !== undefined && engine.info.local);
    pod.started.push(running);
    await pod.guard.watchContainer(running);
    if (pid !== undefined) {
      await setUp();
      await options.onInitialised?.(running, pid, () => engine.changes(id));
    }
    await engine.start(id);
    if (pid === undefined) await setUp();
  } catch (error) {
    if (error instanceof Failure && error.code === 'engine-refused' && !error.message.startsWith(READ_BACK)) {
      return `container ${container.name} could not be started: ${error.message}`;
    }
    throw error;
  }
  await checkIdentity(pod, running, request);
  return running;
}

/** Starts a container that has ended once more. */
export async function startAgain(pod: PodInMaking, id: string): Promise<void> {
  if (pod.ids) await initialise(pod, id);
  await pod.engine.start(id);
}

async function initialise({ engine, ids }: PodInMaking, id: string): Promise<number | undefined> {
  const pid = await engine.init(id);
  if (ids && pid !== undefined) await giveStreams(pid);
  return pid;
}

function hostDirectories(binds: ContainerRequest['binds']): Map<string, string> {
  return new Map(binds.map(({ target, source }) => [target, source]));
}

/**
 * Another container may exchange a part of a volume for a link to the host between our look and the runtime's. Where
 * the mount can be held against that look before anything runs, it is; elsewhere nobody may be able to exchange it.
 */
async function refuseExchangeable(
  pod: PodInMaking,
  binds: readonly Bind[],
  subPaths: readonly SubPath[],
  checked: boolean,
): Promise<void> {
  if (subPaths.length === 0) return;
  const writable = writableBy(await mayStillRun(pod));
  const refused = uncertain(subPaths, binds, writable) ?? (checked ? undefined : exchangeable(subPaths, writable));
  if (!refused) return;
  throw new Failure(
    'bad-manifest',
    `The subPath of the mount at ${refused.target} lies in a volume that a container which runs already can write.`,
    { hint: 'It could be exchanged for a link to the host at that very moment; mount the whole volume, or its own.' },
  );
}

/** In a shared process namespace, processes may outlive the first one of their container. */
async function mayStillRun({ engine, started, workload }: PodInMaking): Promise<readonly RunningContainer[]> {
  if (workload.podSpec.shareProcessNamespace === true) return started;
  const states = await Promise.all(started.map(({ id }) => engine.state(id)));
  return started.filter((_, index) => states[index]!.status !== 'exited');
}

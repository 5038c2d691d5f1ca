/** Creates and starts one container of a pod, and reads back what it really got before and after its first instruction. */
import { existsSync } from 'node:fs';
import { chmod, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Configuration } from './configuration.ts';
import type { ContainerRequest, Engine, ImageConfig } from './engine.ts';
import { RUN_LABEL } from './engine.ts';
import { environmentOf, type PodFacts } from './environment.ts';
import { hostsText, makeEtcFiles } from './etc-files.ts';
import { ALL_CAPABILITIES, refusalOf } from './identity.ts';
import { containerNameOf } from './names.ts';
import type { PodOptions, RunningContainer } from './pod.ts';
import { type Identity, readIdentity, readMounts, resolveLinks, surprises } from './read-back.ts';
import { isOwner, requestFor } from './request.ts';
import { mountsFor, type PodVolumes } from './volumes.ts';

/** The engine says "started" a moment before the new process has its last settings. */
const IDENTITY_TRIES = 20;
const IDENTITY_WAIT_MS = 25;

/** A pod while it is being put together. */
export interface PodInMaking {
  readonly engine: Engine;
  readonly workload: Workload;
  readonly options: PodOptions;
  /** Unique on the engine: the prefix of every name. */
  readonly id: string;
  readonly directory: string;
  readonly hostname: string;
  readonly images: ReadonlyMap<string, ImageConfig>;
  readonly configuration: Configuration;
  readonly volumes: PodVolumes;
  readonly facts: PodFacts;
  /** The network that the first container owns, or the pause container that all join. */
  readonly network: ContainerRequest['network'];
  readonly pidOf: string | undefined;
  address: string | undefined;
  readonly differences: string[];
  readonly started: RunningContainer[];
  /** Everything created, to be removed in reverse. */
  readonly created: string[];
}

/** A string is the sentence why the kubelet or the runtime would not start it. Throws what is no property of the pod. */
export async function startContainer(pod: PodInMaking, container: Container): Promise<RunningContainer | string> {
  const { engine, options } = pod;
  if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
  const image = pod.images.get(container.image ?? '')!;
  const refusal = refusalOf(container, image);
  if (refusal !== undefined) return `container ${container.name}: ${refusal}`;
  const variables = environmentOf(container, pod.facts, pod.configuration);
  const files = await makeEtcFiles(join(pod.directory, 'etc', containerNameOf('c', container.name)), container);
  const mounts = await mountsFor(container, pod.volumes, variables);
  const request = requestFor({
    workload: pod.workload,
    container,
    image,
    name: containerNameOf(pod.id, container.name),
    hostname: pod.hostname,
    variables,
    binds: [...files.binds, ...mounts.binds, ...(options.extraBinds ?? [])],
    tmpfs: mounts.tmpfs,
    network: pod.network,
    pidOf: pod.pidOf,
    labels: { [RUN_LABEL]: options.run },
  });
  const id = await engine.create(request);
  pod.created.push(id);
  const running: RunningContainer = { container, id, volumes: hostDirectories(mounts.binds) };
  const setUp = async () => {
    if (isOwner(request.network)) pod.address = (await engine.state(id)).ipAddress;
    await files.writeHosts(hostsText(pod.address, pod.hostname, pod.workload.podSpec));
    await checkMounts(pod, id, request, image);
  };
  try {
    const pid = await engine.init(id);
    pod.started.push(running);
    if (pid !== undefined) {
      await setUp();
      await options.onInitialised?.(running, pid);
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

const OLD_CGROUPS = 'This host has cgroups version 1: /sys/fs/cgroup is empty and read-only here.';

const READ_BACK = 'The sandbox is not what was asked for';

function hostDirectories(binds: ContainerRequest['binds']): Map<string, string> {
  return new Map(binds.map(({ target, source }) => [target, source]));
}

/** Before anything is judged: nothing may be writable that was not asked for. */
async function checkMounts(pod: PodInMaking, id: string, request: ContainerRequest, image: ImageConfig): Promise<void> {
  const { engine, differences } = pod;
  const { status, pid } = await engine.state(id);
  if (status === 'exited') return;
  const linkAt = async (path: string) => {
    if (!engine.info.local) return (await engine.stat(id, path))?.linkTarget;
    return readlink(`/proc/${pid}/root${path}`).catch(() => undefined);
  };
  const resolve = (path: string) => resolveLinks(path, linkAt);
  if (engine.info.local) await openMemory(request, pid, resolve);
  const mounts = await readMounts(engine, id);
  const cgroups = mounts.find(({ path }) => path === '/sys/fs/cgroup');
  if (cgroups?.type === 'tmpfs' && !cgroups.writable && !differences.includes(OLD_CGROUPS))
    differences.push(OLD_CGROUPS);
  const found = await surprises(mounts, request, image, resolve);
  if (found.length === 0) return;
  throw new Failure('engine-refused', `${READ_BACK}: ${found.join('; ')}.`, {
    hint: 'Nothing was judged, because a proof in it would mean nothing. Please report this with the engine’s version.',
  });
}

/** runc gives a tmpfs the mode of the image's directory below it, the kubelet always its own. */
async function openMemory(
  request: ContainerRequest,
  pid: number,
  resolve: (path: string) => Promise<string>,
): Promise<void> {
  for (const { target, options } of request.tmpfs) {
    const mode = options.find((option) => option.startsWith('mode='));
    if (mode) await chmodIn(pid, await resolve(target), Number.parseInt(mode.slice('mode='.length), 8));
  }
}

/** A container may end at any moment, and takes its /proc entry along. */
async function chmodIn(pid: number, path: string, mode: number): Promise<void> {
  try {
    await chmod(`/proc/${pid}/root${path}`, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ESRCH'].includes(code ?? '') || existsSync(`/proc/${pid}/root`)) throw error;
  }
}

/** Throws when a process could do more than was asked for; says so when it can do less. */
async function checkIdentity(
  pod: PodInMaking,
  { container, id }: RunningContainer,
  request: ContainerRequest,
): Promise<void> {
  for (let tries = IDENTITY_TRIES; ; tries -= 1) {
    const { status } = await pod.engine.state(id);
    if (status === 'exited') return;
    const identity = await readIdentity(pod.engine, id).catch(() => undefined);
    const wrong = identity && identityErrors(identity, request);
    if (identity && wrong?.length === 0) {
      const missing = ALL_CAPABILITIES.filter(
        (name, bit) => request.capabilities.includes(name) && !has(identity.bounding, bit),
      );
      if (missing.length > 0 && !request.privileged) {
        pod.differences.push(`Container ${container.name}: ${missing.join(', ')} cannot be given to its user here.`);
      }
      return;
    }
    if (tries === 0 && wrong) throw new Failure('engine-refused', `${READ_BACK}: ${wrong.join('; ')}.`);
    if (tries === 0) return;
    await new Promise((resolve) => setTimeout(resolve, IDENTITY_WAIT_MS));
  }
}

const has = (set: bigint, bit: number) => ((set >> BigInt(bit)) & 1n) === 1n;

export function identityErrors(identity: Identity, request: ContainerRequest): string[] {
  const errors: string[] = [];
  const extra = ALL_CAPABILITIES.filter(
    (name, bit) => has(identity.bounding, bit) && !request.capabilities.includes(name),
  );
  if (extra.length > 0 && !request.privileged) errors.push(`the bounding set holds ${extra.join(', ')} as well`);
  if (identity.ambient !== 0n) errors.push('there are ambient capabilities');
  if (identity.noNewPrivileges !== request.noNewPrivileges) errors.push('no_new_privs differs');
  if ((identity.seccomp === 0) !== (request.seccomp === 'unconfined')) errors.push('the seccomp mode differs');
  return errors;
}

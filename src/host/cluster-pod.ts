/** Runs one pod in the throw-away namespace of a cluster, until it is ready or cannot become so, and answers for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/client.ts';
import type { Forwarder } from '../cluster/port-forward.ts';
import type { FilesystemChange, PathStat } from '../engine/engine.ts';
import { listeningPorts, TABLES } from '../engine/listening.ts';
import { mayEnd, podNameOf } from '../engine/names.ts';
import type { PodOptions, PodOutcome, RunningContainer, RunningPod } from '../engine/pod.ts';
import { aim, attempt, probeOf } from '../engine/probes.ts';
import { SETTLE_MS } from '../engine/readiness.ts';
import { READY_TIMEOUT_MS } from '../engine/start-order.ts';
import { Failure } from '../failure.ts';
import { podOf } from '../workload/pod.ts';
import { type JsonObject, listOf, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { type FileList, fileChanges, listCommand, parseFileList } from './file-list.ts';
import { objectsFor } from './input-objects.ts';
import { eventsOf } from './looking-pod.ts';
import type { TrialNamespace } from './namespace.ts';
import { OPEN_FILES, openChanges } from './open-files.ts';
import { type FollowedLog, followLog, readLog } from './pod-log.ts';
import { containerState, createdContainers, judgePod, type PodJudgement } from './pod-status.ts';
import { watchObject } from './pod-watch.ts';
import { type AddedVolume, trialPod } from './trial-pod.ts';
import { callWitness, type Testimony, withWitnesses } from './witness.ts';

/** Until the node has begun with the first container: a place for it, its volumes, its images. */
const BEGIN_TIMEOUT_MS = 180_000;
const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 1_000;
/** Beyond the grace that a pod is given, for the node to say that it has ended. */
const END_SLACK_MS = 15_000;
/** A pod's longest name that is also its host name. */
const LONGEST_NAME = 63;

const NOT_FOUND = 404;

/** The list is made by the container's own tools, from inside. */
const MISSED = 'in a cluster nobody sees what it writes to volumes';
const MISSED_END = `${MISSED}, or while it ends`;
const SHARED =
  'The processes of the pod share one namespace while it is observed, so that a second container sees what the first one writes while it ends.';

/** Where a pod is run, and what is known of images there. */
export interface ClusterPlace {
  readonly cluster: Cluster;
  readonly namespace: TrialNamespace;
  /** Names of pods that are there now. */
  readonly taken: Set<string>;
  /** The files that an image ships; a string says why they are not known. */
  filesOf(image: string): Promise<FileList | string>;
}

/** What a pod gets that its manifest does not have. */
export interface Additions {
  readonly volumes: readonly AddedVolume[];
  /** Documents as those of the input: ConfigMaps that the volumes name. */
  readonly documents: readonly JsonObject[];
}

/** A pod of a cluster, which can be found there. */
export interface ClusterPod extends RunningPod {
  readonly namespace: string;
  readonly name: string;
  /** The `v1` Pod as it was sent. */
  readonly sent: JsonObject;
  /** The `v1` Pod as it was last seen. */
  readonly object: JsonObject;
}

interface Tried {
  readonly at: ClusterPlace;
  readonly workload: Workload;
  readonly options: PodOptions;
  readonly name: string;
  readonly path: string;
  readonly forwarder: Forwarder;
  /** The pod as it was last seen. */
  pod: JsonObject;
  /** What `find` saw last, by container. */
  readonly lists: Map<string, FileList>;
  /** By container, once the pod is being stopped. */
  readonly followed: Map<string, FollowedLog>;
  /** Whether a witness stands beside each container that may write its root. */
  witnessed: boolean;
  /** Who a container's commands run as, once that is known. */
  readonly users: Map<string, { readonly uid: number; readonly gid: number }>;
  /** By container, once the pod was stopped: its files at its end, or why they are not known. */
  readonly ended: Map<string, FileList | string>;
}

/**
 * As `runPod` in `engine/sandbox.ts`. What admission refuses is the outcome, in its own words, without any container.
 * With `additions` the pod is only itself, and no witness is put beside it.
 */
export async function runInCluster(
  at: ClusterPlace,
  workload: Workload,
  options: PodOptions,
  additions?: Additions,
): Promise<ClusterPod> {
  const { cluster, namespace } = at;
  const name = freeName(at, podNameOf(workload, podOf(workload)));
  const { run, hostPrivileges, lowPorts } = options;
  const { object, differences, withheld } = trialPod(workload, {
    name,
    namespace: namespace.name,
    run,
    hostPrivileges,
    lowPorts,
    added: additions?.volumes ?? [],
  });
  const notes: string[] = [];
  const tried: Tried = {
    at,
    workload,
    options,
    name,
    path: namespace.path('pods', name),
    forwarder: cluster.forward({ namespace: namespace.name, pod: name }),
    pod: object,
    lists: new Map(),
    followed: new Map(),
    witnessed: false,
    users: new Map(),
    ended: new Map(),
  };
  try {
    const given = [...(additions?.documents ?? []), ...options.documents];
    const needed = objectsFor(object, given, workload.namespace);
    for (const { plural, object: one } of needed) await namespace.create(plural, one);
    options.progress?.(`starting pod ${name} in namespace ${namespace.name}`);
    const watched = additions === undefined ? await watchable(at, workload, object) : undefined;
    if (watched !== undefined) {
      const outcome = await start(tried, watched, notes);
      if (outcome.ready) {
        tried.witnessed = true;
        return runningPod(tried, outcome, { sent: watched, differences: [...differences, ...notes, SHARED], withheld });
      }
      // It may be the shared namespace that it does not like: as it is written, it counts.
      await removeWithGrace(tried, 1);
    }
    const outcome = await start(tried, object, notes);
    return runningPod(tried, outcome, { sent: object, differences: [...differences, ...notes], withheld });
  } catch (error) {
    await removePod(tried);
    throw error;
  }
}

/** The pod with its witnesses; undefined: nobody could tell what they see, or they would keep a job from its end. */
async function watchable(at: ClusterPlace, workload: Workload, pod: JsonObject): Promise<JsonObject | undefined> {
  if (mayEnd(podOf(workload))) return undefined;
  for (const { role, image } of workload.containers) {
    if (role === 'main' && typeof (await at.filesOf(image ?? '')) === 'string') return undefined;
  }
  return withWitnesses(pod, workload);
}

async function start(tried: Tried, pod: JsonObject, notes: string[]): Promise<PodOutcome> {
  tried.pod = pod;
  const refusal = await tried.at.namespace.createPod(pod, notes);
  if (refusal === undefined) return untilJudged(tried);
  return { ready: false, reason: `the cluster refuses the pod: ${refusal}`, readyMs: undefined };
}

/** Two pods of one name cannot be there at once. */
function freeName({ taken }: ClusterPlace, wanted: string): string {
  const plain = wanted.slice(0, LONGEST_NAME - 4).replace(/[^a-z0-9]+$/, '') || 'pod';
  let name = plain;
  for (let number = 2; taken.has(name); number += 1) name = `${plain}-${number}`;
  taken.add(name);
  return name;
}

async function untilJudged(tried: Tried): Promise<PodOutcome> {
  const { options, workload } = tried;
  const begin = performance.now();
  const readyTimeoutMs = options.readyTimeoutMs ?? READY_TIMEOUT_MS;
  let deadline = begin + BEGIN_TIMEOUT_MS;
  let begun = false;
  for (let interval = FIRST_POLL_MS; ; interval = Math.min(interval * 2, LAST_POLL_MS)) {
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
    await look(tried);
    if (!begun && createdContainers(tried.pod).length > 0) {
      begun = true;
      deadline = performance.now() + readyTimeoutMs;
    }
    const late = performance.now() > deadline;
    const judged = await judge(tried, late);
    if (judged.state === 'ready') {
      const readyMs = Math.round(performance.now() - begin);
      const reason = await settle(tried, deadline);
      return reason === undefined ? { ready: true, reason, readyMs } : { ready: false, reason, readyMs: undefined };
    }
    if (judged.state === 'failed' && judged.image !== undefined) {
      throw new Failure('image-missing', `Image ${judged.image} cannot be had in the cluster: ${judged.reason}`, {
        hint: 'check the name and the registry; load it into the nodes where it is in none',
      });
    }
    if (judged.state === 'failed') return { ready: false, reason: judged.reason, readyMs: undefined };
    if (late) return { ready: false, reason: judged.reason, readyMs: undefined };
    options.progress?.(`waiting for pod ${workload.name} to become ready`);
    await sleep(interval, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
  }
}

/** Events are asked for only where they say more than the status: a failure, or an end of the patience. */
async function judge(tried: Tried, withEvents: boolean): Promise<PodJudgement> {
  const end = mayEnd(podOf(tried.workload));
  const judged = judgePod(tried.pod, [], end);
  if (judged.state === 'ready' || (judged.state === 'waiting' && !withEvents)) return judged;
  return judgePod(tried.pod, await eventsOf(tried.at.cluster, tried.pod), end);
}

/** Without a readiness probe the kubelet calls a container ready at once: it must stay up and take connections as well. */
async function settle(tried: Tried, deadline: number): Promise<string | undefined> {
  const { workload, options } = tried;
  const staying = workload.containers.filter(({ role }) => role === 'main' || role === 'sidecar');
  const unprobed = staying.filter(({ spec }) => spec.readinessProbe === undefined);
  if (unprobed.length === 0 && staying.every(({ spec }) => spec.livenessProbe === undefined)) return undefined;
  await sleep(SETTLE_MS, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
  for (;;) {
    if (options.signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
    await look(tried);
    const judged = await judge(tried, false);
    if (judged.state === 'failed') return judged.reason;
    const refused = (await refusedPort(tried, unprobed)) ?? (await failedLiveness(tried));
    if (refused === undefined) return undefined;
    if (performance.now() > deadline) return refused;
    await sleep(LAST_POLL_MS, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
  }
}

async function refusedPort(tried: Tried, containers: readonly Container[]): Promise<string | undefined> {
  for (const { name, spec } of containers) {
    if (!containerState(tried.pod, name).running) continue;
    for (const written of listOf(spec.ports)) {
      const { containerPort: port, protocol } = objectOr(written);
      if (typeof port !== 'number' || (protocol !== undefined && protocol !== 'TCP')) continue;
      if (!(await tried.forwarder.listens(port))) return `container ${name} takes no connection on its port ${port}`;
    }
  }
  return undefined;
}

/** The kubelet kills for it only after its periods; one attempt from here says now whether it will. */
async function failedLiveness(tried: Tried): Promise<string | undefined> {
  for (const container of tried.workload.containers) {
    const probe = probeOf(container, 'livenessProbe');
    if (typeof probe !== 'object' || !containerState(tried.pod, container.name).running) continue;
    const { handler, address } = await aim(probe.handler, tried.forwarder.reach);
    const place = placeOf(tried, container.name);
    const exec = (command: readonly string[], timeoutMs: number) =>
      tried.at.cluster.exec(place, command, { timeoutMs });
    const failed = await attempt(handler, { address, exec }, probe.timeoutMs);
    if (failed !== undefined) return `container ${container.name}: liveness probe failed: ${failed}`;
  }
  return undefined;
}

/** What the cluster says of the pod now; once it is gone, what it said last stays. */
async function look(tried: Tried): Promise<void> {
  const { status, body } = await tried.at.cluster.api.get(tried.path);
  if (status === 200) tried.pod = body;
}

function runningPod(
  tried: Tried,
  outcome: PodOutcome,
  { sent, differences, withheld }: Required<Pick<ClusterPod, 'sent' | 'differences' | 'withheld'>>,
): ClusterPod {
  const { workload, forwarder, at, path } = tried;
  const created = new Set(createdContainers(tried.pod));
  const containers = workload.containers
    .filter(({ name, role }) => role !== 'ephemeral' && created.has(name))
    .map(
      (container): RunningContainer => ({
        container,
        id: `${tried.name}/${container.name}`,
        // The node has them; here only where they are mounted is known.
        volumes: new Map(container.mounts.map(({ mountPath }) => [mountPath, ''])),
      }),
    );
  const exec: RunningPod['exec'] = ({ container }, command, options) =>
    at.cluster.exec(placeOf(tried, container.name), command, options);
  return {
    workload,
    containers,
    outcome,
    namespace: at.namespace.name,
    name: tried.name,
    sent,
    get object() {
      return tried.pod;
    },
    // Only through its ports, one by one.
    address: undefined,
    differences,
    withheld,
    logs: async ({ container: { name } }) => tried.followed.get(name)?.ended() ?? readLog(at.cluster, path, name),
    async state({ container: { name } }) {
      await look(tried);
      const { running, exitCode, restarts, imageId } = containerState(tried.pod, name);
      // One that was started anew has ended, however it stands now.
      const ended = exitCode !== undefined && (!running || restarts > 0);
      const status = ended ? 'exited' : running ? 'running' : 'created';
      return { status, exitCode: ended ? exitCode : undefined, pid: 0, ipAddress: undefined, imageId, restarts };
    },
    changes: ({ container }) => changesOf(tried, container),
    // Asked for when everything is over.
    get changesMiss() {
      const seen = [...tried.ended.values()].some((files) => typeof files !== 'string');
      return seen ? MISSED : MISSED_END;
    },
    stat: async ({ container: { name } }, file) => statIn(tried.lists.get(name), file),
    reach: (port) => forwarder.reach(port),
    listening: ({ container: { name } }) => listeningIn(tried, name),
    exec,
    signal: async (container, name) => void (await exec(container, ['kill', '-s', name.replace(/^SIG/, ''), '1'])),
    restartable: false,
    async restart() {
      throw new Failure('cluster-refused', 'A pod of a cluster is not started again: its volumes go with it.');
    },
    stop: (graceSeconds) => stopPod(tried, containers, graceSeconds),
    remove: () => removePod(tried),
  };
}

function placeOf({ at, name }: Tried, container: string) {
  return { namespace: at.namespace.name, pod: name, container };
}

/** By the container's own `find`; what it wrote and removed again in between is not in it. */
async function changesOf(tried: Tried, container: Container): Promise<readonly FilesystemChange[]> {
  const { name } = container;
  const before = await tried.at.filesOf(container.image ?? '');
  if (typeof before === 'string') throw new Error(`the image's own files are not known: ${before}`);
  const now = tried.ended.get(name) ?? (await filesNow(tried, name));
  if (typeof now === 'string') throw new Error(now);
  tried.lists.set(name, now);
  const changes = fileChanges(before, now, tried.users.get(name) ?? NOBODY);
  const known = new Set(changes.map(({ path }) => path));
  return [...changes, ...(await openFiles(tried, name, now)).filter(({ path }) => !known.has(path))];
}

/** None where there is no shell, or nothing runs any more. */
async function openFiles(tried: Tried, name: string, files: FileList): Promise<readonly FilesystemChange[]> {
  if (tried.ended.has(name)) return [];
  const { stdout } = await tried.at.cluster.exec(placeOf(tried, name), ['sh', '-c', OPEN_FILES]);
  return openChanges(stdout.toString('utf8'), files);
}

/** May look into nothing that is not open to everyone. */
const NOBODY = { uid: -1, gid: -1 };

async function filesNow(tried: Tried, container: string): Promise<FileList> {
  const place = placeOf(tried, container);
  const { stdout, stderr } = await tried.at.cluster.exec(place, listCommand(['/']));
  const files = parseFileList(stdout.toString('utf8'));
  if (files.size === 0) throw new Error(`no list of files: ${stderr.toString('utf8').trim().slice(0, 200)}`);
  const status = (await tried.at.cluster.exec(place, ['cat', '/proc/self/status'])).stdout.toString('utf8');
  const idOf = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1);
  tried.users.set(container, { uid: idOf('Uid'), gid: idOf('Gid') });
  return files;
}

function statIn(list: FileList | undefined, path: string): PathStat | undefined {
  const file = list?.get(path);
  return file && { type: file.type, mode: file.mode, size: file.size, linkTarget: undefined };
}

async function listeningIn(tried: Tried, container: string): Promise<readonly number[]> {
  try {
    const place = placeOf(tried, container);
    const { stdout } = await tried.at.cluster.exec(place, ['cat', ...TABLES.map((table) => `/proc/net/${table}`)]);
    return listeningPorts(stdout.toString('utf8'));
  } catch {
    return [];
  }
}

/** The kubelet runs the hooks, sends the signals and waits; the logs are followed so that their last lines are not lost. */
async function stopPod(tried: Tried, containers: readonly RunningContainer[], graceSeconds: number): Promise<void> {
  const { cluster } = tried.at;
  for (const { container } of containers) {
    const { name } = container;
    if (tried.followed.has(name)) continue;
    tried.followed.set(name, await lastLog(tried, name));
  }
  const grace = Math.max(1, Math.round(graceSeconds));
  const testimonies = await callWitnesses(tried, containers, grace);
  const stop = new AbortController();
  const see = (pod: JsonObject) => {
    tried.pod = pod;
  };
  const watched = watchObject(cluster.api, tried.at.namespace.path('pods'), tried.name, see, stop.signal).catch(
    () => {},
  );
  await removeWithGrace(tried, grace);
  for (const { container } of containers) {
    const told = await testimonies.get(container.name)?.told();
    tried.ended.set(container.name, told ?? 'its files went with it');
  }
  await Promise.race([watched, sleep(LAST_POLL_MS)]);
  stop.abort();
}

async function callWitnesses(
  tried: Tried,
  containers: readonly RunningContainer[],
  graceSeconds: number,
): Promise<ReadonlyMap<string, Testimony>> {
  const testimonies = new Map<string, Testimony>();
  if (!tried.witnessed) return testimonies;
  const at = { namespace: tried.at.namespace.name, pod: tried.name };
  const timeoutMs = graceSeconds * 1000 + END_SLACK_MS;
  for (const { container } of containers) {
    if (container.role !== 'main' || container.settings.readOnlyRootFilesystem.value) continue;
    const call = callWitness(tried.at.cluster, at, tried.pod, { container: container.name, timeoutMs });
    testimonies.set(container.name, await call);
  }
  return testimonies;
}

/**
 * The log as it will be once the pod is gone. That of one that runs is followed; what an instance that crashed before has
 * logged is not in it.
 */
async function lastLog({ at: { cluster }, path, pod }: Tried, name: string): Promise<FollowedLog> {
  const whole = await readLog(cluster, path, name);
  if (!containerState(pod, name).running) return { ended: async () => whole };
  const log = await followLog(cluster, path, name);
  let last: Promise<string> | undefined;
  return {
    ended() {
      last ??= log.ended().then((text) => (whole.endsWith(text) ? whole : joined(whole, text)));
      return last;
    },
  };
}

/** `whole` ends with the beginning of `followed`, unless the cluster has rotated the log meanwhile. */
function joined(whole: string, followed: string): string {
  for (let start = Math.max(0, whole.length - followed.length); start < whole.length; start += 1) {
    if (followed.startsWith(whole.slice(start))) return whole.slice(0, start) + followed;
  }
  return whole + followed;
}

async function removeWithGrace(tried: Tried, graceSeconds: number): Promise<void> {
  const deadline = Date.now() + graceSeconds * 1000 + END_SLACK_MS;
  await tried.at.cluster.api.send('DELETE', `${tried.path}?gracePeriodSeconds=${graceSeconds}`);
  while ((await isThere(tried)) && Date.now() < deadline) await sleep(FIRST_POLL_MS);
}

async function isThere({ at, path }: Tried): Promise<boolean> {
  return (await at.cluster.api.get(path)).status !== NOT_FOUND;
}

/** Never throws: what cannot be removed now goes with the namespace. */
async function removePod(tried: Tried): Promise<void> {
  tried.forwarder.close();
  try {
    await removeWithGrace(tried, 1);
    tried.at.taken.delete(tried.name);
  } catch {
    // Its name stays taken.
  }
}

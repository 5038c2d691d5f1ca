/** Sets the stage of a proof in a cluster: a copy of the pod in a throw-away namespace, with the runner and nothing weakened. */
import type { Cluster } from '../cluster/client.ts';
import type { Identity } from '../cluster/impersonate.ts';
import type { ImageConfig } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { admittedAs } from '../host/admitted.ts';
import type { ClusterPod } from '../host/cluster-pod.ts';
import type { ClusterHost } from '../host/kubernetes.ts';
import { RUNTIME_MOUNTS } from '../host/looking-pod.ts';
import { adoptLevel } from '../host/namespace.ts';
import { nodeOf } from '../host/node.ts';
import { cleanPath } from '../workload/file-path.ts';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Hands } from './attack.ts';
import { handsInCluster, runnerName } from './cluster-hands.ts';
import { asWritten, enterByProbe } from './enter.ts';
import { outsideOf, wordsOf } from './outside.ts';
import { harmlessControls } from './positive.ts';
import { call, output } from './probe/program.ts';
import { runner } from './probe/runner.ts';
import { AT_FDCWD } from './probe/syscalls.ts';
import { type Fellow, fellowsIn } from './processes.ts';
import { lookAtPaths, mountsSeen } from './reconnaissance.ts';
import { notRunning, type Stage } from './staging.ts';
import { CONTROL_MOUNT, messagePath, OWN_MOUNT, RUNNER_VOLUME } from './target.ts';
import { surfaceOf } from './writability.ts';

export interface ClusterStageOptions {
  readonly run: string;
  readonly documents: readonly unknown[];
  /** Who makes the attempts from outside; undefined: Petrify's own identity. */
  readonly identity?: Identity | undefined;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

/** The ConfigMap with the runner. */
const RUNNER = RUNNER_VOLUME;
/** Some bytes are enough: every control removes what it makes. */
const CONTROL_BYTES = '1Mi';
/** A node's kubelet may be of either architecture, and is known only once the pod is there. */
const ARCHITECTURES = ['x64', 'arm64'] as const;

/** Runs `act` while the copy runs; it is removed then, and its namespace with the run. */
export async function inCluster<T>(
  host: ClusterHost,
  workload: Workload,
  options: ClusterStageOptions,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { identity, ...shared } = options;
  const pod = await host.runPod(workload, { ...shared, hostPrivileges: 'withheld' }, ADDITIONS);
  try {
    return await act(await stageOf(host.cluster, pod, options));
  } finally {
    await pod.remove();
  }
}

const ADDITIONS = {
  documents: [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: RUNNER },
      binaryData: Object.fromEntries(ARCHITECTURES.map((each) => [runnerName(each), runner(each).toString('base64')])),
    },
  ],
  volumes: [
    {
      name: RUNNER,
      source: { configMap: { name: RUNNER, defaultMode: 0o555 } },
      mountPath: OWN_MOUNT,
      readOnly: true,
    },
    {
      name: 'petrify-control',
      source: { emptyDir: { sizeLimit: CONTROL_BYTES } },
      mountPath: CONTROL_MOUNT,
      readOnly: false,
    },
  ],
};

async function stageOf(cluster: Cluster, pod: ClusterPod, options: ClusterStageOptions): Promise<Stage> {
  const { workload } = pod;
  const node = await nodeOf(cluster, pod.object);
  const home = workload.namespace ?? cluster.namespace;
  const { changed, added } = admittedAs(pod.sent, pod.object);
  const level = await adoptLevel(cluster, home, pod.namespace);
  const { identity, signal } = options;
  // Where there is no node, there is no container that could be entered.
  const architecture = node?.architecture ?? 'x64';
  const on = node === undefined ? 'no node' : `node ${node.words}`;
  const handsOf = ({ name }: Container): Hands => {
    const place = { namespace: pod.namespace, pod: pod.name, container: name };
    return handsInCluster(cluster, place, architecture, outsideOf({ cluster, place, identity, home }));
  };
  const runs = async (container: Container) => {
    const inside = pod.containers.find((each) => each.container === container);
    if (inside === undefined) return 'the container was not created';
    const { status, exitCode } = await pod.state(inside);
    return status === 'running' ? undefined : notRunning(status, exitCode);
  };
  const port = portOf(workload);
  return {
    workload,
    where: `cluster: ${cluster.api.name}, Kubernetes ${cluster.version}, a copy in a throw-away namespace, on ${on}`,
    environment: {
      engine: 'kubernetes',
      engineVersion: cluster.version,
      runtime: node?.runtime ?? null,
      kernel: node?.kernel ?? null,
      architecture,
    },
    architecture,
    outcome: pod.outcome,
    differences: [...pod.differences, ...added, ...(level === undefined ? [] : [level]), asked(identity, home)],
    doubts: [...(pod.withheld ?? []), ...changed].map((what) => `What ran is another pod than the manifest’s: ${what}`),
    without: NOT_HERE,
    ownFiles: false,
    standIns: true,
    uncontrolled: 'named',
    async images() {
      const images = new Map<string, ImageConfig>();
      for (const inside of pod.containers) {
        const { image, settings } = inside.container;
        const known = image === undefined || (images.has(image) && settings.runAsUser.value !== undefined);
        if (known || (await runs(inside.container)) !== undefined) continue;
        const { imageId } = await pod.state(inside);
        const seen = await orUnknown(imageSeen(inside.container, imageId, handsOf(inside.container)));
        if (seen !== undefined) images.set(image, seen);
      }
      return images;
    },
    async enter(container, image) {
      const stopped = await runs(container);
      if (stopped !== undefined) return stopped;
      const known = {
        container,
        image,
        architecture,
        twin: false,
        hostAttacks: OF_A_NODE,
        outside: { live: false, port },
      };
      return asWritten(await enterByProbe(known, handsOf(container), { signal, fellows: fellowsOf(pod, container) }));
    },
    controls: async (own) => harmlessControls(own, CONTROL_MOUNT),
    surface: ({ target, hands }) => surfaceOf(target, hands),
  };
}

/** The containers whose processes one of the pod sees; a string says why none. */
function fellowsOf({ workload, containers, object }: ClusterPod, container: Container): readonly Fellow[] | string {
  const statuses = listOf(objectOr(object.status).containerStatuses).map(objectOr);
  const idOf = (name: string) => textOf(statuses.find((status) => status.name === name)?.containerID)?.split('://')[1];
  const others = containers.flatMap((each): Fellow[] => {
    const id = idOf(each.container.name);
    return each.container === container || id === undefined ? [] : [{ container: each.container, id }];
  });
  return fellowsIn(workload, others);
}

const OF_A_NODE = 'the host is a node of a cluster, which others use';

const NOT_HERE: Stage['without'] = new Map([
  ['software', 'needs a repository of packages beside the probe, which only a sandbox has'],
]);

function asked(identity: Identity | undefined, home: string): string {
  const who = identity === undefined ? 'Petrify’s own identity' : wordsOf(identity);
  const whose = identity === undefined ? '' : `, whose rights are those in namespace ${home}`;
  return `What was tried from outside was asked by ${who}${whose}; admission answered for the throw-away namespace.`;
}

/** Where no probe runs, nothing is known; `enter` says why. */
async function orUnknown<T>(seeing: Promise<T>): Promise<T | undefined> {
  try {
    return await seeing;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The first TCP port that a container of the pod declares. */
export function portOf({ containers }: Workload): number | undefined {
  const ports = containers.flatMap(({ spec }) => listOf(spec.ports).map(objectOr));
  const tcp = ports.filter(({ protocol }) => protocol === undefined || protocol === 'TCP');
  return tcp.map(({ containerPort }) => containerPort).find((port) => typeof port === 'number');
}

/** Where Petrify has a scratch directory of its own. */
const A_COPY = { outside: { live: false, port: undefined } } as const;

/** The kernel takes no longer path. */
const PATH_MAX = 4096;

/**
 * What a container shows of its image, of which a cluster says nothing: VOLUMEs are mounted where neither the manifest nor
 * a runtime mounts anything, and its first process is what it runs.
 */
async function imageSeen(container: Container, imageId: string, hands: Hands): Promise<ImageConfig> {
  const links = ['exe', 'cwd'].map((name) => {
    const target = output(PATH_MAX);
    return { target, read: call('readlinkat', AT_FDCWD, `/proc/1/${name}`, target, PATH_MAX) };
  });
  const [uid, gid] = [call('getuid'), call('getgid')];
  const report = await hands.probe([...links.map(({ read }) => read), uid, gid]);
  const [program, directory] = links.map(({ target, read }) =>
    report.errno(read) === null ? report.bytes(target).toString('utf8', 0, Number(report.value(read))) : undefined,
  );
  const places = [...container.mounts.map(({ mountPath }) => cleanPath(mountPath)), messagePath(container), OWN_MOUNT];
  // By the kernel's ids: the manifest's paths may be links.
  const declared = new Set([...(await lookAtPaths(places, hands)).values()].map(({ mountId }) => mountId));
  const mounts = (await mountsSeen(hands, A_COPY)).filter(
    ({ path, id }) => !RUNTIME_MOUNTS.test(path) && !declared.has(id),
  );
  const id = imageId.replace(/^[a-z-]+:\/\//, '');
  return {
    id,
    digests: id.includes('@') ? [id] : [],
    // Of a container that says no other user, it is the image's.
    user: container.settings.runAsUser.value === undefined ? `${report.value(uid)}:${report.value(gid)}` : '',
    volumes: mounts.map(({ path }) => path).sort(),
    workingDir: directory ?? '',
    entrypoint: program === undefined ? [] : [program],
    cmd: [],
    env: [],
    exposedPorts: [],
  };
}

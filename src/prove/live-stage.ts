/** The stage of a proof that changes nothing: a pod of the workload that serves, into which no probe can be brought. */
import type { Cluster } from '../cluster/client.ts';
import type { Executed, Place } from '../cluster/exec.ts';
import type { Identity } from '../cluster/impersonate.ts';
import { livePodOf } from '../cluster/live-pod.ts';
import type { ImageConfig } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { RUNTIME_MOUNTS } from '../host/looking-pod.ts';
import { nodeOf } from '../host/node.ts';
import { containerState } from '../host/pod-status.ts';
import { cleanPath } from '../workload/file-path.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { FAMILIES, type Family, type Hands, type Try } from './attack.ts';
import { WITHOUT_ENGINE } from './cluster-hands.ts';
import { portOf } from './cluster-stage.ts';
import { newToken } from './enter.ts';
import { type MountPoint, parseMountInfo } from './mounts.ts';
import { outsideOf, wordsOf } from './outside.ts';
import type { Architecture } from './probe/syscalls.ts';
import { notRunning, type Stage } from './staging.ts';
import type { PathFacts, Target } from './target.ts';

export interface LiveStageOptions {
  readonly cluster: Cluster;
  /** Who makes the attempts; undefined: Petrify's own identity. */
  readonly identity?: Identity | undefined;
}

/** The only family that needs no probe. */
const MADE: Family = 'outside';
const NO_PROBE =
  'needs the probe, and nothing can be mounted into a pod that serves; without --live a copy is attacked';
const OTHERS = FAMILIES.filter((family) => family !== MADE);

/** Runs `act` with a ready pod of the workload, found in the manifest's namespace. Throws Failure where there is none. */
export async function onLivePod<T>(
  workload: Workload,
  { cluster, identity }: LiveStageOptions,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const namespace = workload.namespace ?? cluster.namespace;
  const pod = await livePodOf(cluster, workload, namespace);
  // A pod that is ready is on a node.
  const node = (await nodeOf(cluster, pod))!;
  const name = textOf(objectOr(pod.metadata).name)!;
  const placeOf = (container: Container): Place => ({ namespace, pod: name, container: container.name });
  const port = portOf(workload);
  const seen = new Map<Container, Promise<Seen>>();
  const see = (container: Container) => {
    const looking = seen.get(container) ?? look(cluster, placeOf(container), container);
    seen.set(container, looking);
    return looking;
  };
  const made = `only attacks from ${MADE} that are harmless were made; those of the families ${OTHERS.join(', ')} were not`;
  return act({
    workload,
    where: `cluster: ${cluster.api.name}, Kubernetes ${cluster.version}, the pod ${namespace}/${name} that serves, on node ${node.words}`,
    environment: {
      engine: 'kubernetes',
      engineVersion: cluster.version,
      runtime: node.runtime,
      kernel: node.kernel,
      architecture: node.architecture,
    },
    architecture: node.architecture,
    outcome: { ready: true, reason: undefined, readyMs: undefined },
    differences: [
      `The attempts were asked by ${identity === undefined ? 'Petrify’s own identity' : wordsOf(identity)}.`,
      ...otherImages(workload, pod),
    ],
    doubts: [`In a pod that serves, ${made}.`],
    without: new Map(OTHERS.map((family) => [family, NO_PROBE])),
    ownFiles: false,
    standIns: false,
    uncontrolled: 'named',
    async images() {
      const images = new Map<string, ImageConfig>();
      for (const container of workload.containers) {
        const { running, imageId } = containerState(pod, container.name);
        if (container.image === undefined || !running) continue;
        const config = (await see(container)).image(imageId);
        if (config !== undefined) images.set(container.image, config);
      }
      return images;
    },
    async enter(container, image) {
      const { running, exitCode } = containerState(pod, container.name);
      if (!running) return notRunning('not running', exitCode);
      const place = placeOf(container);
      const hands: Hands = {
        probe: async () => {
          throw new Failure('cannot-prove', NO_PROBE);
        },
        exec: (command, options) => cluster.exec(place, command, { ...options, endsItself: true }),
        ...WITHOUT_ENGINE,
        outside: outsideOf({ cluster, place, identity, home: undefined }),
      };
      const target = targetOf(await see(container), { container, image, architecture: node.architecture, port });
      return { target, hands };
    },
    controls: async () => 'nothing weaker runs beside a pod that serves',
    // Only a probe could try; that none can be brought in is said of the families.
    surface: async () => ({ open: [], closed: [], skipped: [] }),
    traces: ({ hands }, tries) => leftNames(hands, tries),
  });
}

function otherImages({ containers }: Workload, pod: JsonObject): readonly string[] {
  const running = new Map(
    listOf(objectOr(pod.spec).containers)
      .map(objectOr)
      .map(({ name, image }) => [name, image]),
  );
  return containers.flatMap(({ name, image, role }) => {
    const its = running.get(name);
    if (role !== 'main' || its === image) return [];
    return [
      `Container ${name} ${its === undefined ? 'is not in the running pod' : `runs ${its} there, and the manifest says ${image}`}.`,
    ];
  });
}

/** What commands of the image tell of a container. */
interface Seen {
  readonly identity: Pick<Target, 'uid' | 'gid' | 'capabilities'> | undefined;
  readonly mounts: readonly MountPoint[];
  /** Directories by the path that was asked for: where they really are. */
  readonly directories: ReadonlyMap<string, string>;
  image(id: string): ImageConfig | undefined;
}

const DIRECTORIES = ['/', '/tmp', '/var/tmp', '/etc'];
const MARK = 'petrify-directory ';
const SEE = `while read -r line; do echo "$line"; done < /proc/self/status
while read -r line; do echo "$line"; done < /proc/self/mountinfo
for path; do cd -P "$path" 2>/dev/null && echo "${MARK}$path $(pwd)"; done`;

async function look(cluster: Cluster, place: Place, container: Container): Promise<Seen> {
  const asked = [...DIRECTORIES, ...container.mounts.map(({ mountPath }) => cleanPath(mountPath))];
  const command = ['sh', '-c', SEE, 'sh', ...asked];
  const executed = await cluster.exec(place, command).catch((error: unknown): Executed => {
    if (!(error instanceof Failure)) throw error;
    return { exitCode: -1, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  });
  return toldBy(executed.stdout.toString('utf8'), container);
}

/** A container that tells nothing has a root, and nothing else is known of it. */
export function toldBy(text: string, container: Container): Seen {
  const lines = text.split('\n');
  const told = lines.filter((line) => / - \S+ /.test(line) && /^\d+ \d+ \d+:\d+ /.test(line));
  const mounts = told.length === 0 ? [UNTOLD_ROOT] : parseMountInfo(told.join('\n'));
  const directories = new Map(
    lines.flatMap((line): [string, string][] => {
      const [path, at] = line.startsWith(MARK) ? line.slice(MARK.length).split(' ') : [];
      return path === undefined || at === undefined ? [] : [[path, at]];
    }),
  );
  const number = (pattern: RegExp) => pattern.exec(text)?.[1];
  const [uid, gid] = [number(/^Uid:\s+\d+\s+(\d+)/m), number(/^Gid:\s+\d+\s+(\d+)/m)];
  const capabilities = number(/^CapEff:\s+([0-9a-f]+)/m);
  const identity =
    uid === undefined || gid === undefined || capabilities === undefined
      ? undefined
      : { uid: Number(uid), gid: Number(gid), capabilities: BigInt(`0x${capabilities}`) };
  return {
    identity,
    mounts,
    directories,
    image(id) {
      if (identity === undefined) return undefined;
      const declared = new Set(
        container.mounts.map(({ mountPath }) => directories.get(cleanPath(mountPath)) ?? mountPath),
      );
      const others = mounts.map(({ path }) => path).filter((path) => !RUNTIME_MOUNTS.test(path) && !declared.has(path));
      return {
        id: id.replace(/^[a-z-]+:\/\//, ''),
        digests: [],
        user: container.settings.runAsUser.value === undefined ? `${identity.uid}:${identity.gid}` : '',
        volumes: others.sort(),
        workingDir: '',
        entrypoint: [],
        cmd: [],
        env: [],
        exposedPorts: [],
      };
    },
  };
}

const UNTOLD_ROOT: MountPoint = {
  id: 0,
  path: '/',
  fileSystem: 'unknown',
  writable: true,
  options: [],
  superOptions: [],
};

/** Nobody: what is not told. */
const UNTOLD = { uid: -1, gid: -1, capabilities: 0n };

function targetOf(
  { identity, mounts, directories }: Seen,
  {
    container,
    image,
    architecture,
    port,
  }: Pick<Target, 'container' | 'image'> & { architecture: Architecture; port: number | undefined },
): Target {
  const places = directories.size === 0 ? new Map([['/', '/']]) : directories;
  // A table of mounts names the real places; the way that was asked for leads there.
  const paths = new Map<string, PathFacts>();
  for (const [path, at] of places) {
    const facts: PathFacts = { kind: 'directory', size: 0, mode: 0, uid: 0, gid: 0, mountId: mountAround(mounts, at) };
    paths.set(path, facts);
    paths.set(at, facts);
  }
  return {
    container,
    image,
    architecture,
    token: newToken(),
    ...(identity ?? UNTOLD),
    mounts,
    userNamespace: false,
    lsm: undefined,
    noNewPrivileges: false,
    filtered: new Set(),
    contents: new Map(),
    paths,
    entrypoint: undefined,
    scripts: [],
    twin: false,
    hostAttacks: 'the host is a node of a cluster, which others use',
    neighbours: 'no probe can look for them',
    firstProcess: 1,
    outside: { live: true, port },
  };
}

function mountAround(mounts: readonly MountPoint[], path: string): number {
  const around = mounts.filter((each) => each.path === '/' || path === each.path || path.startsWith(`${each.path}/`));
  return around.reduce((best, each) => (each.path.length >= best.path.length ? each : best), around[0] ?? UNTOLD_ROOT)
    .id;
}

/** By the container's own shell; where there is none, nothing was written. */
export async function leftNames(hands: Hands, tries: readonly Try[]): Promise<readonly string[]> {
  const made = tries.flatMap((each) => ('act' in each ? each.makes : []));
  if (made.length === 0) return [];
  const script = 'for path; do [ -e "$path" ] && echo "$path"; done; :';
  try {
    const { exitCode, stdout } = await hands.exec(['sh', '-c', script, 'sh', ...made]);
    const there = exitCode === 0 ? stdout.toString('utf8').split('\n') : [];
    return made
      .filter((path) => there.includes(path))
      .map((path) => `${path} was made by an attack and is still there.`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [`Whether ${made.join(', ')} are gone could not be looked at: ${error.message}`];
  }
}

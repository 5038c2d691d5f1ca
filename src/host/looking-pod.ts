/** Reads an image in a cluster, which tells nothing of it: a pod of the image that only waits, and is looked into. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/client.ts';
import { RUN_LABEL } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import type { Image } from '../image/config.ts';
import { type ImageTree, unreadableTree } from '../image/layout.ts';
import { resolvePath } from '../image/resolve.ts';
import { countShipped } from '../image/shipped.ts';
import { type JsonObject, listOf, objectOr } from '../workload/value.ts';
import { type FileList, linksCommand, listCommand, parseFileList, parseLinks } from './file-list.ts';
import type { ImageOptions } from './host.ts';
import { objectsFor } from './input-objects.ts';
import type { TrialNamespace } from './namespace.ts';
import { readLog } from './pod-log.ts';
import { containerState, judgePod } from './pod-status.ts';
import { DEADLINE_SECONDS } from './trial-pod.ts';

/** Pulling a large image over a slow line. */
const PULL_TIMEOUT_MS = 10 * 60_000;
const POLL_MS = 250;

/** What is known of an image by having looked into it. */
export interface LookedInto {
  readonly image: Image;
  /** Every file that it ships, as root sees them; a string says why there is no list. */
  readonly files: FileList | string;
  readonly tree: ImageTree;
}

/** The two containers: one as root, that stays and is asked; one as the image's own user, that says who it is and ends. */
const LOOK = 'look';
const WHO = 'who';
/** Whatever signal the image asks to be stopped with. */
const WAIT = `trap 'exit 0' TERM QUIT INT; while :; do sleep 1; done`;
/** With nothing but a shell's own words. */
const SAY = `while read -r line; do echo "status $line"; done < /proc/self/status
echo "directory $(pwd)"
while read -r line; do echo "mount $line"; done < /proc/self/mountinfo`;

/** Where a runtime mounts something of its own; whatever else is mounted in such a pod is a VOLUME of the image. */
export const RUNTIME_MOUNTS = /^\/(?:$|(?:proc|sys|dev|run\/secrets)(?:\/|$)|etc\/(?:hosts|hostname|resolv\.conf)$)/;

/** Throws Failure('image-missing') where no node can get the image, and Failure('cluster-refused') for a refused pod. */
export async function lookInto(
  cluster: Cluster,
  namespace: TrialNamespace,
  name: string,
  { pod, options }: { readonly pod: string; readonly options: ImageOptions },
): Promise<LookedInto> {
  const object = lookingPod(name, pod, namespace.name, options);
  for (const { plural, object: needed } of objectsFor(object, options.documents ?? [], options.workload?.namespace)) {
    await namespace.create(plural, needed);
  }
  const refusal = await namespace.createPod(object, []);
  if (refusal !== undefined)
    throw new Failure('cluster-refused', `The cluster refuses to look into ${name}: ${refusal}.`);
  const path = namespace.path('pods', pod);
  const seen = await untilThere(cluster, path, name, options.signal);
  const { running, imageId } = containerState(seen, LOOK);
  const unreadable = (why: string) =>
    `Image ${name} was not looked into: ${why}; what it ships, and where, is not known here.`;
  const place = { namespace: namespace.name, pod, container: LOOK };
  const said = await readLog(cluster, path, WHO);
  const known = { id: imageId.replace(/^[a-z-]+:\/\//, ''), ...toldBy(said) };
  const image = imageOf(name, known);
  if (!running) {
    const why = 'it has no shell';
    return { image, files: why, tree: unreadableTree(unreadable(why)) };
  }
  const listed = await cluster.exec(place, listCommand(['/', ...known.volumes]));
  const files = parseFileList(listed.stdout.toString('utf8'));
  if (files.size === 0) {
    const why = 'it has no find and stat';
    return { image, files: why, tree: unreadableTree(unreadable(why)) };
  }
  const links = await cluster.exec(place, linksCommand(['/', ...known.volumes]));
  const targets = links.exitCode === 0 ? parseLinks(links.stdout.toString('utf8')) : new Map<string, string>();
  return { image, files, tree: treeOf(files, targets, (command) => cluster.exec(place, command)) };
}

function lookingPod(image: string, name: string, namespace: string, options: ImageOptions): JsonObject {
  const resources = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '512Mi' } };
  const imagePullPolicy = options.mayPull === false ? 'Never' : 'IfNotPresent';
  const container = { image, imagePullPolicy, resources };
  const secrets = options.workload?.podSpec.imagePullSecrets;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [RUN_LABEL]: options.run } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: DEADLINE_SECONDS,
      terminationGracePeriodSeconds: 1,
      ...(secrets === undefined ? {} : { imagePullSecrets: secrets }),
      containers: [
        {
          ...container,
          name: LOOK,
          command: ['sh', '-c', WAIT],
          securityContext: { runAsUser: 0, allowPrivilegeEscalation: false },
        },
        { ...container, name: WHO, command: ['sh', '-c', SAY], securityContext: { allowPrivilegeEscalation: false } },
      ],
    },
  };
}

/** Waits until one container runs and the other has ended, or neither can be started for want of a shell. */
async function untilThere(
  cluster: Cluster,
  path: string,
  image: string,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  const deadline = Date.now() + PULL_TIMEOUT_MS;
  for (;;) {
    if (signal?.aborted) throw new Failure('interrupted', 'Interrupted.');
    const { body } = await cluster.api.get(path);
    const [look, who] = [LOOK, WHO].map((name) => containerState(body, name));
    if (look!.running && who!.exitCode !== undefined) return body;
    const events = await eventsOf(cluster, body);
    const judged = judgePod(body, events, true);
    if (judged.state === 'failed') {
      if (judged.image === undefined) return body;
      throw new Failure('image-missing', `No node of the cluster has image ${image}: ${judged.reason}`, {
        hint: 'check the name and the registry; load it into the nodes where it is in none',
      });
    }
    if (Date.now() > deadline) {
      const reason = judged.state === 'waiting' ? judged.reason : 'it ended before it was looked into';
      throw new Failure('image-missing', `Image ${image} does not start in the cluster: ${reason}`);
    }
    await sleep(POLL_MS);
  }
}

/** Events about one object, oldest first. */
export async function eventsOf(cluster: Cluster, object: JsonObject): Promise<JsonObject[]> {
  const { namespace, uid } = objectOr(object.metadata);
  const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${String(uid)}` });
  const { body } = await cluster.api.get(`/api/v1/namespaces/${String(namespace)}/events?${query}`);
  const timeOf = ({ lastTimestamp, eventTime }: JsonObject) => Date.parse(String(lastTimestamp ?? eventTime)) || 0;
  return listOf(body.items)
    .map(objectOr)
    .sort((a, b) => timeOf(a) - timeOf(b));
}

interface Told {
  readonly user: string;
  readonly workingDir: string;
  readonly volumes: readonly string[];
}

/** Reads what SAY has printed; a user that is not told is left empty, which is root: the worst that it can be. */
export function toldBy(log: string): Told {
  const lines = log.split('\n');
  const idOf = (field: string) => new RegExp(`^status ${field}:\\s+(\\d+)`, 'm').exec(log)?.[1];
  const [uid, gid] = [idOf('Uid'), idOf('Gid')];
  const mounts = lines.filter((line) => line.startsWith('mount ')).map((line) => unescaped(line.split(' ')[5] ?? ''));
  return {
    user: uid === undefined ? '' : `${uid}:${gid ?? '0'}`,
    workingDir: /^directory (\/.*)$/m.exec(log)?.[1] ?? '/',
    volumes: mounts.filter((path) => path.startsWith('/') && !RUNTIME_MOUNTS.test(path)).sort(),
  };
}

/** mountinfo writes spaces and backslashes in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** What a cluster cannot say of an image stays empty: its entry point, its variables, the ports that EXPOSE names. */
function imageOf(name: string, { id, user, workingDir, volumes }: Told & { readonly id: string }): Image {
  const digests = id.includes('@') ? [id] : [];
  const config = { id, digests, user, volumes, workingDir, entrypoint: [], cmd: [], env: [], exposedPorts: [] };
  return { name, id, config, ports: [] };
}

/** @param links what is known of symlinks; others are asked for one by one */
function treeOf(
  files: FileList,
  links: ReadonlyMap<string, string>,
  run: (command: readonly string[]) => Promise<{ stdout: Buffer }>,
): ImageTree {
  const targets = new Map([...links].map(([path, target]) => [path, Promise.resolve(target)]));
  const targetOf = (path: string) => {
    let target = targets.get(path);
    if (target === undefined) {
      target = run(['readlink', path]).then(({ stdout }) => stdout.toString('utf8').replace(/\n$/, ''));
      targets.set(path, target);
    }
    return target;
  };
  const statOf = async (path: string) => {
    const file = files.get(path);
    if (file === undefined) return undefined;
    return { type: file.type, linkTarget: file.type === 'symlink' ? await targetOf(path) : undefined };
  };
  return {
    resolve: (path) => resolvePath(path, statOf),
    isDirectory: async (path) => path === '/' || files.get(path)?.type === 'directory',
    async directory(path) {
      const file = files.get(path);
      if (file?.type !== 'directory') return undefined;
      const count = countShipped();
      const prefix = path === '/' ? '/' : `${path}/`;
      for (const [at, { type, mode, size }] of files) {
        if (!at.startsWith(prefix)) continue;
        const linkTarget = type === 'symlink' ? links.get(at) : undefined;
        if (!count.add({ path: at.slice(prefix.length), type, mode, size, linkTarget })) break;
      }
      const { uid, gid, mode } = file;
      return count.of({ uid, gid, mode });
    },
    async stat(path) {
      const file = files.get(path);
      if (file === undefined) return undefined;
      const { type, mode, uid, gid, size } = file;
      return { type, mode, uid, gid, size: type === 'file' ? size : 0 };
    },
    async read(path, limit) {
      const resolved = await resolvePath(path, statOf);
      if (files.get(resolved)?.type !== 'file') return undefined;
      return (await run(['head', '-c', String(limit), resolved])).stdout;
    },
    // The pod goes with its namespace: other observations of the same run look into it as well.
    close: async () => {},
  };
}

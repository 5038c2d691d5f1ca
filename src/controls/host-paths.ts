/** Paths of a node that matter more than others: sockets of container runtimes, and directories that the node trusts. */
import { cleanPath, isWithin } from '../workload/file-path.ts';

/** Where distributions put the sockets of their container runtimes; whoever connects to one starts privileged containers. */
export const RUNTIME_SOCKETS: readonly string[] = [
  '/run/containerd/containerd.sock',
  '/run/cri-dockerd.sock',
  '/run/crio/crio.sock',
  '/run/docker.sock',
  '/run/dockershim.sock',
  '/run/k0s/containerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
];
/** A socket of such a name is a runtime's, wherever it lies. */
const SOCKET_NAME = /(?:containerd|cri-?o|docker|podman).*[.]sock(?:[.]ttrpc)?$/;

/** Linux has no longer file names. */
const MAX_NAME = 255;

/** Every directory above a socket. */
const ABOVE_SOCKETS: ReadonlySet<string> = new Set(RUNTIME_SOCKETS.flatMap(parentsOf));

/**
 * Directories below which the node mounts other filesystems. A read-only mount of one is not read-only there, and some
 * of those filesystems (/dev/shm, /run/lock, the emptyDirs of other pods) can be written by every user.
 */
const WITH_SUBMOUNTS = [
  ...['/', '/dev', '/proc', '/run', '/sys', '/sys/fs', '/sys/kernel', '/var', '/var/lib'],
  ...['/var/lib/kubelet', '/var/lib/kubelet/pods', '/var/lib/kubelet/plugins'],
  ...['/run/containerd', '/run/k3s', '/run/k3s/containerd', '/run/user'],
  ...['/var/lib/containers', '/var/lib/containers/storage', '/var/lib/docker', '/var/lib/docker/overlay2'],
];
/** Everything below is such a directory as well: a pod's volumes. */
const PODS = '/var/lib/kubelet/pods';

/** What the directory is to the node; a finding is the same without, this says it more exactly. */
const TRUSTED: readonly (readonly [directory: string, what: string])[] = [
  ['/', 'the whole filesystem of the node'],
  ['/etc', "the node's configuration"],
  ['/usr', "the node's programs"],
  ['/bin', "the node's programs"],
  ['/sbin', "the node's programs"],
  ['/lib', "the node's libraries"],
  ['/boot', "the node's kernel"],
  ['/root', "the home of the node's root"],
  ['/home', "the homes of the node's users"],
  ['/dev', "the node's devices"],
  ['/proc', "the node's processes and settings"],
  ['/sys', "the node's kernel settings"],
  ['/run', 'the sockets of the node, its container runtime among them'],
  ['/var/lib/kubelet', 'the volumes of every pod on the node'],
  ['/var/lib/containerd', 'the root filesystem of every container on the node'],
  ['/var/lib/containers', 'the root filesystem of every container on the node'],
  ['/var/lib/docker', 'the root filesystem of every container on the node'],
  ['/var/lib', 'the state of the node, the root filesystems of its containers among it'],
  ['/var', 'the state of the node, the root filesystems of its containers among it'],
];

/** What lies at a path of the node, where it is something that the node trusts; undefined for any other directory. */
export function trustedPath(path: string): string | undefined {
  const place = nodePath(path);
  for (const [directory, what] of TRUSTED) {
    if (place === directory || (directory !== '/' && !directory.startsWith('/var') && isWithin(place, directory)))
      return what;
  }
  return undefined;
}

const PID = '(?:[0-9]+|self|thread-self)';
const PROCESS_ROOT = new RegExp(`^(?:/proc/${PID}(?:/task/${PID})?/(?:root|cwd))+(?=/|$)`);
const PROCESS = new RegExp(`^/proc(?:/${PID}(?:/task(?:/${PID})?)?)?$`);

/**
 * The place that a hostPath really is: without `//` and `.`, `/var/run` as the link to `/run` that it is on a node, and
 * with `/proc/PID/root` (and /proc, which holds it) as the node's root.
 */
export function nodePath(path: string): string {
  const place = cleanPath(path).replace(PROCESS_ROOT, '') || '/';
  if (PROCESS.test(place)) return '/';
  return place === '/var/run' || place.startsWith('/var/run/') ? place.slice('/var'.length) : place;
}

/** Whether a path is a runtime's socket, or a directory above one. */
export function runtimeSocketAt(path: string): 'socket' | 'above' | undefined {
  const place = nodePath(path);
  const name = place.slice(place.lastIndexOf('/') + 1);
  if (name.length <= MAX_NAME && SOCKET_NAME.test(name)) return 'socket';
  return ABOVE_SOCKETS.has(place) ? 'above' : undefined;
}

/** Whether other filesystems of the node are mounted below a path. */
export function hasSubmounts(path: string): boolean {
  const place = nodePath(path);
  return WITH_SUBMOUNTS.includes(place) || isWithin(place, PODS);
}

/** What the keys and tokens of a cluster lie in, on the nodes of kubeadm, k3s, RKE2, k0s and MicroK8s. */
const CREDENTIALS: readonly (readonly [directory: string, what: string])[] = [
  ['/etc/kubernetes', 'the keys of the control plane and of the kubelet'],
  ['/etc/rancher', 'the keys of the cluster'],
  ['/var/lib/etcd', 'every secret of the cluster'],
  ['/var/lib/k0s/pki', 'the keys of the cluster'],
  ['/var/lib/kubelet/pki', "the kubelet's own key"],
  ['/var/lib/kubelet/pods', 'the service account tokens of every pod on the node'],
  ['/var/lib/rancher', 'the keys of the cluster'],
  ['/var/snap/microk8s/current/credentials', 'the keys of the cluster'],
  ['/root/.kube', "the administrator's keys"],
];
/** Places there that hold no secret. */
const NO_SECRETS: ReadonlySet<string> = new Set(['/etc/kubernetes/manifests', '/etc/kubernetes/pki/ca.crt']);

/** What can be read at a path of the node, or below it, by which one acts as the node or the administrator. */
export function credentialsAt(path: string): string | undefined {
  const place = nodePath(path);
  if (NO_SECRETS.has(place)) return undefined;
  const at = CREDENTIALS.find(([directory]) => isWithin(place, directory));
  return (at ?? CREDENTIALS.find(([directory]) => isWithin(directory, place)))?.[1];
}

/** Below /dev, but no device: memory, queues, terminals, and what every container has anyway. */
const NO_DEVICES = [
  'shm',
  'mqueue',
  'hugepages',
  'pts',
  'null',
  'zero',
  'full',
  'random',
  'urandom',
  'log',
  'termination-log',
];

/** Whether a hostPath is a device of the node, by its place or by the type that is asked for. */
export function isDevice(path: string, type: unknown): boolean {
  if (type === 'CharDevice' || type === 'BlockDevice') return true;
  const place = nodePath(path);
  return isWithin(place, '/dev') && place !== '/dev' && !NO_DEVICES.some((name) => isWithin(place, `/dev/${name}`));
}

// The same for CEL, which cannot rewrite a path: regular expressions of RE2 in which every slash may be written as `//`
// or `/./`. The API server refuses `..` in a hostPath.
const SLASH = '/(?:[.]?/)*';
const END = '(?:/[.]?)*$';
const VIA_PROC = `(?:${SLASH}proc${SLASH}${PID}(?:${SLASH}task${SLASH}${PID})?${SLASH}(?:root|cwd))*`;
const PROC = `${SLASH}proc(?:${SLASH}${PID}(?:${SLASH}task(?:${SLASH}${PID})?)?)?`;

/** Matches what `runtimeSocketAt` finds. */
export const CEL_RUNTIME_SOCKET = `^${VIA_PROC}(?:${PROC}|${[...ABOVE_SOCKETS].map(pattern).join('|')}|.*/[^/]*(?:containerd|cri-?o|docker|podman)[^/]*[.]sock(?:[.]ttrpc)?)${END}`;
/** Matches where `hasSubmounts`. */
export const CEL_SUBMOUNTS = `^${VIA_PROC}(?:${PROC}|${WITH_SUBMOUNTS.map(pattern).join('|')}|${pattern(PODS)}/.*)${END}`;

const IN_CREDENTIALS = `^${VIA_PROC}(?:${PROC}|${aboveCredentials().map(pattern).join('|')}|(?:${CREDENTIALS.map(
  ([directory]) => pattern(directory),
).join('|')})(?:${SLASH}.*)?)${END}`;
/** What `credentialsAt` finds, of a volume `v`. */
export const CEL_CREDENTIALS =
  `v.hostPath.path.matches('${IN_CREDENTIALS}') && ` +
  `!v.hostPath.path.matches('^${VIA_PROC}(?:${[...NO_SECRETS].map(pattern).join('|')})${END}')`;
/** `isDevice` of a volume `v`. */
export const CEL_DEVICE =
  "has(v.hostPath.type) && v.hostPath.type in ['CharDevice', 'BlockDevice'] || " +
  `v.hostPath.path.matches('^${VIA_PROC}${SLASH}dev${SLASH}[^/.].*$') && ` +
  `!v.hostPath.path.matches('^${VIA_PROC}${SLASH}dev${SLASH}(?:${NO_DEVICES.join('|')})(?:/.*)?$')`;

function aboveCredentials(): string[] {
  return [...new Set(CREDENTIALS.flatMap(([directory]) => parentsOf(directory)))];
}

function pattern(path: string): string {
  const steps = path.split('/').filter((step) => step !== '');
  const written = steps.map((step) => `${SLASH}${step}`);
  return steps[0] === 'run' ? `(?:${SLASH}var)?${written.join('')}` : written.join('');
}

function parentsOf(path: string): string[] {
  const above = ['/'];
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) above.push(path.slice(0, end));
  return above;
}

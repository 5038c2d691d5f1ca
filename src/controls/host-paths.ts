/** Paths of a node that matter more than others: sockets of container runtimes, and directories that the node trusts. */

/** Whoever writes to one of these starts privileged containers. `/var/run` is a link to `/run` on the node. */
const SOCKETS = [
  '/run/containerd/containerd.sock',
  '/run/cri-dockerd.sock',
  '/run/crio/crio.sock',
  '/run/docker.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/podman/podman.sock',
].flatMap((socket) => [socket, `/var${socket}`]);

/** Every socket and every directory above one, with and without a slash at the end. */
export const RUNTIME_SOCKET_PATHS: ReadonlySet<string> = new Set(SOCKETS.flatMap(withParents));

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
  ['/var/run', 'the sockets of the node, its container runtime among them'],
  ['/var/lib/kubelet', 'the volumes of every pod on the node'],
  ['/var/lib/containerd', 'the root filesystem of every container on the node'],
  ['/var/lib/containers', 'the root filesystem of every container on the node'],
  ['/var/lib/docker', 'the root filesystem of every container on the node'],
  ['/var/lib', 'the state of the node, the root filesystems of its containers among it'],
  ['/var', 'the state of the node, the root filesystems of its containers among it'],
];

/** What lies at a path of the node, where it is something that the node trusts; undefined for any other directory. */
export function trustedPath(path: string): string | undefined {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  for (const [directory, what] of TRUSTED) {
    if (bare === directory || (directory !== '/' && !directory.startsWith('/var') && bare.startsWith(`${directory}/`)))
      return what;
  }
  return undefined;
}

function withParents(path: string): string[] {
  const all = ['/'];
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    all.push(path.slice(0, end), path.slice(0, end + 1));
  }
  return [...all, path, `${path}/`];
}

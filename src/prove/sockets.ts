/** Where sockets may lie by which a container commands its node: runtimes' and the kubelet's, also below mounted directories. */
import { nodePath, RUNTIME_SOCKETS } from '../controls/host-paths.ts';
import { cleanPath, isWithin } from '../workload/file-path.ts';
import { objectOr, textOf } from '../workload/value.ts';
import type { Container, Mount } from '../workload/workload.ts';

/** The kubelet's own: who talks to it pretends to be a device plugin, or lists the node's devices. */
const KUBELET_SOCKETS = ['/var/lib/kubelet/device-plugins/kubelet.sock', '/var/lib/kubelet/pod-resources/kubelet.sock'];
const SOCKETS = [...RUNTIME_SOCKETS, ...KUBELET_SOCKETS];
/** A hostile manifest may mount the same directory any number of times. */
const SOCKET_PATHS = 40;
/** `sockaddr_un` holds no longer path. */
const PATH_BYTES = 107;

/** The directory or file of the host behind a mount, as the node resolves it; undefined: it is no hostPath. */
export function hostPathOf({ volumeKind, volume, subPath }: Mount): string | undefined {
  if (volumeKind !== 'hostPath') return undefined;
  const path = textOf(objectOr(volume?.hostPath).path);
  return path === undefined ? undefined : nodePath(`${path}/${subPath ?? ''}`);
}

/** Paths in the container at which such a socket would be found; there need not be any. */
export function socketPaths({ mounts }: Pick<Container, 'mounts'>): readonly string[] {
  const mounted = mounts.flatMap((mount) => {
    const hostPath = hostPathOf(mount);
    if (hostPath === undefined) return [];
    const below = SOCKETS.filter((socket) => isWithin(socket, hostPath));
    const inside = below.map((socket) =>
      cleanPath(`${mount.mountPath}/${socket.slice(hostPath === '/' ? 0 : hostPath.length)}`),
    );
    return [cleanPath(mount.mountPath), ...inside];
  });
  const all = [...new Set([...mounted, ...SOCKETS])].filter((path) => Buffer.byteLength(path) <= PATH_BYTES);
  return all.slice(0, SOCKET_PATHS);
}

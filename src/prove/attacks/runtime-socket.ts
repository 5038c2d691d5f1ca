/** Connect to the socket of a container runtime or of the kubelet; nothing is sent. */
import { runtimeSocketAt } from '../../controls/host-paths.ts';
import { cleanPath, isWithin } from '../../workload/file-path.ts';
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AF_UNIX, AT_FDCWD, SOCK_STREAM } from '../probe/syscalls.ts';
import { hostPathOf, socketPaths } from '../sockets.ts';
import type { Target } from '../target.ts';

/** `struct sockaddr_un`: the family in two bytes, the path, a NUL. */
function addressOf(path: string): Uint8Array {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, Buffer.from(path), Buffer.alloc(1)]);
}

/** By then the permission is decided, and the other side has been asked for nothing. */
function connect(target: Target, path: string): ProbeTry {
  const opened = call('socket', AF_UNIX, SOCK_STREAM, 0);
  const address = addressOf(path);
  const connected = call('connect', resultOf(opened), address, address.length);
  const program = [opened, connected, call('close', resultOf(opened))];
  // Where nobody listens, as on what stands in for a socket of the host, the kernel says so after the permissions.
  return { place: path, gain: gainOf(target, path), program, decisive: [connected], reached: ['ECONNREFUSED'] };
}

/** The twin runs nobody who listens: it listens itself, under a name of its own. */
function connectToOwn(target: Target, place: string): ProbeTry {
  const name = newName(target, '/', '.sock');
  const address = addressOf(name);
  const listening = call('socket', AF_UNIX, SOCK_STREAM, 0);
  const bound = call('bind', resultOf(listening), address, address.length);
  const opened = call('socket', AF_UNIX, SOCK_STREAM, 0);
  const connected = call('connect', resultOf(opened), address, address.length);
  const tidy = [
    call('close', resultOf(opened)),
    call('close', resultOf(listening)),
    call('unlinkat', AT_FDCWD, name, 0),
  ];
  const program = [listening, bound, call('listen', resultOf(listening), 1), opened, connected, ...tidy];
  return { place, gain: 'succeeded', program, decisive: [connected] };
}

/** A socket of the host is what the controls say of its mount; any other one belongs to who listens in the pod. */
function gainOf({ container }: Target, path: string): ProbeTry['gain'] {
  const around = container.mounts.filter(({ mountPath }) => isWithin(path, cleanPath(mountPath)));
  const [mount] = around.sort((a, b) => cleanPath(b.mountPath).length - cleanPath(a.mountPath).length);
  const hostPath = mount === undefined ? undefined : hostPathOf(mount);
  if (mount === undefined || hostPath === undefined) return 'residual';
  return !mount.readOnly || runtimeSocketAt(hostPath) !== undefined ? 'succeeded' : 'residual';
}

const attack: Attack = {
  id: 'runtime-socket',
  title: 'Connect to the socket of a container runtime',
  family: 'neighbours',
  technique: 'T1610',
  harmless: true,
  opens: { kind: 'place', why: 'a socket on which somebody listens: what it does when it is asked decides' },
  why: 'Whoever reaches the socket of the runtime starts a privileged container, or executes in any other; a read-only mount does not stop it.',
  stoppedBy: ['runtime-socket', 'writable-host-path'],
  plan(target) {
    const candidates = socketPaths(target.container);
    if (target.twin) return { tries: candidates.map((path) => connectToOwn(target, path)), skipped: [] };
    const sockets = candidates.filter((path) => target.paths.get(path)?.kind === 'socket');
    const none = {
      place: '',
      reason: 'no socket lies where those of runtimes and of the kubelet lie, and none is mounted',
    };
    return {
      tries: sockets.map((path) => connect(target, path)),
      skipped: sockets.length === 0 ? [none] : [],
    };
  },
};

export default attack;

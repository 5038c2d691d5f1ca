/** What stays open in a container whatever its manifest says, and by its own volumes. */
import type { Residual, WritablePath } from './profile.ts';

/** Open in every Linux container, whatever its user. */
const ALWAYS: readonly Residual[] = [
  {
    what: '/dev/shm',
    kind: 'kernel-interface',
    executable: true,
    why: 'shared memory is mounted writable in every container, and whether it can be executed from depends on the runtime',
  },
  {
    what: '/dev/termination-log',
    kind: 'kernel-interface',
    executable: true,
    why: 'the kubelet mounts a writable file for the termination message',
  },
  {
    what: 'memfd',
    kind: 'technique',
    executable: true,
    why: 'a program can be run from anonymous memory, which needs no writable mount',
  },
  {
    what: 'interpreter',
    kind: 'technique',
    executable: true,
    why: 'a script that is read by its interpreter needs no executable file',
  },
  {
    what: 'dynamic loader',
    kind: 'technique',
    executable: true,
    why: 'a loader in the image runs programs and loads libraries from any place that is not noexec, whatever their mode',
  },
  {
    what: 'own processes',
    kind: 'technique',
    executable: true,
    why: 'a process can change the memory of others of the same user in the same container',
  },
  {
    what: 'user namespace',
    kind: 'technique',
    executable: true,
    why: 'whoever creates one has every capability within it, unless the seccomp profile of the node refuses the call',
  },
  {
    what: 'mount namespace',
    kind: 'technique',
    executable: true,
    why: 'with a user namespace of its own a process mounts memory where it likes, seen by nobody else, and executes there',
  },
  {
    what: 'keyring',
    kind: 'technique',
    executable: false,
    why: "the kernel's keyrings know no containers, unless the seccomp profile of the node refuses the call",
  },
];

/** Open to uid 0 only, even without any capability. */
const FOR_ROOT: readonly Residual[] = [
  { what: '/dev', kind: 'kernel-interface', executable: true, why: 'a tmpfs that root can write to and execute from' },
  { what: '/etc/hosts', kind: 'kernel-interface', executable: false, why: 'the kubelet mounts it writable for root' },
];

/**
 * The residuals of one container.
 * @param writable its writable volumes
 * @param uid as whom it runs
 */
export function residualsOf(writable: readonly Pick<WritablePath, 'path' | 'kind'>[], uid: number): Residual[] {
  const volumes = writable.map(
    ({ path, kind }): Residual => ({
      what: path,
      kind: 'volume',
      executable: true,
      why: `a writable volume for ${kind}: Kubernetes mounts volumes executable`,
    }),
  );
  return [...volumes, ...(uid === 0 ? FOR_ROOT : []), ...ALWAYS];
}

/** One container of a pod as the request to the engine: literal values, every one of them decided here. */
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { PIDS_LIMIT } from './bounds.ts';
import type { Bind, ContainerRequest, ImageConfig, Tmpfs } from './engine.ts';
import { commandOf } from './environment.ts';
import { privilegesOf } from './host-privileges.ts';
import { groupsOf, userOf } from './identity.ts';
import type { PodOptions } from './pod.ts';

/** containerd 2 lets everyone bind low ports, but in the node's own network, which has the kernel's 1024. */
const LOW_PORTS_SYSCTL = 'net.ipv4.ip_unprivileged_port_start';
const LOW_PORTS_OPEN = '0';
const LOW_PORTS_CLOSED = '1024';

/** /dev and /dev/shm as containerd mounts them: writable for root, executable, 64 MiB. */
const DEV: Tmpfs = { target: '/dev', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k', 'exec'] };
const SHARED_MEMORY: Tmpfs = { target: '/dev/shm', options: ['nosuid', 'nodev', 'exec', 'mode=1777', 'size=64m'] };

export interface RequestInput extends Pick<PodOptions, 'hostPrivileges'> {
  readonly workload: Workload;
  readonly container: Container;
  readonly image: ImageConfig;
  readonly name: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly binds: readonly Bind[];
  readonly tmpfs: readonly Tmpfs[];
  readonly network: ContainerRequest['network'];
  readonly pidOf: string | undefined;
  readonly userNamespace: ContainerRequest['userNamespace'];
  readonly labels: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly cpus: number | undefined;
  readonly hostNamespaces: ContainerRequest['hostNamespaces'];
}

export function requestFor(input: RequestInput): ContainerRequest {
  const { container, workload } = input;
  const { settings } = container;
  // In a user namespace the engine's own is right: noexec, mounted from outside, so that root inside cannot change that.
  const standard = input.userNamespace === undefined ? [DEV, SHARED_MEMORY] : [DEV];
  const taken = new Set([...input.tmpfs, ...input.binds].map(({ target }) => target));
  return {
    name: input.name,
    image: input.image.id,
    ...commandOf(container, input.variables),
    env: Object.fromEntries(input.variables),
    workingDir: textOf(container.spec.workingDir),
    user: userOf(container, input.image),
    groups: groupsOf(workload.podSpec),
    readOnlyRoot: settings.readOnlyRootFilesystem.value,
    ...privilegesOf(container, input.hostPrivileges),
    noNewPrivileges: !settings.allowPrivilegeEscalation.value,
    seccomp:
      settings.seccompProfile.value === 'RuntimeDefault' && !settings.privileged.value ? 'default' : 'unconfined',
    ...(appArmorType(workload, container) === 'Unconfined' ? { appArmor: 'unconfined' as const } : {}),
    binds: input.binds,
    tmpfs: [...standard.filter(({ target }) => !taken.has(target)), ...input.tmpfs],
    // Both are the network's, which the pause container owns.
    sysctls: {},
    hostname: undefined,
    network: input.network,
    pidOf: input.pidOf,
    userNamespace: input.userNamespace,
    labels: input.labels,
    memoryBytes: input.memoryBytes,
    pidsLimit: PIDS_LIMIT,
    cpus: input.cpus,
    ...(input.hostNamespaces === undefined ? {} : { hostNamespaces: input.hostNamespaces }),
  };
}

/** The container's profile over the pod's; undefined: the runtime's own. */
export function appArmorType({ podSpec }: Workload, { spec }: Container): string | undefined {
  const own = objectOr(objectOr(spec.securityContext).appArmorProfile);
  return textOf(own.type) ?? textOf(objectOr(objectOr(podSpec.securityContext).appArmorProfile).type);
}

/** The pod's own sysctls over the node's default. */
export function sysctlsOf({ podSpec }: Workload, lowPorts: PodOptions['lowPorts']): Record<string, string> {
  const closed = podSpec.hostNetwork === true || lowPorts === 'closed';
  const sysctls: Record<string, string> = { [LOW_PORTS_SYSCTL]: closed ? LOW_PORTS_CLOSED : LOW_PORTS_OPEN };
  for (const written of listOf(objectOr(podSpec.securityContext).sysctls)) {
    const { name, value } = objectOr(written);
    if (typeof name === 'string' && typeof value === 'string' && name !== '__proto__') sysctls[name] = value;
  }
  return sysctls;
}

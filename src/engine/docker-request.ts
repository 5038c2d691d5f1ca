/** A container request as the body of Docker's create call. */
import type { ContainerRequest } from './engine.ts';

/** With cgroups version 1, runc 1.1 leaves a writable tmpfs there (the kubelet needs version 2, where it is read-only). */
const CGROUPS = '/sys/fs/cgroup';

/** What Docker masks by itself. */
const DEFAULT_MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Everything that can be decided without asking: the body of `POST containers/create`. */
export function createBody(request: ContainerRequest, oldCgroups: boolean): object {
  const joins = typeof request.network === 'object' && 'join' in request.network ? request.network.join : undefined;
  return {
    Image: request.image,
    ...(request.entrypoint === undefined ? {} : { Entrypoint: request.entrypoint }),
    ...(request.command === undefined ? {} : { Cmd: request.command }),
    Env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
    ...(request.workingDir === undefined ? {} : { WorkingDir: request.workingDir }),
    ...(request.user === undefined ? {} : { User: request.user }),
    // A joined network brings its hostname; naming one as well is refused.
    ...(request.hostname === undefined || joins !== undefined ? {} : { Hostname: request.hostname }),
    Labels: request.labels,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ReadonlyRootfs: request.readOnlyRoot,
      Privileged: request.privileged,
      ...(request.privileged ? {} : { CapDrop: ['ALL'], CapAdd: request.capabilities.map((name) => `CAP_${name}`) }),
      GroupAdd: request.groups.map(String),
      SecurityOpt: securityOptions(request),
      ...pathFields(request, oldCgroups),
      Mounts: request.binds.map(({ source, target, readOnly }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: readOnly,
        BindOptions: { Propagation: 'rprivate' },
      })),
      // Docker's own /dev is as Kubernetes has it, and cannot be mounted over.
      Tmpfs: Object.fromEntries(
        request.tmpfs
          .filter(({ target }) => target !== '/dev')
          .map(({ target, options }) => [target, options.join(',')]),
      ),
      Sysctls: request.sysctls,
      ...(joins === undefined ? { IpcMode: 'shareable' } : { IpcMode: `container:${joins}` }),
      ...(request.pidOf === undefined ? {} : { PidMode: `container:${request.pidOf}` }),
      NetworkMode: networkMode(request),
      PidsLimit: request.pidsLimit,
      ...(request.memoryBytes === undefined ? {} : { Memory: request.memoryBytes }),
      Init: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: {} },
    },
    ...(typeof request.network === 'object' && 'name' in request.network
      ? { NetworkingConfig: { EndpointsConfig: { [request.network.name]: { Aliases: request.network.aliases } } } }
      : {}),
  };
}

function securityOptions(request: ContainerRequest): string[] {
  return [
    ...(request.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(request.seccomp === 'unconfined' ? ['seccomp=unconfined'] : []),
    ...(request.appArmor === 'unconfined' ? ['apparmor=unconfined'] : []),
  ];
}

/** Sent only where they differ from what Docker does by itself; it takes all or none of them from the request. */
function pathFields(request: ContainerRequest, oldCgroups: boolean): object {
  if (request.privileged) return {};
  const more = oldCgroups ? [CGROUPS] : [];
  if (request.unmaskedProc) return { MaskedPaths: more, ReadonlyPaths: [] };
  return oldCgroups ? { MaskedPaths: [...DEFAULT_MASKED, ...more] } : {};
}

function networkMode({ network }: ContainerRequest): string {
  if (network === 'none') return 'none';
  return 'join' in network ? `container:${network.join}` : network.name;
}

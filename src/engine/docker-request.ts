/** A container request as the body of Docker's create call. */
import { LOG_FILE_BYTES, OOM_SCORE } from './bounds.ts';
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

/** What the engine's host decides. */
export interface DockerHost {
  readonly oldCgroups: boolean;
  /** It can bound how much of the processors a container uses. */
  readonly cpu: boolean;
}

/** Everything that can be decided without asking: the body of `POST containers/create`. */
export function createBody(request: ContainerRequest, { oldCgroups, cpu }: DockerHost): object {
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
      IpcMode: ipcMode(request, joins),
      ...pidField(request),
      NetworkMode: networkMode(request),
      PidsLimit: request.pidsLimit,
      ...(request.memoryBytes === undefined ? {} : { Memory: request.memoryBytes }),
      ...(request.cpus === undefined || !cpu ? {} : { NanoCpus: Math.round(request.cpus * 1e9) }),
      OomScoreAdj: OOM_SCORE,
      Init: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': String(LOG_FILE_BYTES) } },
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

function ipcMode({ hostNamespaces }: ContainerRequest, joins: string | undefined): string {
  if (hostNamespaces?.includes('ipc')) return 'host';
  return joins === undefined ? 'shareable' : `container:${joins}`;
}

function pidField({ hostNamespaces, pidOf }: ContainerRequest): object {
  if (hostNamespaces?.includes('pid')) return { PidMode: 'host' };
  return pidOf === undefined ? {} : { PidMode: `container:${pidOf}` };
}

function networkMode({ network }: ContainerRequest): string {
  if (network === 'none' || network === 'host') return network;
  return 'join' in network ? `container:${network.join}` : network.name;
}

/** A container request as libpod's create body: everything that Podman would decide by itself is said here. */
import { LOG_FILE_BYTES, OOM_SCORE } from './bounds.ts';
import type { ContainerRequest } from './engine.ts';

/** Podman ends a container by itself after this: nothing runs for ever, even if nobody comes back to remove it. */
const OUTER_LIMIT_SECONDS = 3600;

/** The kernel's own period, in microseconds, and the least that it takes as a quota. */
const CPU_PERIOD_US = 100_000;
const CPU_QUOTA_LEAST_US = 1_000;

/** Paths under /proc and /sys that runtimes mask or make read-only: `procMount: Unmasked` opens exactly these. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/firmware',
];

/** With cgroups version 1, runc 1.1 leaves a writable tmpfs there (the kubelet needs version 2, where it is read-only). */
const CGROUPS = '/sys/fs/cgroup';

/** What the engine's host decides. */
export interface PodmanHost {
  /** The set that a container has without asking. */
  readonly capabilities: readonly string[];
  readonly oldCgroups: boolean;
  readonly appArmor: boolean;
  /** What of a container the host can bound: `memory`, `cpu`, `pids` … */
  readonly bounds: readonly string[];
}

/** Podman mounts these on its own /dev; they go missing when /dev itself is asked for. */
const BELOW_DEV = [
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
];

/** The pause container's read-only /sys makes every new one of its network read-only; in Kubernetes it is not. */
const WRITABLE_SYS = { destination: '/sys', type: 'bind', source: '/sys', options: ['bind', 'rprivate', 'rw'] };

/** As containerd has it. It is the pod's: the owner of the IPC namespace makes it, those that join get the same. */
const SHARED_MEMORY_BYTES = 64 * 2 ** 20;

/** Everything that can be decided without asking: the body of `POST containers/create`. */
export function createBody(request: ContainerRequest, user: string, host: PodmanHost): object {
  return {
    name: request.name,
    image: request.image,
    ...(request.entrypoint === undefined ? {} : { entrypoint: request.entrypoint }),
    ...(request.command === undefined ? {} : { command: request.command }),
    env: request.env,
    unsetenv: ['container', 'TERM'].filter((name) => !(name in request.env)),
    ...(request.workingDir === undefined ? {} : { work_dir: request.workingDir }),
    ...(request.user === undefined ? {} : { user: request.user }),
    groups: request.groups.map(String),
    read_only_filesystem: request.readOnlyRoot,
    read_write_tmpfs: false,
    privileged: request.privileged,
    ...capabilityFields(request, user, host.capabilities),
    no_new_privileges: request.noNewPrivileges,
    ...(request.seccomp === 'unconfined' ? { seccomp_profile_path: 'unconfined' } : {}),
    // Podman refuses to name a profile on a host without AppArmor.
    ...(request.appArmor === 'unconfined' && host.appArmor ? { apparmor_profile: 'unconfined' } : {}),
    ...(request.unmaskedProc ? { unmask: MASKED } : {}),
    ...(host.oldCgroups ? { mask: [CGROUPS] } : {}),
    manage_password: false,
    mounts: mountsFor(request),
    // Podman fills an anonymous volume only at the start: until then it would hide the image's files.
    image_volume_mode: request.imageVolumes === 'hidden' ? 'ignore' : 'anonymous',
    sysctl: request.sysctls,
    ...namespaceFields(request),
    ...userNamespaceFields(request),
    labels: request.labels,
    resource_limits: resourceLimits(request, host.bounds),
    oom_score_adj: OOM_SCORE,
    log_configuration: { driver: 'k8s-file', size: LOG_FILE_BYTES },
    timeout: OUTER_LIMIT_SECONDS,
    // What Podman would otherwise add by itself: an init, systemd's tmpfs mounts, the image's health check, restarts.
    init: false,
    systemd: 'false',
    healthconfig: { Test: ['NONE'] },
    restart_policy: 'no',
  };
}

/**
 * Podman makes what is in `cap_add` ambient and effective for a user other than root. Kubernetes does not: there only
 * the bounding set grows. So for such a user nothing is added, and what is unwanted of the engine's own set is dropped;
 * a capability beyond that set cannot be given here, which the read-back of the bounding set tells.
 */
function capabilityFields(request: ContainerRequest, user: string, engineCapabilities: readonly string[]): object {
  if (request.privileged) return {};
  const prefixed = (names: readonly string[]) => names.map((name) => `CAP_${name}`);
  if (user === '' || user === 'root' || user === '0')
    return { cap_drop: ['ALL'], cap_add: prefixed(request.capabilities) };
  return { cap_drop: prefixed(engineCapabilities.filter((name) => !request.capabilities.includes(name))) };
}

function mountsFor(request: ContainerRequest): object[] {
  const binds = request.binds.map(({ source, target, readOnly }) => ({
    destination: target,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'],
  }));
  const tmpfs = request.tmpfs.map(({ target, options }) => ({
    destination: target,
    type: 'tmpfs',
    source: 'tmpfs',
    // Podman copies the image's files into every tmpfs but /dev, and hands the opt-out for /dev on to the kernel. It
    // refuses a group; the pod semantics give it before anything runs.
    options: target === '/dev' ? options : [...options.filter((option) => !/^gid=/.test(option)), 'notmpcopyup'],
  }));
  const ownDev = request.tmpfs.some(({ target }) => target === '/dev');
  return [...(ownDev ? BELOW_DEV : []), ...sysFor(request), ...tmpfs, ...binds];
}

/**
 * In a user namespace Podman binds the host's /sys, which shows the host's network: the pod's own is mounted instead. The
 * container that owns the namespace has it writable, so that it can be for a privileged one that joins.
 */
function sysFor({ userNamespace, privileged }: ContainerRequest): object[] {
  if (userNamespace === undefined) return privileged ? [WRITABLE_SYS] : [];
  const access = privileged || 'first' in userNamespace ? 'rw' : 'ro';
  return [{ destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', access] }];
}

function resourceLimits({ pidsLimit, memoryBytes, cpus }: ContainerRequest, bounds: readonly string[]): object {
  const memory = memoryBytes === undefined || !bounds.includes('memory') ? {} : { memory: { limit: memoryBytes } };
  const cpu = cpus === undefined || !bounds.includes('cpu') ? {} : { cpu: cpuQuota(cpus) };
  return { pids: { limit: pidsLimit }, ...memory, ...cpu };
}

function cpuQuota(cpus: number): object {
  return { period: CPU_PERIOD_US, quota: Math.max(CPU_QUOTA_LEAST_US, Math.round(cpus * CPU_PERIOD_US)) };
}

function namespaceFields(request: ContainerRequest): object {
  const pid = request.hostNamespaces?.includes('pid')
    ? { pidns: { nsmode: 'host' } }
    : request.pidOf === undefined
      ? {}
      : { pidns: { nsmode: 'container', value: request.pidOf } };
  // Podman refuses a size of the host's.
  const ipc = request.hostNamespaces?.includes('ipc')
    ? { ipcns: { nsmode: 'host' } }
    : { shm_size: SHARED_MEMORY_BYTES };
  if (request.network === 'none' || request.network === 'host')
    return { ...pid, ...ipc, netns: { nsmode: request.network }, ...hostnameField(request) };
  if ('join' in request.network) {
    const joined = { nsmode: 'container', value: request.network.join };
    return { ...pid, netns: joined, ipcns: joined, utsns: joined, ...ipc };
  }
  const networks = { [request.network.name]: { aliases: request.network.aliases } };
  return { ...pid, ...ipc, netns: { nsmode: 'bridge' }, Networks: networks, ...hostnameField(request) };
}

function userNamespaceFields({ userNamespace }: ContainerRequest): object {
  if (userNamespace === undefined) return {};
  if ('join' in userNamespace) return { userns: { nsmode: 'container', value: userNamespace.join } };
  const map = [{ container_id: 0, host_id: userNamespace.first, size: userNamespace.size }];
  return {
    userns: { nsmode: 'private' },
    idmappings: { HostUIDMapping: false, HostGIDMapping: false, UIDMap: map, GIDMap: map },
  };
}

function hostnameField(request: ContainerRequest): object {
  return request.hostname === undefined ? {} : { hostname: request.hostname };
}

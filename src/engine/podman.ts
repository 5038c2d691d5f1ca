/** The engine port on Podman, through libpod's own API: its Docker dialect hides writable mounts (FACTS A2). */
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';
import { ask, containerCalls } from './container-calls.ts';
import type { ContainerRequest, ContainerState, Engine, EngineInfo, ImageConfig } from './engine.ts';
import { jsonOf, reasonOf, send } from './http.ts';
import { imageConfigFrom, pullWith } from './images.ts';
import { type Listed, labelFilter, list, runsOf } from './labels.ts';

/** Understood by Podman 4 and 5. */
const PREFIX = '/v4.0.0/libpod';

/** Podman ends a container by itself after this: nothing runs for ever, even if nobody comes back to remove it. */
const OUTER_LIMIT_SECONDS = 3600;

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
interface PodmanHost {
  /** The set that a container has without asking. */
  readonly capabilities: readonly string[];
  readonly oldCgroups: boolean;
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
    ...(request.unmaskedProc ? { unmask: MASKED } : {}),
    ...(host.oldCgroups ? { mask: [CGROUPS] } : {}),
    manage_password: false,
    mounts: mountsFor(request),
    // Podman fills an anonymous volume only at the start: until then it would hide the image's files.
    image_volume_mode: request.imageVolumes === 'hidden' ? 'ignore' : 'anonymous',
    sysctl: request.sysctls,
    ...namespaceFields(request),
    labels: request.labels,
    resource_limits: {
      pids: { limit: request.pidsLimit },
      ...(request.memoryBytes === undefined ? {} : { memory: { limit: request.memoryBytes } }),
    },
    log_configuration: { driver: 'k8s-file' },
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
    // Podman copies the image's files into every tmpfs but /dev, and hands the opt-out for /dev on to the kernel.
    options: target === '/dev' ? options : [...options, 'notmpcopyup'],
  }));
  const ownDev = request.tmpfs.some(({ target }) => target === '/dev');
  return [...(ownDev ? BELOW_DEV : []), ...tmpfs, ...binds];
}

function namespaceFields(request: ContainerRequest): object {
  const pid = request.pidOf === undefined ? {} : { pidns: { nsmode: 'container', value: request.pidOf } };
  if (request.network === 'none') return { ...pid, netns: { nsmode: 'none' }, ...hostnameField(request) };
  if ('join' in request.network) {
    const joined = { nsmode: 'container', value: request.network.join };
    return { ...pid, netns: joined, ipcns: joined, utsns: joined };
  }
  const networks = { [request.network.name]: { aliases: request.network.aliases } };
  return { ...pid, netns: { nsmode: 'bridge' }, Networks: networks, ...hostnameField(request) };
}

function hostnameField(request: ContainerRequest): object {
  return request.hostname === undefined ? {} : { hostname: request.hostname };
}

interface Inspect {
  readonly State: { readonly Status: string; readonly Pid: number; readonly ExitCode: number };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>> | null };
  readonly Image: string;
}

const RUNNING = ['running', 'stopping', 'paused'];
const ENDED = ['exited', 'stopped', 'removing', 'dead'];

function stateFrom(seen: Inspect): ContainerState {
  const status = RUNNING.includes(seen.State.Status)
    ? 'running'
    : ENDED.includes(seen.State.Status)
      ? 'exited'
      : 'created';
  const addresses = Object.values(seen.NetworkSettings?.Networks ?? {}).map(({ IPAddress }) => IPAddress);
  return {
    status,
    exitCode: status === 'exited' ? seen.State.ExitCode : undefined,
    pid: seen.State.Pid,
    ipAddress: addresses.find((address) => address !== undefined && address !== ''),
    imageId: seen.Image,
  };
}

/** Podman at this address. `info` is what `connectEngine` found out. */
export function podmanEngine(address: Address, info: EngineInfo): Engine {
  const calls = containerCalls(address, PREFIX);
  const at = (id: string, rest: string) => `${PREFIX}/containers/${encodeURIComponent(id)}${rest}`;
  const inspect = async (id: string) =>
    jsonOf(await ask(address, { method: 'GET', path: at(id, '/json') }, 'describe a container')) as Inspect;
  const image = async (name: string): Promise<ImageConfig | undefined> => {
    const path = `${PREFIX}/images/${encodeURIComponent(name)}/json`;
    const answer = await ask(address, { method: 'GET', path }, `describe image ${name}`, [404]);
    return answer.status === 404 ? undefined : imageConfigFrom(jsonOf(answer));
  };
  let known: Promise<PodmanHost> | undefined;
  const host = () => {
    known ??= readHost(address);
    return known;
  };
  return {
    info,
    ...calls,
    image,
    pull: (name, signal) => pullWith(address, `${PREFIX}/images/pull?reference=${encodeURIComponent(name)}`, signal),
    async create(request) {
      const user = (request.user ?? (await image(request.image))?.user ?? '').split(':')[0]!;
      const json = createBody(request, user, await host());
      const answer = await send(address, { method: 'POST', path: `${PREFIX}/containers/create`, json });
      if (answer.status >= 400 && /image not known|no such image/.test(reasonOf(answer))) {
        throw new Failure('image-missing', `Image ${request.image} is not on the engine at ${address.text}.`);
      }
      if (answer.status >= 400) {
        throw new Failure('engine-refused', `Podman refused to create container ${request.name}: ${reasonOf(answer)}`);
      }
      return (jsonOf(answer) as { Id: string }).Id;
    },
    async init(id) {
      await ask(address, { method: 'POST', path: at(id, '/init') }, 'initialise a container');
      const { pid } = stateFrom(await inspect(id));
      return pid;
    },
    state: async (id) => stateFrom(await inspect(id)),
    async wait(id, signal) {
      const path = at(id, '/wait?condition=exited&condition=stopped');
      const answer = await ask(address, { method: 'POST', path, signal, timeoutMs: 0 }, 'wait for a container');
      return Number(answer.body.toString('utf8'));
    },
    async remove(id) {
      await ask(
        address,
        { method: 'DELETE', path: at(id, '?force=true&v=true&timeout=0') },
        'remove a container',
        [404],
      );
    },
    async createNetwork(name, labels) {
      const json = { name, driver: 'bridge', internal: true, dns_enabled: true, labels };
      const answer = await ask(
        address,
        { method: 'POST', path: `${PREFIX}/networks/create`, json },
        'create a network',
      );
      return (jsonOf(answer) as { name: string }).name;
    },
    async removeNetwork(name) {
      await ask(
        address,
        { method: 'DELETE', path: `${PREFIX}/networks/${encodeURIComponent(name)}?force=true` },
        'remove a network',
        [404],
      );
    },
    async labelled(run) {
      const { containers, networks } = await listLabelled(address, run);
      return { containers: containers.map(({ Id }) => String(Id)), networks: networks.map(({ name }) => String(name)) };
    },
    async runs() {
      const { containers, networks } = await listLabelled(address, undefined);
      return runsOf([...containers.map(({ Labels }) => Labels), ...networks.map(({ labels }) => labels)]);
    },
  };
}

async function readHost(address: Address): Promise<PodmanHost> {
  const answer = await ask(address, { method: 'GET', path: `${PREFIX}/info` }, 'describe itself');
  const { host } = jsonOf(answer) as { host?: { cgroupVersion?: string; security?: { capabilities?: string } } };
  const names = (host?.security?.capabilities ?? '').split(',').filter((name) => name !== '');
  return { capabilities: names.map((name) => name.replace(/^CAP_/, '')), oldCgroups: host?.cgroupVersion === 'v1' };
}

async function listLabelled(
  address: Address,
  run: string | undefined,
): Promise<Record<'containers' | 'networks', Listed[]>> {
  const filters = labelFilter(run);
  return {
    containers: await list(address, `${PREFIX}/containers/json?all=true&filters=${filters}`),
    networks: await list(address, `${PREFIX}/networks/json?filters=${filters}`),
  };
}

/** Turns a workload into the pod that is tried in a throw-away namespace: as written, but nothing of the cluster beside it. */
import { RUN_LABEL } from '../engine/engine.ts';
import { withheldFrom } from '../engine/host-privileges.ts';
import { DEFAULT_CAPABILITIES } from '../engine/identity.ts';
import type { PodOptions } from '../engine/pod.ts';
import { podOf } from '../workload/pod.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** After this the cluster ends the pod by itself, even where nobody is left to remove it. No trial takes an hour. */
export const DEADLINE_SECONDS = 3600;

/** For a container that limits nothing itself: far more than a server needs to start, far less than a node has. */
const LIMITS = { memory: '2Gi', 'ephemeral-storage': '4Gi' } as const;
/** What the scheduler keeps free for it; without a request the limit would be one. A node may not count its storage at all. */
const REQUESTS = { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '0' } as const;

/** Of the pod's own namespace or of the node: not there, or not to be given, in another one. */
const LEFT_OUT = [
  'ephemeralContainers',
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'nodeName',
  'priority',
  'priorityClassName',
  'resourceClaims',
  'schedulingGates',
  'serviceAccount',
  'serviceAccountName',
] as const;

/** Nearness to other pods, which are not there. */
const AMONG_PODS = ['podAffinity', 'podAntiAffinity'] as const;

/** Volumes that hold nothing but what comes with the pod. */
const OWN_KINDS: ReadonlySet<string> = new Set([
  'configMap',
  'downwardAPI',
  'emptyDir',
  'image',
  'projected',
  'secret',
]);

const LOW_PORTS_SYSCTL = { name: 'net.ipv4.ip_unprivileged_port_start', value: '1024' };

export interface TrialPod {
  /** A `v1` Pod, ready to be sent. */
  readonly object: JsonObject;
  /** What of the manifest it does not have, each one sentence. */
  readonly differences: readonly string[];
  /** Of these, what reaches the node where it is given: without it, the pod is another one than is written. */
  readonly withheld: readonly string[];
}

/** A volume that the manifest does not have, mounted into every container of the pod. */
export interface AddedVolume {
  readonly name: string;
  /** Its source, as in `volumes`: `{ emptyDir: {} }`. */
  readonly source: JsonObject;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

export interface TrialOptions extends Pick<PodOptions, 'run' | 'hostPrivileges' | 'lowPorts'> {
  readonly name: string;
  readonly namespace: string;
  readonly added?: readonly AddedVolume[];
}

export function trialPod(workload: Workload, options: TrialOptions): TrialPod {
  const { metadata, spec } = podOf(workload);
  const { added = [] } = options;
  const volumes = [
    ...listOf(spec.volumes).map((volume) => ownVolume(objectOr(volume))),
    ...added.map(({ name, source }): OwnVolume => ({ volume: { name, ...source } })),
  ];
  const node = nodeDifferences(workload);
  const started = workload.containers.filter(({ role }) => role !== 'ephemeral');
  const made = started.map((container) => ({ container, ...trialContainer(container, options) }));
  const specs = (main: boolean) =>
    made.filter(({ container }) => (container.role === 'main') === main).map((one) => one.spec);
  const written = spec.activeDeadlineSeconds;
  const deadline = typeof written === 'number' ? Math.min(written, DEADLINE_SECONDS) : DEADLINE_SECONDS;
  return {
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: options.name,
        namespace: options.namespace,
        labels: { ...metadata.labels, [RUN_LABEL]: options.run },
        annotations: metadata.annotations,
      },
      spec: {
        ...without(spec, LEFT_OUT),
        ...(spec.affinity === undefined ? {} : { affinity: without(objectOr(spec.affinity), AMONG_PODS) }),
        ...(spec.securityContext === undefined && options.lowPorts !== 'closed'
          ? {}
          : { securityContext: podSecurity(objectOr(spec.securityContext), options) }),
        activeDeadlineSeconds: deadline,
        automountServiceAccountToken: false,
        ...(spec.volumes === undefined && added.length === 0 ? {} : { volumes: volumes.map(({ volume }) => volume) }),
        ...(spec.initContainers === undefined ? {} : { initContainers: specs(false) }),
        containers: specs(true),
      },
    },
    differences: [
      ...node,
      ...podDifferences(workload),
      ...volumes.flatMap(({ difference }) => difference ?? []),
      ...made.flatMap(({ differences }) => differences),
    ],
    withheld: [
      ...node,
      ...volumes.flatMap(({ difference, ofNode }) => (ofNode ? (difference ?? []) : [])),
      ...made.flatMap(({ differences }) => differences),
    ],
  };
}

function without(object: JsonObject, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** A node may open low ports to everyone or not; a trial must not depend on it. */
function podSecurity(context: JsonObject, { lowPorts }: TrialOptions): JsonObject {
  const sysctls = listOf(context.sysctls);
  const decided = sysctls.some((sysctl) => objectOr(sysctl).name === LOW_PORTS_SYSCTL.name);
  return lowPorts !== 'closed' || decided ? context : { ...context, sysctls: [...sysctls, LOW_PORTS_SYSCTL] };
}

function nodeDifferences({ podSpec }: Workload): string[] {
  const said: (string | false)[] = [
    podSpec.hostNetwork === true && 'hostNetwork: the pod has a network of its own here, never the node’s.',
    podSpec.hostPID === true && 'hostPID: the pod sees only its own processes here, never the node’s.',
    podSpec.hostIPC === true && 'hostIPC: the pod has its own IPC namespace here, never the node’s.',
    listOf(podSpec.resourceClaims).length > 0 && 'resourceClaims are left out: devices are not given.',
  ];
  return said.filter((sentence) => sentence !== false);
}

function podDifferences({ podSpec, containers }: Workload): string[] {
  const account = textOf(podSpec.serviceAccountName) ?? textOf(podSpec.serviceAccount);
  const priority = textOf(podSpec.priorityClassName);
  const said: (string | false)[] = [
    account !== undefined && `serviceAccountName ${account}: the pod runs without that account, and without its token.`,
    account === undefined &&
      podSpec.automountServiceAccountToken !== false &&
      'There is no service account token in the pod.',
    priority !== undefined && `priorityClassName ${priority} is left out, so that no other pod has to make room.`,
    textOf(podSpec.nodeName) !== undefined && 'nodeName is left out: the scheduler chooses the node.',
    isObject(objectOr(podSpec.affinity).podAffinity) &&
      'podAffinity is left out: the other pods are not in its namespace.',
    containers.some(({ role }) => role === 'ephemeral') && 'Ephemeral containers are not started.',
    'Network policies of the namespace forbid the pod every connection but those that this run makes itself.',
  ];
  return said.filter((sentence) => sentence !== false);
}

interface OwnVolume {
  readonly volume: JsonObject;
  readonly difference?: string;
  /** It is a way to the node. */
  readonly ofNode?: true;
}

/** What reaches the node, a claim, or anything else outside of the pod becomes an empty directory. */
function ownVolume(volume: JsonObject): OwnVolume {
  const name = textOf(volume.name) ?? '';
  const kind = Object.keys(volume).find((key) => key !== 'name');
  if (kind === undefined || OWN_KINDS.has(kind)) return { volume };
  const stand = { volume: { name, emptyDir: {} } };
  if (kind === 'hostPath') {
    const path = textOf(objectOr(volume.hostPath).path) ?? '';
    const difference = `Volume ${name} is the node's ${path} in the manifest; an emptyDir stands in.`;
    return { ...stand, difference, ofNode: true };
  }
  const what = kind === 'persistentVolumeClaim' ? 'a persistent volume' : `a ${kind} volume`;
  return { ...stand, difference: `Volume ${name} is ${what} in the manifest; an emptyDir stands in.` };
}

function trialContainer(
  container: Container,
  { hostPrivileges, added = [] }: TrialOptions,
): { spec: JsonObject; differences: readonly string[] } {
  const { spec, name } = container;
  const withheld = withheldFrom(container, hostPrivileges);
  const ports = listOf(spec.ports).map((port) => without(objectOr(port), ['hostPort', 'hostIP']));
  const mounts = [
    ...listOf(spec.volumeMounts).map((mount) => without(objectOr(mount), ['mountPropagation'])),
    ...added.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
  ];
  const devices = listOf(spec.volumeDevices).length > 0;
  return {
    spec: {
      ...without(spec, ['volumeDevices']),
      ...(spec.ports === undefined ? {} : { ports }),
      ...(spec.volumeMounts === undefined && added.length === 0 ? {} : { volumeMounts: mounts }),
      ...(withheld === undefined ? {} : { securityContext: withoutPrivileges(objectOr(spec.securityContext)) }),
      resources: limited(objectOr(spec.resources)),
    },
    differences: [
      ...(withheld === undefined ? [] : [withheld]),
      ...(devices ? [`Container ${name}: block devices are not given.`] : []),
    ],
  };
}

function withoutPrivileges(context: JsonObject): JsonObject {
  const capabilities = objectOr(context.capabilities);
  const add = listOf(capabilities.add).filter((one) => DEFAULT_CAPABILITIES.includes(String(one).replace(/^CAP_/, '')));
  return {
    ...without(context, ['privileged', 'procMount']),
    ...(isObject(context.capabilities) ? { capabilities: { ...capabilities, add } } : {}),
  };
}

/** A resource that the container neither limits nor asks for gets a limit: nothing that is tried may eat a node. */
function limited(resources: JsonObject): JsonObject {
  const limits: Record<string, unknown> = { ...objectOr(resources.limits) };
  const requests: Record<string, unknown> = { ...objectOr(resources.requests) };
  for (const [resource, request] of Object.entries(REQUESTS)) {
    if (Object.hasOwn(limits, resource) || Object.hasOwn(requests, resource)) continue;
    requests[resource] = request;
    if (resource !== 'cpu') limits[resource] = LIMITS[resource as keyof typeof LIMITS];
  }
  return { ...resources, limits, requests };
}

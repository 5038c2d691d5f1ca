/** Says what of a manifest a sandbox cannot give as Kubernetes would: each one sentence, nothing is silently left out. */
import { isObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { EngineInfo } from './engine.ts';
import { withheldFrom } from './host-privileges.ts';
import type { PodOptions } from './pod.ts';
import { probeOf } from './probes.ts';
import { appArmorType } from './request.ts';
import { hookOf } from './start-order.ts';
import { podIdsOf, userNamespaceMissing } from './user-namespace.ts';

/** Measured: in Podman's profile these calls need no capability; containerd's and Docker's want CAP_SYS_ADMIN. */
const RUNTIME_DEFAULT: Readonly<Record<EngineInfo['name'], string>> = {
  podman:
    'RuntimeDefault is Podman’s seccomp profile here, not containerd’s: unshare, mount and setns are allowed without CAP_SYS_ADMIN.',
  docker: 'RuntimeDefault is Docker’s seccomp profile here, not containerd’s.',
};

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
const HOOKS = ['postStart', 'preStop'] as const;

/** Whether a probe or a hook is a command that runs in the container. */
function runsCommands(container: Container): boolean {
  const probes = PROBES.map((field) => probeOf(container, field)).map((probe) => objectOr(probe).handler);
  const hooks = HOOKS.map((name) => hookOf(container, name));
  return [...probes, ...hooks].some((handler) => objectOr(handler).kind === 'exec');
}

const usesRuntimeProfile = ({ settings }: Container) =>
  settings.seccompProfile.value === 'RuntimeDefault' && !settings.privileged.value;

/** Those that can be read from the manifest alone; volumes and the read-back add their own. */
export function manifestDifferences(
  workload: Workload,
  engine: Pick<EngineInfo, 'name' | 'local'>,
  { hostPrivileges, hostNamespaces = [] }: Pick<PodOptions, 'hostPrivileges' | 'hostNamespaces'>,
): string[] {
  const { podSpec, containers } = workload;
  const runtimeClass = textOf(podSpec.runtimeClassName);
  const context = objectOr(podSpec.securityContext);
  const ownUsers = podIdsOf(workload, engine) !== undefined;
  const said: (string | false)[] = [
    podSpec.hostNetwork === true &&
      !hostNamespaces.includes('network') &&
      'hostNetwork: the pod has a network of its own here, not the host’s (--allow-host-namespace network gives it).',
    podSpec.hostPID === true &&
      !hostNamespaces.includes('pid') &&
      'hostPID: the pod sees only its own processes here, not the host’s (--allow-host-namespace pid shows them).',
    podSpec.hostIPC === true &&
      !hostNamespaces.includes('ipc') &&
      'hostIPC: the pod has its own IPC namespace here, not the host’s (--allow-host-namespace ipc gives it).',
    userNamespaceMissing(workload, engine) ?? false,
    ownUsers &&
      containers.some(runsCommands) &&
      'Commands of probes and hooks cannot open /dev/stdout and /dev/stderr by name here.',
    podSpec.automountServiceAccountToken !== false &&
      'There is no API server here, and no service account token in the pod.',
    runtimeClass !== undefined && `runtimeClassName ${runtimeClass}: the engine’s own runtime runs the pod here.`,
    containers.some(usesRuntimeProfile) && RUNTIME_DEFAULT[engine.name],
    isObject(context.seLinuxOptions) && 'SELinux settings are not applied here.',
    containers.some(({ role }) => role === 'ephemeral') && 'Ephemeral containers are not started.',
    containers.filter(({ role }) => role !== 'ephemeral').length > 1 &&
      !ownUsers &&
      'Each container has its own /dev/shm here; a pod shares one.',
  ];
  return [
    ...said.filter((sentence) => sentence !== false),
    ...containers.flatMap((container) => containerDifferences(workload, container)),
    ...containers
      .filter(({ role }) => role !== 'ephemeral')
      .flatMap((container) => withheldFrom(container, hostPrivileges) ?? []),
  ];
}

function containerDifferences(workload: Workload, container: Container): string[] {
  const { name, spec, settings } = container;
  const own = objectOr(spec.securityContext);
  const probes = PROBES.flatMap((field) => {
    const probe = probeOf(container, field);
    return typeof probe === 'string' ? [`Container ${name}: its ${field} is not run here, because it ${probe}.`] : [];
  });
  const hooks = HOOKS.flatMap((hook) => {
    const handler = hookOf(container, hook);
    return typeof handler === 'string'
      ? [`Container ${name}: its ${hook} hook is not run here, because it ${handler}.`]
      : [];
  });
  const said: (string | false)[] = [
    settings.seccompProfile.value === 'Localhost' &&
      `Container ${name}: the seccomp profile ${textOf(objectOr(own.seccompProfile).localhostProfile) ?? ''} of the node is not here; nothing is filtered.`,
    isObject(own.seLinuxOptions) && `Container ${name}: SELinux settings are not applied here.`,
    appArmorType(workload, container) === 'Localhost' &&
      `Container ${name}: the AppArmor profile of the node is not here; the engine’s own applies.`,
    listOf(spec.volumeDevices).length > 0 && `Container ${name}: block devices are not given.`,
    (spec.tty === true || spec.stdin === true) && `Container ${name}: it has no terminal and no standard input here.`,
  ];
  return [...said.filter((sentence) => sentence !== false), ...probes, ...hooks];
}

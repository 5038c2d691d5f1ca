/** What a proof rests on, read from a manifest: the settings, mounts and program of one container. */
import { createHash } from 'node:crypto';
import { capabilitiesOf, groupsOf } from '../engine/identity.ts';
import { podOf } from '../workload/pod.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf, textsOf } from '../workload/value.ts';
import type { Container, Mount, Workload } from '../workload/workload.ts';
import type { Basis, ProvenMount, ProvenProgram, ProvenSettings } from './proof.ts';
import { messagePath } from './target.ts';

/** How AppArmor was chosen before there was a field for it. */
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

/** All of it but the image, which only an engine knows. */
export function basisOf(workload: Workload, container: Container): Omit<Basis, 'image'> {
  return {
    settings: settingsOf(workload, container),
    mounts: container.mounts.map((mount) => mountOf(container, mount)),
    program: programOf(container),
  };
}

function settingsOf(workload: Workload, container: Container): ProvenSettings {
  const { podSpec } = workload;
  const { settings } = container;
  return {
    user: settings.runAsUser.value ?? null,
    group: settings.runAsGroup.value ?? null,
    supplementaryGroups: [...groupsOf(podSpec)].sort((a, b) => a - b),
    runAsNonRoot: settings.runAsNonRoot.value === true,
    readOnlyRootFilesystem: settings.readOnlyRootFilesystem.value,
    privileged: settings.privileged.value,
    allowPrivilegeEscalation: settings.allowPrivilegeEscalation.value,
    capabilities: {
      add: sorted(settings.capabilitiesAdd.value),
      drop: sorted(settings.capabilitiesDrop.value),
      bounding: sorted(capabilitiesOf(container)),
    },
    seccomp: confinement('seccompProfile', workload, container),
    appArmor: confinement('appArmorProfile', workload, container) ?? annotatedAppArmor(workload, container),
    seLinux: seLinuxOf(workload, container),
    procMount: settings.procMount.value,
    hostUsers: podSpec.hostUsers !== false,
    hostPID: podSpec.hostPID === true,
    hostIPC: podSpec.hostIPC === true,
    hostNetwork: podSpec.hostNetwork === true,
    shareProcessNamespace: podSpec.shareProcessNamespace === true,
    terminationMessagePath: messagePath(container),
    devices: listOf(container.spec.volumeDevices)
      .map((one) => textOf(objectOr(one).devicePath) ?? '')
      .sort(),
  };
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** What the container says, else its pod. */
function contextOf(key: string, { podSpec }: Workload, { spec }: Container): unknown {
  return objectOr(spec.securityContext)[key] ?? objectOr(podSpec.securityContext)[key];
}

function confinement(
  key: 'seccompProfile' | 'appArmorProfile',
  workload: Workload,
  container: Container,
): string | null {
  const { type, localhostProfile } = objectOr(contextOf(key, workload, container));
  if (textOf(type) === undefined) return null;
  return type === 'Localhost' ? `Localhost: ${textOf(localhostProfile) ?? ''}` : (type as string);
}

function annotatedAppArmor(workload: Workload, { name }: Container): string | null {
  const { annotations } = podOf(workload).metadata;
  const written = Object.hasOwn(annotations, APPARMOR_ANNOTATION + name)
    ? textOf(annotations[APPARMOR_ANNOTATION + name])
    : undefined;
  if (written === undefined) return null;
  if (written === 'runtime/default') return 'RuntimeDefault';
  if (written === 'unconfined') return 'Unconfined';
  return written.startsWith('localhost/') ? `Localhost: ${written.slice('localhost/'.length)}` : written;
}

function seLinuxOf(workload: Workload, container: Container): string | null {
  const options = objectOr(contextOf('seLinuxOptions', workload, container));
  const parts = ['user', 'role', 'type', 'level'].map((key) => textOf(options[key]) ?? '');
  return parts.every((part) => part === '') ? null : parts.join(':');
}

function mountOf(container: Container, { path, volumeName, mountPath, ...mount }: Mount): ProvenMount {
  const { volumeKind, volume = {}, readOnly, subPath } = mount;
  const behind = objectOr(volumeKind === undefined ? undefined : volume[volumeKind]);
  const written = objectOr(listOf(container.spec.volumeMounts)[path.at(-1) as number]);
  const isScratch = volumeKind === 'emptyDir';
  return {
    path: mountPath,
    volume: volumeName,
    kind: volumeKind ?? null,
    source: sourceOf(volumeKind, behind),
    readOnly,
    subPath: subPath ?? null,
    sizeLimit: isScratch && behind.sizeLimit !== undefined ? String(behind.sizeLimit) : null,
    medium: (isScratch && textOf(behind.medium)) || null,
    hostPath: volumeKind === 'hostPath' ? (textOf(behind.path) ?? '') : null,
    propagation: textOf(written.mountPropagation) ?? null,
    options: textsOf(written.bindMountOptions),
  };
}

/** Kinds that are compared otherwise, or whose content is configuration, which is not compared. */
const WITHOUT_SOURCE: ReadonlySet<string> = new Set([
  ...['emptyDir', 'hostPath', 'configMap', 'secret', 'downwardAPI', 'projected'],
]);

/** Whatever order its keys are written in; whether it is read-only is the mount's. */
function sourceOf(kind: string | undefined, behind: JsonObject): string | null {
  if (kind === undefined || WITHOUT_SOURCE.has(kind)) return null;
  const { readOnly: _, ...source } = behind;
  const text = JSON.stringify(source, (_key, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  return text.length > LONGEST_SOURCE ? `sha256:${createHash('sha256').update(text).digest('hex')}` : text;
}
/** What is longer than any volume that Kubernetes knows is known by its hash. */
const LONGEST_SOURCE = 4096;

function programOf({ spec }: Container): ProvenProgram {
  const words = (value: unknown) => (listOf(value).length === 0 ? null : textsOf(value));
  return {
    command: words(spec.command),
    args: words(spec.args),
    workingDir: textOf(spec.workingDir) ?? null,
    searchPath: writtenPath(spec) ?? null,
  };
}

/** PATH as the manifest sets it: of several the last, as the kubelet takes it. */
export function writtenPath(spec: Container['spec']): string | undefined {
  const written = listOf(spec.env)
    .map(objectOr)
    .findLast(({ name }) => name === 'PATH');
  return textOf(written?.value);
}

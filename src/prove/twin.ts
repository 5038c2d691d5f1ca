/** The twin of a workload: the same images and mounts with the controls taken away, as a positive control. */
import type { ManifestDocument } from '../manifest/document.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { type JsonObject, listOf, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';

/** Root with the runtime's default capabilities and the one that mounts; never privileged: it must not reach the host. */
const WEAK = {
  readOnlyRootFilesystem: false,
  privileged: false,
  allowPrivilegeEscalation: true,
  runAsUser: 0,
  runAsGroup: 0,
  capabilities: { add: ['SYS_ADMIN'] },
  seccompProfile: { type: 'Unconfined' },
  appArmorProfile: { type: 'Unconfined' },
};

/** What is kept of a container; without its probes, hooks and environment, because the twin does not run the application. */
const KEPT = ['name', 'image', 'imagePullPolicy', 'workingDir', 'terminationMessagePath', 'volumeMounts'] as const;

/** Files inside the containers that the twin executes. */
interface TwinPrograms {
  /** Waits for ever: it stands for the application. */
  readonly wait: string;
  /** Ends with 0: the readiness probe, without which an engine would watch for a while whether the twin stays alive. */
  readonly ready: string;
}

/**
 * A pod of the given containers that waits in each of them instead of running the application, so that the twin of a pod that
 * cannot run as root, or only with its neighbours, runs all the same.
 */
export function weakenedTwin(workload: Workload, containers: readonly Container[], programs: TwinPrograms): Workload {
  const volumes = volumesFor(workload, containers);
  const emptyDirs = new Set(volumes.filter((volume) => 'emptyDir' in volume).map(({ name }) => name));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${workload.name}-twin`, namespace: workload.namespace },
    spec: {
      ...(volumes.length === 0 ? {} : { volumes }),
      automountServiceAccountToken: false,
      containers: containers.map(({ spec }) => weakened(spec, programs, emptyDirs)),
    },
  };
  const document: ManifestDocument = documentFromValue(`${workload.source.file} (twin)`, pod);
  return findWorkloads(document)[0]!;
}

function volumesFor(workload: Workload, containers: readonly Container[]): readonly JsonObject[] {
  const volumes = listOf(workload.podSpec.volumes).map((written): JsonObject => {
    const volume = objectOr(written);
    // A directory of the host has no place in an experiment without controls.
    return volume.hostPath === undefined ? volume : { name: volume.name, emptyDir: {} };
  });
  // What a StatefulSet claims by template stands beside its pod template, which is all that the twin has.
  const names = new Set(volumes.map(({ name }) => name));
  const claimed = containers.flatMap(({ mounts }) => mounts).filter(({ volumeName }) => !names.has(volumeName));
  const templates = new Set(
    claimed.filter(({ volumeKind }) => volumeKind !== undefined).map(({ volumeName }) => volumeName),
  );
  return [...volumes, ...[...templates].map((name) => ({ name, emptyDir: {} }))];
}

function weakened(spec: Container['spec'], { wait, ready }: TwinPrograms, emptyDirs: ReadonlySet<unknown>): object {
  const kept = Object.fromEntries(KEPT.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]]));
  // What the manifest mounts read-only is a control as well, and taken away where the directory is only the pod's.
  const mounts = listOf(spec.volumeMounts).map((written) => {
    const { readOnly, ...mount } = objectOr(written);
    return emptyDirs.has(mount.name) || readOnly === undefined ? mount : { ...mount, readOnly };
  });
  return {
    ...kept,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
    command: [wait],
    readinessProbe: { exec: { command: [ready] }, periodSeconds: 1 },
    securityContext: WEAK,
  };
}

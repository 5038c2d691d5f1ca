/** The twin of a workload: the same images and mounts with the controls taken away, as a positive control. */
import type { ManifestDocument } from '../manifest/document.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { type JsonObject, listOf, objectOr } from '../workload/value.ts';
import type { Container, Mount, Workload } from '../workload/workload.ts';

/** The capability that mounts; with it the twin can show what most of the attacks would do. */
const MOUNTS = 'SYS_ADMIN';

/** Root with the runtime's default capabilities and those that attacks need; never privileged: devices stay closed to it. */
const weakContext = (capabilities: readonly string[]) => ({
  readOnlyRootFilesystem: false,
  privileged: false,
  allowPrivilegeEscalation: true,
  runAsUser: 0,
  runAsGroup: 0,
  capabilities: { add: [...new Set([MOUNTS, ...capabilities])].sort() },
  seccompProfile: { type: 'Unconfined' },
  appArmorProfile: { type: 'Unconfined' },
});

/** What is kept of a container; without its probes, hooks and environment, because the twin does not run the application. */
const KEPT = ['name', 'image', 'imagePullPolicy', 'workingDir', 'terminationMessagePath'] as const;

/** Files inside the containers that the twin executes, and what it may do besides. */
interface TwinOptions {
  /** What attacks need beside the runtime's default capabilities, as far as the engine's host can give it. */
  readonly capabilities: readonly string[];
  /** Waits for ever: it stands for the application. */
  readonly wait: string;
  /** Ends with 0: the readiness probe, without which an engine would watch for a while whether the twin stays alive. */
  readonly ready: string;
}

/** Volumes that the sandbox makes the same for the twin as for the original, whoever runs beside it. */
const MADE_ALIKE: ReadonlySet<string | undefined> = new Set([
  ...['hostPath', 'configMap', 'secret', 'downwardAPI', 'projected'],
]);

/**
 * A pod of the given containers that waits in each of them instead of running the application, so that the twin of a pod that
 * cannot run as root, or only with its neighbours, runs all the same. `isFile` says of a mount of the original whether it
 * is a file: one that an init container made is missing in the twin, where a directory over a file would keep it from starting.
 */
export function weakenedTwin(
  workload: Workload,
  containers: readonly Container[],
  options: TwinOptions,
  isFile: (container: Container, mount: Mount) => boolean,
): Workload {
  const volumes = volumesFor(workload, containers);
  const own = new Set(volumes.filter((volume) => 'emptyDir' in volume || 'hostPath' in volume).map(({ name }) => name));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${workload.name}-twin`, namespace: workload.namespace },
    spec: {
      ...(volumes.length === 0 ? {} : { volumes }),
      automountServiceAccountToken: false,
      // A shared process namespace is the place of some attacks, as a mount is of others: without it they show nothing.
      ...(workload.podSpec.shareProcessNamespace === true ? { shareProcessNamespace: true } : {}),
      containers: containers.map((container) => {
        const missing = container.mounts.filter(
          (mount) => !MADE_ALIKE.has(mount.volumeKind) && isFile(container, mount),
        );
        return weakened(container.spec, options, own, new Set(missing.map(({ path }) => path.at(-1))));
      }),
    },
  };
  const document: ManifestDocument = documentFromValue(`${workload.source.file} (twin)`, pod);
  return findWorkloads(document)[0]!;
}

function volumesFor(workload: Workload, containers: readonly Container[]): readonly JsonObject[] {
  // A directory of the host stays as it is written: the sandbox never gives it, but something empty of the same type.
  const volumes = listOf(workload.podSpec.volumes).map(objectOr);
  // What a StatefulSet claims by template stands beside its pod template, which is all that the twin has.
  const names = new Set(volumes.map(({ name }) => name));
  const claimed = containers.flatMap(({ mounts }) => mounts).filter(({ volumeName }) => !names.has(volumeName));
  const templates = new Set(
    claimed.filter(({ volumeKind }) => volumeKind !== undefined).map(({ volumeName }) => volumeName),
  );
  return [...volumes, ...[...templates].map((name) => ({ name, emptyDir: {} }))];
}

/** `missing`: the indexes of mounts that are left out. */
function weakened(
  spec: Container['spec'],
  { wait, ready, capabilities }: TwinOptions,
  own: ReadonlySet<unknown>,
  missing: ReadonlySet<unknown>,
): object {
  const kept = Object.fromEntries(KEPT.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]]));
  // What the manifest mounts read-only is a control as well, and taken away where the directory is only the pod's own, as
  // what stands in for a path of the host is.
  const present = listOf(spec.volumeMounts).filter((_, index) => !missing.has(index));
  const mounts = present.map((written) => {
    const { readOnly, ...mount } = objectOr(written);
    return own.has(mount.name) || readOnly === undefined ? mount : { ...mount, readOnly };
  });
  return {
    ...kept,
    volumeMounts: mounts,
    command: [wait],
    readinessProbe: { exec: { command: [ready] }, periodSeconds: 1 },
    securityContext: weakContext(capabilities),
  };
}

/** A container's mounts with the volume behind each, and which of them can be written. */
import type { Path } from '../manifest/document.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from './value.ts';
import type { Mount } from './workload.ts';

/** A pod's volume, found by its name. */
interface Volume {
  readonly kind: string;
  readonly volume: JsonObject;
  readonly path: Path;
}
export type Volumes = ReadonlyMap<string, Volume>;

/** These have no `readOnly` of their own: one that is written there is dropped. The first decides where there are several. */
const WITHOUT_READ_ONLY = ['hostPath', 'emptyDir', 'ephemeral', 'gitRepo', 'flocker', 'vsphereVolume'];
/** These may be read-only by a field of their own. */
const WITH_READ_ONLY =
  'persistentVolumeClaim csi nfs iscsi fc cephfs rbd azureFile azureDisk gcePersistentDisk awsElasticBlockStore cinder ' +
  'flexVolume glusterfs photonPersistentDisk portworxVolume quobyte scaleIO storageos';
/** The kubelet mounts these read-only, whatever the mount says. */
const ALWAYS_READ_ONLY = ['configMap', 'secret', 'downwardAPI', 'projected', 'image'];

/** Every kind of volume that Kubernetes has or had; where several are written (it refuses that) the earliest counts. */
const KINDS: ReadonlyMap<string, 'writable' | 'its own field' | 'read-only'> = new Map([
  ...WITHOUT_READ_ONLY.map((kind) => [kind, 'writable'] as const),
  ...WITH_READ_ONLY.split(' ').map((kind) => [kind, 'its own field'] as const),
  ...ALWAYS_READ_ONLY.map((kind) => [kind, 'read-only'] as const),
]);

/** Whether Kubernetes has such a kind of volume. */
export function isKnownKind(kind: string): boolean {
  return KINDS.has(kind);
}

/**
 * The volumes of a pod spec by name; the first of a name counts. `claimTemplates` (of a StatefulSet, at `claimPath`)
 * come first, as its controller puts each claim in the place of a volume of the same name.
 */
export function volumesOf(podSpec: JsonObject, podSpecPath: Path, claimTemplates: unknown, claimPath: Path): Volumes {
  const volumes = new Map<string, Volume>();
  for (const [index, template] of listOf(claimTemplates).entries()) {
    if (!isObject(template)) continue;
    const name = textOf(objectOr(template.metadata).name);
    if (name === undefined || volumes.has(name)) continue;
    volumes.set(name, { kind: 'persistentVolumeClaim', volume: template, path: [...claimPath, index] });
  }
  for (const [index, volume] of listOf(podSpec.volumes).entries()) {
    if (!isObject(volume)) continue;
    const name = textOf(volume.name);
    if (name === undefined || volumes.has(name)) continue;
    volumes.set(name, { kind: kindOf(volume), volume, path: [...podSpecPath, 'volumes', index] });
  }
  return volumes;
}

/** The mounts of one container, in the order written; those without a name or a path are left out. */
export function mountsOf(container: JsonObject, containerPath: Path, volumes: Volumes): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const [index, written] of listOf(container.volumeMounts).entries()) {
    if (!isObject(written)) continue;
    const volumeName = textOf(written.name);
    const mountPath = textOf(written.mountPath);
    if (volumeName === undefined || mountPath === undefined) continue;
    const volume = volumes.get(volumeName);
    mounts.push({
      path: [...containerPath, 'volumeMounts', index],
      volumeName,
      mountPath,
      subPath: textOf(written.subPath) ?? textOf(written.subPathExpr),
      readOnly: written.readOnly === true || (volume !== undefined && readOnlyVolume(volume)),
      volumeKind: volume?.kind,
      volume: volume?.volume,
      volumePath: volume?.path,
    });
  }
  return mounts;
}

/**
 * The kind of a volume. A key that Kubernetes does not know cannot hide one that it does; alone it is the kind, and
 * unknown. A volume with nothing beside its name is an emptyDir: the API server's own default.
 */
function kindOf(volume: JsonObject): string {
  const written = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== null);
  if (written.length <= 1) return written[0] ?? 'emptyDir';
  for (const kind of KINDS.keys()) if (written.includes(kind)) return kind;
  return written[0]!;
}

function readOnlyVolume({ kind, volume }: Volume): boolean {
  const written = KINDS.get(kind);
  return written === 'read-only' || (written === 'its own field' && objectOr(volume[kind]).readOnly === true);
}

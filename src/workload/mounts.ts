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

/** The kubelet mounts these read-only, whatever the mount says. */
const ALWAYS_READ_ONLY: ReadonlySet<string> = new Set(['configMap', 'secret', 'downwardAPI', 'projected', 'image']);
/** These have no `readOnly` of their own: one that is written there is dropped. */
const WITHOUT_READ_ONLY: ReadonlySet<string> = new Set(['hostPath', 'emptyDir']);

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
      readOnly: written.readOnly === true || readOnlyVolume(volume),
      volumeKind: volume?.kind,
      volume: volume?.volume,
      volumePath: volume?.path,
    });
  }
  return mounts;
}

/** A volume with nothing beside its name is an emptyDir: the API server's own default. */
function kindOf(volume: JsonObject): string {
  for (const key of Object.keys(volume)) if (key !== 'name' && volume[key] !== null) return key;
  return 'emptyDir';
}

function readOnlyVolume(volume: Volume | undefined): boolean {
  if (volume === undefined) return false;
  if (ALWAYS_READ_ONLY.has(volume.kind)) return true;
  return !WITHOUT_READ_ONLY.has(volume.kind) && objectOr(volume.volume[volume.kind]).readOnly === true;
}

/** The writable surface of a container: what its manifest leaves open on purpose. */
import { isObject, listOf } from './value.ts';
import type { Container } from './workload.ts';

/** A volume that the container can write to. */
export interface WritableVolume {
  readonly path: string;
  readonly volume: string;
  /** `emptyDir`, `persistentVolumeClaim`, `hostPath` …; null where the pod has no volume of that name. */
  readonly kind: string | null;
  /** Whether a file dropped there can be executed: always, unless the mount asks for `noexec`. */
  readonly executable: boolean;
}

/** Writable mounts in the order written. */
export function writableSurface(container: Container): readonly WritableVolume[] {
  const surface: WritableVolume[] = [];
  for (const mount of container.mounts) {
    if (mount.readOnly) continue;
    const written = listOf(container.spec.volumeMounts)[mount.path.at(-1) as number];
    const options = isObject(written) ? listOf(written.bindMountOptions) : [];
    surface.push({
      path: mount.mountPath,
      volume: mount.volumeName,
      kind: mount.volumeKind ?? null,
      executable: !options.includes('noexec'),
    });
  }
  return surface;
}

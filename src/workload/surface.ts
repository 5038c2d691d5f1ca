/** The writable surface of a container: what its manifest leaves open on purpose. */
import { isDeepStrictEqual } from 'node:util';
import { runTogether } from './concurrent.ts';
import { cleanPath, isWithin } from './file-path.ts';
import { isObject, listOf, textOf } from './value.ts';
import type { Container, Mount } from './workload.ts';

/** A place that can be written while the container runs: a volume, or the file of its termination message. */
export interface WritableVolume {
  readonly path: string;
  /** null: no volume, but the file that the kubelet mounts for the termination message. */
  readonly volume: string | null;
  /** `emptyDir`, `persistentVolumeClaim`, `terminationMessagePath` …; null where the pod has no volume of that name. */
  readonly kind: string | null;
  /** Whether a file dropped there can be executed: nothing that the manifest says rules it out in every cluster. */
  readonly executable: boolean;
  /** Whether the mount asks for `noexec` (alpha since Kubernetes 1.37: a cluster without it drops the wish). */
  readonly noexecRequested: boolean;
  /** The container that writes it where it is read-only here; null: this container itself can. */
  readonly writtenBy: string | null;
}

/** Where the kubelet mounts the termination message when the manifest does not say. */
const TERMINATION_LOG = '/dev/termination-log';

/** Writable places in the order written; `others` are all containers of the pod. */
export function writableSurface(container: Container, others: readonly Container[]): readonly WritableVolume[] {
  const surface: WritableVolume[] = [];
  for (const mount of container.mounts) {
    const writer = mount.readOnly ? writerOf(mount, container, others) : null;
    if (writer === undefined) continue;
    const written = listOf(container.spec.volumeMounts)[mount.path.at(-1) as number];
    const options = isObject(written) ? listOf(written.bindMountOptions) : [];
    surface.push({
      path: mount.mountPath,
      volume: mount.volumeName,
      kind: mount.volumeKind ?? null,
      executable: true,
      noexecRequested: options.includes('noexec'),
      writtenBy: writer === null ? null : writer.name,
    });
  }
  const message = textOf(container.spec.terminationMessagePath);
  if (message !== undefined && message !== TERMINATION_LOG && !coveredBy(message, surface)) {
    const kind = 'terminationMessagePath';
    surface.push({ path: message, volume: null, kind, executable: true, noexecRequested: false, writtenBy: null });
  }
  return surface;
}

/**
 * The container that can write what this read-only mount shows, while it runs: another one of the pod, or the container
 * itself through a second mount of the volume.
 */
export function writerOf(mount: Mount, container: Container, others: readonly Container[]): Container | undefined {
  return others.find(
    (other) =>
      other.mounts.some((theirs) => !theirs.readOnly && sameFiles(theirs, mount) && meet(theirs, mount)) &&
      (other === container || runTogether(container, other)),
  );
}

/** A pod makes each of them anew, under every name. */
const OWN_OF_EACH: ReadonlySet<string> = new Set(['emptyDir', 'ephemeral']);

/** Whether two mounts are of one volume, or of two volumes with the same claim or server behind them. */
function sameFiles(a: Mount, b: Mount): boolean {
  if (a.volumeName === b.volumeName) return true;
  const kind = a.volumeKind;
  if (kind === undefined || kind !== b.volumeKind || OWN_OF_EACH.has(kind)) return false;
  return isDeepStrictEqual(sourceOf(a, kind), sourceOf(b, kind));
}

/** What is behind a volume, whether it is read-only or not. */
function sourceOf({ volume }: Mount, kind: string): object | undefined {
  const source = volume?.[kind];
  return isObject(source) ? { ...source, readOnly: undefined } : undefined;
}

/** Whether two mounts of one volume show common files; what a `subPathExpr` becomes is not known, so it may be any. */
function meet(a: Mount, b: Mount): boolean {
  const [one, two] = [a.subPath ?? '', b.subPath ?? ''];
  if (one.includes('$(') || two.includes('$(')) return true;
  return isWithin(cleanPath(one), cleanPath(two)) || isWithin(cleanPath(two), cleanPath(one));
}

function coveredBy(path: string, surface: readonly WritableVolume[]): boolean {
  return surface.some((place) => isWithin(cleanPath(path), cleanPath(place.path)));
}

/** Which volumes a container gets so that it can write exactly where it must, and nowhere else. */

import { valueAt } from '../manifest/position.ts';
import type { WritablePath } from '../profile/profile.ts';
import { suggestSizeLimit } from '../profile/size-limit.ts';
import { isObject, listOf, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Change } from './change.ts';

/** A volume's name is a DNS label. */
const MAX_NAME = 63;

export interface PlannedVolume {
  readonly name: string;
  readonly mountPath: string;
  /** Kubernetes quantity, e.g. `16Mi`. */
  readonly sizeLimit: string;
  readonly because: string;
}

/** A DNS label out of a path: `/var/cache/nginx` becomes `var-cache-nginx`; unique among `taken`. */
export function volumeName(path: string, taken: ReadonlySet<string>): string {
  const label = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, '');
  const base = label || 'volume';
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = `${base.slice(0, MAX_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/** The names that volumes already have: the pod's own, and those of claim templates, which mounts alone tell. */
export function volumeNames(workload: Workload): Set<string> {
  const names = new Set(workload.containers.flatMap(({ mounts }) => mounts.map(({ volumeName }) => volumeName)));
  for (const { name } of listOf(workload.podSpec.volumes).filter(isObject))
    if (typeof name === 'string') names.add(name);
  const spec = objectOr(valueAt(workload.document.value, [...workload.objectPath, 'spec']));
  for (const template of listOf(spec.volumeClaimTemplates)) {
    const { name } = objectOr(objectOr(template).metadata);
    if (typeof name === 'string') names.add(name);
  }
  return names;
}

/** The writable paths of one container that none of its mounts covers yet, each with its own volume. */
export function planVolumes(
  container: Container,
  writable: readonly WritablePath[],
  taken: Set<string>,
): readonly PlannedVolume[] {
  const planned: PlannedVolume[] = [];
  for (const path of writable) {
    if (container.mounts.some((mount) => mount.mountPath === path.path)) continue;
    const name = volumeName(path.path, taken);
    taken.add(name);
    planned.push({
      name,
      mountPath: path.path,
      sizeLimit: suggestSizeLimit(path.kind, path.bytes),
      because: reason(path),
    });
  }
  return planned;
}

function reason(path: WritablePath): string {
  const first = path.evidence[0];
  return first ? `${path.kind}: ${first.detail}` : path.kind;
}

/** The changes that give `container` its planned volumes: the mounts in the container, the volumes in the pod. */
export function volumeChanges(
  workload: Workload,
  container: Container,
  planned: readonly PlannedVolume[],
): readonly Change[] {
  return planned.flatMap(({ name, mountPath, sizeLimit, because }) => [
    { op: 'add', path: [...container.path, 'volumeMounts', '-'], value: { name, mountPath }, because },
    { op: 'add', path: [...workload.podSpecPath, 'volumes', '-'], value: { name, emptyDir: { sizeLimit } }, because },
  ]);
}

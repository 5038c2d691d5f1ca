/** All containers of a pod spec, init and ephemeral ones too: no check can forget one. */
import type { Path } from '../manifest/document.ts';
import { mountsOf, type Volumes } from './mounts.ts';
import { effectiveSettings } from './settings.ts';
import { isObject, type JsonObject, listOf, textOf } from './value.ts';
import type { Container, ContainerRole } from './workload.ts';

/** The lists of a pod spec that hold containers, in the order Kubernetes starts them, with the word for a nameless one. */
export const CONTAINER_LISTS = [
  ['initContainers', 'init container'],
  ['containers', 'container'],
  ['ephemeralContainers', 'ephemeral container'],
] as const;

/** Containers in starting order. Entries that are no mappings are left out: the API server refuses such a pod. */
export function containersOf(podSpec: JsonObject, podSpecPath: Path, volumes: Volumes): readonly Container[] {
  const containers: Container[] = [];
  for (const [list, word] of CONTAINER_LISTS) {
    for (const [index, spec] of listOf(podSpec[list]).entries()) {
      if (!isObject(spec)) continue;
      const path: Path = [...podSpecPath, list, index];
      containers.push({
        role: roleOf(list, spec),
        name: textOf(spec.name) ?? `(${word} ${index + 1})`,
        path,
        image: textOf(spec.image),
        spec,
        settings: effectiveSettings(podSpec, podSpecPath, spec, path),
        mounts: mountsOf(spec, path, volumes),
      });
    }
  }
  return containers;
}

function roleOf(list: (typeof CONTAINER_LISTS)[number][0], spec: JsonObject): ContainerRole {
  if (list === 'containers') return 'main';
  if (list === 'ephemeralContainers') return 'ephemeral';
  return spec.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

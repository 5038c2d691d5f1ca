/** The ConfigMaps and Secrets whose changes reach the files of running containers. */
import { isObject, listOf, objectOr, textOf } from './value.ts';
import type { Mount, Workload } from './workload.ts';

export interface Configuration {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * What containers mount and the kubelet keeps up to date, each once, in the order of the mounts: `configMap`, `secret` and
 * `projected` volumes, optional ones too. A mount with a `subPath` and a variable of the environment stay as they were at
 * the start, and a volume that no container mounts changes nothing.
 */
export function followedConfiguration({ containers, namespace }: Workload): readonly Configuration[] {
  const found = new Map<string, Configuration>();
  const add = (kind: Configuration['kind'], name: unknown): void => {
    const text = textOf(name);
    if (text !== undefined) found.set(`${kind}/${text}`, { kind, namespace, name: text });
  };
  for (const { mounts } of containers) for (const mount of mounts) if (mount.subPath === undefined) read(mount, add);
  return [...found.values()];
}

function read({ volumeKind, volume }: Mount, add: (kind: Configuration['kind'], name: unknown) => void): void {
  if (volume === undefined) return;
  if (volumeKind === 'configMap') add('ConfigMap', objectOr(volume.configMap).name);
  else if (volumeKind === 'secret') add('Secret', objectOr(volume.secret).secretName);
  else if (volumeKind === 'projected') {
    for (const source of listOf(objectOr(volume.projected).sources)) {
      if (!isObject(source)) continue;
      add('ConfigMap', objectOr(source.configMap).name);
      add('Secret', objectOr(source.secret).name);
    }
  }
}

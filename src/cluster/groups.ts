/** Groups pods as they come: one text for all pods of an owner that run with the same specification. */
import type { ManifestText } from '../manifest/document.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import { injectedInto, type Traces, tracesOf } from './injected.ts';
import { type Controller, controllerOf, idOf, type Owner } from './owners.ts';
import { keyOfPod, textOfPod } from './specification.ts';

/** All texts together, in UTF-16 code units. */
const MAX_TEXT = 256 * 1024 * 1024;

/** Marks the API server's copy of a pod that a kubelet runs from a file. */
const MIRROR = 'kubernetes.io/config.mirror';

interface Group {
  readonly namespace: string;
  readonly controller: Owner | undefined;
  readonly key: string;
  readonly text: string;
  readonly traces: Traces;
  readonly pods: string[];
}

export class PodGroups {
  readonly #groups = new Map<string, Group>();
  readonly #configMaps = new Set<string>();
  #length = 0;
  #mirrors = 0;
  #dropped = 0;

  /** @throws TooDeep */
  add(pod: JsonObject): void {
    const metadata = objectOr(pod.metadata);
    const name = textOf(metadata.name) ?? '(unnamed)';
    const namespace = textOf(metadata.namespace) ?? 'default';
    const controller = controllerOf(pod);
    const key = keyOfPod(pod);
    const id = controller === undefined ? JSON.stringify([namespace, name]) : idOf(controller, namespace) + key;
    if (Object.hasOwn(objectOr(metadata.annotations), MIRROR)) this.#mirrors++;
    const group = this.#groups.get(id);
    if (group !== undefined) {
      group.pods.push(name);
      return;
    }
    for (const configMap of mountedConfigMaps(pod)) this.#configMaps.add(`${namespace}/${configMap}`);
    const text = textOfPod(pod);
    if (this.#length + text.length > MAX_TEXT) {
      this.#dropped++;
      return;
    }
    this.#length += text.length;
    this.#groups.set(id, { namespace, controller, key, text, traces: tracesOf(pod), pods: [name] });
  }

  clear(): void {
    this.#groups.clear();
    this.#configMaps.clear();
    this.#length = this.#mirrors = this.#dropped = 0;
  }

  /** Pods that a kubelet runs from a file of its node. */
  get mirrors(): number {
    return this.#mirrors;
  }

  /** Pods that were too many to keep. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether some pod has the ConfigMap among its volumes. */
  mounts(namespace: string, configMap: string): boolean {
    return this.#configMaps.has(`${namespace}/${configMap}`);
  }

  /** The controllers of all pods, each once. */
  controllers(): Map<string, { readonly owner: Owner; readonly namespace: string }> {
    const found = new Map<string, { owner: Owner; namespace: string }>();
    for (const { controller, namespace } of this.#groups.values()) {
      if (controller !== undefined) found.set(idOf(controller, namespace), { owner: controller, namespace });
    }
    return found;
  }

  *texts(controllers: ReadonlyMap<string, Controller>, cluster: string): Generator<ManifestText> {
    const merged = [...this.#merge(controllers).values()].sort((a, b) => (a.place < b.place ? -1 : 1));
    for (const { place, group, owner, controller } of merged) {
      const live = { owner, pods: group.pods.toSorted(), injected: injectedInto(group.traces, controller?.template) };
      yield { file: place.split('\0', 1)[0]!, text: group.text, rendered: { by: 'cluster', from: cluster }, live };
    }
  }

  /** Two ReplicaSets of one Deployment that differ in nothing that is judged are one group. */
  #merge(controllers: ReadonlyMap<string, Controller>): Map<string, Merged> {
    const merged = new Map<string, Merged>();
    for (const group of this.#groups.values()) {
      const { namespace, controller: direct, key } = group;
      const controller = direct === undefined ? undefined : controllers.get(idOf(direct, namespace));
      const owner = controller?.top ?? direct;
      const named = owner === undefined || owner.kind === 'Node' ? ['Pod', group.pods[0]!] : [owner.kind, owner.name];
      const id = owner === undefined ? JSON.stringify([namespace, group.pods[0]]) : idOf(owner, namespace) + key;
      const other = merged.get(id);
      if (other !== undefined) other.group.pods.push(...group.pods);
      else {
        const place = `${[namespace, ...named].join('/')}\0${group.pods[0]}`;
        merged.set(id, { place, owner, controller, group: { ...group, pods: [...group.pods] } });
      }
    }
    return merged;
  }
}

interface Merged {
  /** Where it stands in the order, and how it is called up to the NUL. */
  readonly place: string;
  readonly owner: Owner | undefined;
  readonly controller: Controller | undefined;
  readonly group: Group;
}

function mountedConfigMaps(pod: JsonObject): string[] {
  return listOf(objectOr(pod.spec).volumes).flatMap((entry) => {
    const volume = objectOr(entry);
    const sources = [volume, ...listOf(objectOr(volume.projected).sources).map(objectOr)];
    return sources.flatMap(({ configMap }) => textOf(objectOr(configMap).name) ?? []);
  });
}

/** Tells injected containers from those that the owner asked for, each with the evidence. */
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

/** What a pod itself shows of how its containers came to be. */
export interface Traces {
  /** Its own containers and init containers, without ephemeral ones. */
  readonly names: readonly string[];
  /** Ephemeral containers: never of a template. */
  readonly ephemeral: ReadonlyMap<string, string>;
  /** Who an annotation says injected a container. */
  readonly annotated: ReadonlyMap<string, string>;
  /** Names that no field manager wrote: what admission adds, nobody's request holds. Empty where managers are unknown. */
  readonly unwritten: ReadonlySet<string>;
}

interface Injector {
  readonly by: string;
  readonly annotation: string;
  /** Which containers it adds, by its annotation's value. */
  readonly adds: (name: string, value: string) => boolean;
}

const INJECTORS: readonly Injector[] = [
  { by: 'Istio', annotation: 'sidecar.istio.io/status', adds: (name, value) => listedByIstio(value).has(name) },
  { by: 'Linkerd', annotation: 'linkerd.io/proxy-version', adds: (name) => name.startsWith('linkerd-') },
  {
    by: 'the Vault agent injector',
    annotation: 'vault.hashicorp.com/agent-inject-status',
    adds: (name, value) => value === 'injected' && name.startsWith('vault-agent'),
  },
  {
    by: 'Consul',
    annotation: 'consul.hashicorp.com/connect-inject-status',
    adds: (name, value) => value === 'injected' && (name.startsWith('consul-') || name === 'envoy-sidecar'),
  },
  {
    by: 'Kuma',
    annotation: 'kuma.io/sidecar-injected',
    adds: (name, value) => value === 'true' && name.startsWith('kuma-'),
  },
  { by: 'Dapr', annotation: 'dapr.io/enabled', adds: (name, value) => value === 'true' && name === 'daprd' },
];

const LISTS = ['containers', 'initContainers'] as const;

/** Names of the containers and init containers of a pod specification. */
export function containerNames(spec: JsonObject): string[] {
  return LISTS.flatMap((list) => namesIn(spec[list]));
}

export function tracesOf(pod: JsonObject): Traces {
  const metadata = objectOr(pod.metadata);
  const spec = objectOr(pod.spec);
  const names = containerNames(spec);
  const annotations = objectOr(metadata.annotations);
  const annotated = new Map<string, string>();
  for (const { by, annotation, adds } of INJECTORS) {
    const value = Object.hasOwn(annotations, annotation) ? textOf(annotations[annotation]) : undefined;
    if (value === undefined) continue;
    for (const name of names)
      if (adds(name, value)) annotated.set(name, `injected by ${by} (annotation ${annotation})`);
  }
  const written = writtenContainers(metadata.managedFields);
  const ephemeral = new Map<string, string>();
  for (const name of namesIn(spec.ephemeralContainers)) {
    const manager = written?.get(`ephemeralContainers/${name}`);
    ephemeral.set(name, `added to the running pod${manager === undefined ? '' : ` by ${manager} (field manager)`}`);
  }
  const unwritten = new Set<string>();
  if (written !== undefined) {
    for (const list of LISTS) {
      for (const name of namesIn(spec[list])) if (!written.has(`${list}/${name}`)) unwritten.add(name);
    }
  }
  return { names, ephemeral, annotated, unwritten };
}

/** The template that a pod was made from, as far as it could be read. */
export interface Template {
  /** `Deployment shop/web`. */
  readonly of: string;
  readonly containers: ReadonlySet<string>;
}

/** Containers that the owner did not ask for, each with the evidence. */
export function injectedInto(traces: Traces, template: Template | undefined): Record<string, string> {
  const injected: [string, string][] = [];
  for (const name of traces.names) {
    if (template?.containers.has(name)) continue;
    const annotated = traces.annotated.get(name);
    if (annotated !== undefined) injected.push([name, annotated]);
    else if (template !== undefined) injected.push([name, `injected: not in the template of ${template.of}`]);
    else if (traces.unwritten.has(name)) injected.push([name, 'injected: no field manager of the pod wrote it']);
  }
  return Object.fromEntries([...injected, ...traces.ephemeral]);
}

function namesIn(list: unknown): string[] {
  return listOf(list).flatMap((container) => textOf(objectOr(container).name) ?? []);
}

function listedByIstio(value: string): ReadonlySet<string> {
  let status: unknown;
  try {
    status = JSON.parse(value);
  } catch {
    return new Set();
  }
  return new Set(LISTS.flatMap((list) => listOf(objectOr(status)[list]).flatMap((name) => textOf(name) ?? [])));
}

/** `containers/web` → its field manager; undefined where no manager of a container is known. */
function writtenContainers(managedFields: unknown): Map<string, string> | undefined {
  const written = new Map<string, string>();
  for (const entry of listOf(managedFields)) {
    const { manager, fieldsV1 } = objectOr(entry);
    const spec = objectOr(objectOr(fieldsV1)['f:spec']);
    for (const list of [...LISTS, 'ephemeralContainers']) {
      for (const key of Object.keys(objectOr(spec[`f:${list}`]))) {
        const name = nameInKey(key);
        if (name !== undefined) written.set(`${list}/${name}`, textOf(manager) ?? 'an unnamed manager');
      }
    }
  }
  const some = [...written.keys()].some((place) => !place.startsWith('ephemeralContainers/'));
  return some ? written : undefined;
}

/** `k:{"name":"web"}`. */
function nameInKey(key: string): string | undefined {
  if (!key.startsWith('k:')) return undefined;
  try {
    const value: unknown = JSON.parse(key.slice(2));
    return isObject(value) ? textOf(value.name) : undefined;
  } catch {
    return undefined;
  }
}

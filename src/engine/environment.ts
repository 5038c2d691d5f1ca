/** A container's environment variables and its command line, as the kubelet makes them. */
import { Failure } from '../failure.ts';
import type { Pod } from '../workload/pod.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { type Configuration, requireEntries } from './configuration.ts';
import { parseQuantity } from './quantity.ts';

/** What the downward API may tell. */
export interface PodFacts {
  readonly pod: Pod;
  readonly uid: string;
  /** undefined: not known before the container runs. */
  readonly podIP: string | undefined;
}

/** The node's name: a sandbox has none of its own. */
const NODE_NAME = 'node-1';

/** Replaces `$(NAME)`; `$$(NAME)` stays as `$(NAME)`, unknown names stay as they are. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^()$]+)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return variables.get(name) ?? whole;
  });
}

/** `envFrom` first, then `env` in order, each able to use the ones before it. Throws Failure for a missing source. */
export function environmentOf(
  container: Container,
  facts: PodFacts,
  configuration: Configuration,
): Map<string, string> {
  const variables = new Map<string, string>();
  const user = `Container ${container.name}`;
  for (const written of listOf(container.spec.envFrom)) {
    const source = objectOr(written);
    const prefix = textOf(source.prefix) ?? '';
    const kind = isObject(source.secretRef) ? 'Secret' : 'ConfigMap';
    const reference = objectOr(kind === 'Secret' ? source.secretRef : source.configMapRef);
    for (const [name, { data, binary }] of requireEntries(configuration, kind, reference, user) ?? []) {
      if (!binary) variables.set(prefix + name, data.toString('utf8'));
    }
  }
  for (const written of listOf(container.spec.env)) {
    const variable = objectOr(written);
    const name = textOf(variable.name);
    if (name === undefined) continue;
    const value = isObject(variable.valueFrom)
      ? valueFrom(variable.valueFrom, container, facts, configuration)
      : expand(typeof variable.value === 'string' ? variable.value : '', variables);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}

/** ENTRYPOINT and CMD as the runtime shall have them; undefined: the image's own. */
export function commandOf(
  container: Container,
  variables: ReadonlyMap<string, string>,
): { entrypoint: readonly string[] | undefined; command: readonly string[] | undefined } {
  const texts = (value: unknown) => {
    const list = listOf(value).filter((item) => typeof item === 'string');
    return list.length === 0 ? undefined : list.map((item) => expand(item, variables));
  };
  return { entrypoint: texts(container.spec.command), command: texts(container.spec.args) };
}

function valueFrom(
  source: JsonObject,
  container: Container,
  facts: PodFacts,
  configuration: Configuration,
): string | undefined {
  if (isObject(source.fieldRef)) return fieldValue(textOf(source.fieldRef.fieldPath) ?? '', facts);
  if (isObject(source.resourceFieldRef)) return resourceValue(source.resourceFieldRef, container);
  const kind = isObject(source.secretKeyRef) ? 'Secret' : 'ConfigMap';
  const reference = objectOr(kind === 'Secret' ? source.secretKeyRef : source.configMapKeyRef);
  const key = textOf(reference.key) ?? '';
  const user = `Container ${container.name}`;
  const entry = requireEntries(configuration, kind, reference, user)?.get(key);
  if (entry && !entry.binary) return entry.data.toString('utf8');
  if (reference.optional === true) return undefined;
  throw new Failure(
    'bad-manifest',
    `${user} needs the key "${key}" of ${kind} "${String(reference.name)}", which is not there.`,
  );
}

/** A field of the pod, as `fieldRef` names it; empty for what is not known here. */
export function fieldValue(path: string, { pod, uid, podIP }: PodFacts): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) {
    const values = pod.metadata[keyed[1] as 'labels' | 'annotations'];
    return Object.hasOwn(values, keyed[2]!) ? String(values[keyed[2]!]) : '';
  }
  const lines = (values: JsonObject) =>
    Object.entries(values)
      .map(([key, value]) => `${key}=${JSON.stringify(String(value))}`)
      .join('\n');
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace;
    case 'metadata.uid':
      return uid;
    case 'metadata.labels':
      return lines(pod.metadata.labels);
    case 'metadata.annotations':
      return lines(pod.metadata.annotations);
    case 'spec.nodeName':
      return NODE_NAME;
    case 'spec.serviceAccountName':
      return textOf(pod.spec.serviceAccountName) ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
    case 'status.hostIP':
    case 'status.hostIPs':
      return podIP ?? '';
    default:
      return '';
  }
}

/** `limits.memory` and its like, divided and rounded up as the kubelet does; 0 where the container names none. */
export function resourceValue(reference: JsonObject, container: Container): string {
  const [list = '', name = ''] = (textOf(reference.resource) ?? '').split('.', 2);
  const resources = objectOr(container.spec.resources);
  const amount = parseQuantity(objectOr(list === 'requests' ? resources.requests : resources.limits)[name]) ?? 0;
  const divisor = parseQuantity(reference.divisor) || 1;
  return String(Math.ceil(amount / divisor));
}

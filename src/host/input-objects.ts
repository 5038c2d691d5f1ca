/** Of an input's other documents, what a pod needs beside it in its throw-away namespace: copies without anything that reaches out. */
import { itemsOf } from '../engine/configuration.ts';
import { Failure } from '../failure.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

/** One object to be created: `configmaps` and the object. */
export interface NeededObject {
  readonly plural: 'configmaps' | 'secrets' | 'services';
  readonly object: JsonObject;
}

interface Reference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly optional: boolean;
  /** Who needs it, as the beginning of a sentence. */
  readonly user: string;
}

const PLURALS = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;
/** The API server makes those itself, from an account that is not there. */
const TOKEN_TYPE = 'kubernetes.io/service-account-token';

/**
 * ConfigMaps and Secrets that the pod refers to, and Services that select it. Nothing else of the input is copied.
 * @param namespace the workload's own; an object without one is in it
 * Throws Failure('bad-manifest') for one that is needed and not in the input.
 */
export function objectsFor(
  pod: JsonObject,
  documents: readonly unknown[],
  namespace: string | undefined,
): NeededObject[] {
  const given = documents.flatMap(itemsOf).filter(isObject).filter(inNamespace(namespace));
  const needed = new Map<string, NeededObject>();
  for (const { kind, name, optional, user } of referencesOf(objectOr(pod.spec))) {
    const found = given.find((object) => object.kind === kind && objectOr(object.metadata).name === name);
    if (found !== undefined) needed.set(`${kind} ${name}`, { plural: PLURALS[kind], object: copied(found, name) });
    else if (!optional) throw missing(kind, name, user);
  }
  const labels = objectOr(objectOr(pod.metadata).labels);
  for (const service of given.filter((object) => object.kind === 'Service' && selects(object, labels))) {
    const name = textOf(objectOr(service.metadata).name) ?? '';
    needed.set(`Service ${name}`, { plural: 'services', object: copiedService(service, name) });
  }
  return [...needed.values()];
}

function inNamespace(namespace: string | undefined): (object: JsonObject) => boolean {
  return (object) => {
    const where = textOf(objectOr(object.metadata).namespace);
    return where === undefined || namespace === undefined || where === namespace;
  };
}

function missing(kind: string, name: string, user: string): Failure {
  return new Failure('bad-manifest', `${user} needs ${kind} "${name}", which is not in the input.`, {
    hint: `Give the file with ${kind} "${name}" as well, or mark the reference optional.`,
  });
}

function copied(object: JsonObject, name: string): JsonObject {
  const { apiVersion, kind, data, binaryData, stringData, type } = object;
  const typed = kind === 'Secret' && typeof type === 'string' && type !== TOKEN_TYPE;
  return {
    apiVersion,
    kind,
    metadata: { name },
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
    ...(stringData === undefined ? {} : { stringData }),
    ...(typed ? { type } : {}),
  };
}

/** No node port, no load balancer, no address of its own choice: a name inside of the namespace and nothing more. */
function copiedService(service: JsonObject, name: string): JsonObject {
  const { selector, ports, clusterIP, publishNotReadyAddresses } = objectOr(service.spec);
  const plain = listOf(ports).map((written) => {
    const { nodePort: _, ...port } = objectOr(written);
    return port;
  });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      selector,
      ports: plain,
      ...(clusterIP === 'None' ? { clusterIP } : {}),
      ...(publishNotReadyAddresses === true ? { publishNotReadyAddresses } : {}),
    },
  };
}

function selects(service: JsonObject, labels: JsonObject): boolean {
  const spec = objectOr(service.spec);
  const selector = Object.entries(objectOr(spec.selector));
  if (spec.type === 'ExternalName' || selector.length === 0) return false;
  return selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

function* referencesOf(spec: JsonObject): Generator<Reference> {
  for (const written of listOf(spec.imagePullSecrets)) {
    const name = textOf(objectOr(written).name);
    // The kubelet goes on without one that is not there, and so does this.
    if (name !== undefined) yield { kind: 'Secret', name, optional: true, user: 'The pod' };
  }
  for (const written of listOf(spec.volumes)) yield* ofVolume(objectOr(written));
  for (const field of ['initContainers', 'containers'] as const) {
    for (const written of listOf(spec[field])) yield* ofContainer(objectOr(written));
  }
}

function* ofVolume({ name, configMap, secret, projected }: JsonObject): Generator<Reference> {
  const user = `Volume ${textOf(name) ?? ''}`;
  yield* reference('ConfigMap', configMap, user);
  yield* reference('Secret', secret, user, 'secretName');
  for (const source of listOf(objectOr(projected).sources)) {
    yield* reference('ConfigMap', objectOr(source).configMap, user);
    yield* reference('Secret', objectOr(source).secret, user);
  }
}

function* ofContainer({ name, env, envFrom }: JsonObject): Generator<Reference> {
  const user = `Container ${textOf(name) ?? ''}`;
  for (const source of listOf(envFrom)) {
    yield* reference('ConfigMap', objectOr(source).configMapRef, user);
    yield* reference('Secret', objectOr(source).secretRef, user);
  }
  for (const variable of listOf(env)) {
    const from = objectOr(objectOr(variable).valueFrom);
    yield* reference('ConfigMap', from.configMapKeyRef, user);
    yield* reference('Secret', from.secretKeyRef, user);
  }
}

function* reference(
  kind: Reference['kind'],
  written: unknown,
  user: string,
  key: 'name' | 'secretName' = 'name',
): Generator<Reference> {
  if (!isObject(written)) return;
  yield { kind, name: textOf(written[key]) ?? '', optional: written.optional === true, user };
}

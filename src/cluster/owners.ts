/** Who made a pod: its controller, and the one at the top that made the controller. */
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import { containerNames, type Template } from './injected.ts';
import type { Resource } from './list.ts';

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Kubernetes' own controllers of pods, and where their pod template is. */
const CONTROLLERS: ReadonlyMap<string, Resource> = new Map([
  ['apps/v1 DaemonSet', { group: '/apis/apps/v1', plural: 'daemonsets' }],
  ['apps/v1 ReplicaSet', { group: '/apis/apps/v1', plural: 'replicasets' }],
  ['apps/v1 StatefulSet', { group: '/apis/apps/v1', plural: 'statefulsets' }],
  ['batch/v1 Job', { group: '/apis/batch/v1', plural: 'jobs' }],
  ['v1 ReplicationController', { group: '/api/v1', plural: 'replicationcontrollers' }],
]);

/** Made by another controller, as a rule. */
const IN_BETWEEN: ReadonlySet<string> = new Set(['apps/v1 ReplicaSet', 'batch/v1 Job']);

/** The controller among the owner references; undefined: nobody made the object. */
export function controllerOf(object: JsonObject): Owner | undefined {
  for (const entry of listOf(objectOr(object.metadata).ownerReferences)) {
    const { apiVersion, kind, name, controller } = objectOr(entry);
    if (controller !== true) continue;
    const owner = { apiVersion: textOf(apiVersion), kind: textOf(kind), name: textOf(name) };
    if (owner.apiVersion !== undefined && owner.kind !== undefined && owner.name !== undefined) return owner as Owner;
  }
  return undefined;
}

/** Where objects of this owner's kind are listed; undefined: not one of Kubernetes' own controllers. */
export function resourceOf(owner: Owner): Resource | undefined {
  return CONTROLLERS.get(kindOf(owner));
}

/** What is known of a controller once it was read. */
export interface Controller {
  readonly top: Owner;
  readonly template: Template;
}

/** @param object the controller itself, as the API server gives it */
export function readController(owner: Owner, namespace: string, object: JsonObject): Controller {
  const spec = objectOr(objectOr(objectOr(object.spec).template).spec);
  const top = (IN_BETWEEN.has(kindOf(owner)) ? controllerOf(object) : undefined) ?? owner;
  return { top, template: { of: `${top.kind} ${namespace}/${top.name}`, containers: new Set(containerNames(spec)) } };
}

/** The same for every reference to one controller. */
export function idOf({ apiVersion, kind, name }: Owner, namespace: string): string {
  return JSON.stringify([namespace, apiVersion, kind, name]);
}

function kindOf({ apiVersion, kind }: Owner): string {
  return `${apiVersion} ${kind}`;
}

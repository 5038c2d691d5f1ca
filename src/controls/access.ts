/** What a rule must allow to let somebody into a container that runs, and the same in CEL. */
import { type AccessRule, allows } from '../workload/access-rules.ts';
import type { KubernetesObject } from '../workload/objects.ts';
import { objectOr } from '../workload/value.ts';
import type { Target } from './control.ts';

export interface WayIn {
  readonly resource: string;
  readonly subresource: string;
  /** What it is called in a sentence. */
  readonly words: string;
  readonly verbs: readonly string[];
  /** No namespace holds it, so a Role gives nothing of it. */
  readonly ofCluster?: true;
  /** `get` was enough over a WebSocket before this version of Kubernetes. */
  readonly getBefore?: number;
}

/** The gate AuthorizePodWebsocketUpgradeCreatePermission is on since Kubernetes 1.35. */
const CREATE_REQUIRED = 35;

export const EXEC: WayIn = {
  resource: 'pods',
  subresource: 'exec',
  words: 'exec',
  verbs: ['create'],
  getBefore: CREATE_REQUIRED,
};
export const ATTACH: WayIn = { ...EXEC, subresource: 'attach', words: 'attach' };
export const PORT_FORWARD: WayIn = { ...EXEC, subresource: 'portforward', words: 'port-forward' };
export const EPHEMERAL: WayIn = {
  resource: 'pods',
  subresource: 'ephemeralcontainers',
  words: 'ephemeral containers',
  verbs: ['update', 'patch'],
};
export const NODE_PROXY: WayIn = {
  resource: 'nodes',
  subresource: 'proxy',
  words: 'the proxy of the nodes',
  verbs: ['get', 'create'],
  ofCluster: true,
};

export function opens(rule: AccessRule, way: WayIn, kind: string, { minor }: Target): boolean {
  if (way.ofCluster && kind !== 'ClusterRole') return false;
  const verbs = way.getBefore !== undefined && minor < way.getBefore ? [...way.verbs, 'get'] : way.verbs;
  return allows(rule, way.resource, way.subresource, verbs);
}

/** The role of every namespace (`admin`, `edit`, `view`) that this one's rules are added to. */
export function aggregatesTo({ value }: KubernetesObject): string {
  const labels = objectOr(objectOr(value.metadata).labels);
  const prefix = 'rbac.authorization.k8s.io/aggregate-to-';
  const names = Object.keys(labels).filter((label) => label.startsWith(prefix) && labels[label] === 'true');
  return names.length === 0 ? '' : (names[0] ?? '').slice(prefix.length, prefix.length + 40);
}

/** That no rule of an `object` opens any of these ways, for the newest Kubernetes. */
export function celOf(ways: readonly WayIn[]): string {
  const opened = ways.map(({ resource, subresource, verbs, ofCluster }) => {
    const verb = ["'*' in r.verbs", ...verbs.map((one) => `'${one}' in r.verbs`)].join(' || ');
    const resources = ['*', `*/${subresource}`, `${resource}/${subresource}`];
    const where = ofCluster ? "object.kind == 'ClusterRole' && " : '';
    return `(${where}(${verb}) && (${resources.map((one) => `'${one}' in r.resources`).join(' || ')}))`;
  });
  return (
    "!has(object.rules) || !object.rules.exists(r, has(r.apiGroups) && has(r.resources) && ('' in r.apiGroups || '*' in r.apiGroups) && " +
    `(${opened.join(' || ')}))`
  );
}

/** The rules of a Role or ClusterRole, and whether one allows something, as the RBAC authoriser decides. */
import type { Path } from '../manifest/document.ts';
import type { KubernetesObject } from './objects.ts';
import { isObject, listOf } from './value.ts';

export interface AccessRule {
  readonly path: Path;
  readonly apiGroups: readonly unknown[];
  /** `pods/exec`, `*`, or `*` before a subresource. */
  readonly resources: readonly unknown[];
  readonly verbs: readonly unknown[];
  /** How many names it is limited to; 0: every object. */
  readonly names: number;
}

/** As written. An aggregated ClusterRole has the rules of others: its own are replaced, and count as written. */
export function accessRules({ value, objectPath }: KubernetesObject): readonly AccessRule[] {
  return listOf(value.rules).flatMap((rule, index) =>
    isObject(rule)
      ? [
          {
            path: [...objectPath, 'rules', index],
            apiGroups: listOf(rule.apiGroups),
            resources: listOf(rule.resources),
            verbs: listOf(rule.verbs),
            names: listOf(rule.resourceNames).length,
          },
        ]
      : [],
  );
}

/**
 * Whether a rule allows one of `verbs` on a subresource of the core group. A wildcard is the whole resource or the part
 * before the slash: `pods/*` matches nothing.
 */
export function allows(rule: AccessRule, resource: string, subresource: string, verbs: readonly string[]): boolean {
  return (
    (rule.apiGroups.includes('') || rule.apiGroups.includes('*')) &&
    (rule.verbs.includes('*') || verbs.some((verb) => rule.verbs.includes(verb))) &&
    (rule.resources.includes('*') ||
      rule.resources.includes(`*/${subresource}`) ||
      rule.resources.includes(`${resource}/${subresource}`))
  );
}

/** The place in the rule that gives it: the resource, else the rule. */
export function placeOf(rule: AccessRule, resource: string, subresource: string): Path {
  const named = [`${resource}/${subresource}`, `*/${subresource}`, '*']
    .map((name) => rule.resources.indexOf(name))
    .find((index) => index >= 0);
  return named === undefined ? rule.path : [...rule.path, 'resources', named];
}

/** Every CEL expression of an object's control is the same predicate as the control, on every object that can be generated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue } from '../manifest/read.ts';
import { findObjects } from '../workload/objects.ts';
import type { ObjectControl } from './control.ts';
import { compileCel } from './fixtures/cel.ts';
import { controls } from './index.ts';
import { LATEST } from './kubernetes-version.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const some = (...values: string[]) => fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const rule = fc.record({
  apiGroups: optional(some('', '*', 'apps')),
  resources: optional(
    some(
      ...['*', '*/exec', '*/*', '*/portforward', 'pods', 'pods/*', 'pods/exec', 'pods/attach', 'pods/portforward'],
      ...['pods/ephemeralcontainers', 'nodes/proxy', 'nodes', 'pods/log', 'services/proxy'],
    ),
  ),
  verbs: some('*', 'get', 'create', 'update', 'patch', 'list'),
  resourceNames: optional(some('web')),
});
const level = fc.constantFrom('privileged', 'baseline', 'restricted', 'Restricted', '');
const labels = optional(
  fc.record({
    'pod-security.kubernetes.io/enforce': optional(level),
    'pod-security.kubernetes.io/warn': optional(level),
  }),
);
const role = fc.record({
  apiVersion: fc.constant('rbac.authorization.k8s.io/v1'),
  kind: fc.constantFrom('Role', 'ClusterRole'),
  metadata: fc.record({ name: fc.constant('a') }),
  rules: optional(fc.array(rule, { maxLength: 3 })),
});
const namespace = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Namespace'),
  metadata: fc.record({ name: fc.constantFrom('shop', 'kube-system', 'kube-public'), labels }),
});

test('every CEL expression agrees with its control on every object', () => {
  const compiled = controls
    .filter((control): control is ObjectControl => control.on === 'object')
    .flatMap((control) =>
      typeof control.cel === 'string' ? [{ control, holds: compileCel(control.cel, ['object']) }] : [],
    );
  const seen = new Map(compiled.map(({ control }) => [control.id, { true: 0, false: 0 }]));
  fc.assert(
    fc.property(fc.oneof(role, namespace), (generated) => {
      const value = JSON.parse(JSON.stringify(generated)) as object;
      const document = documentFromValue('o.json', value);
      for (const { control, holds } of compiled) {
        const [object] = findObjects(document, new Set(control.kinds));
        if (object === undefined) continue;
        const subject = { object, target: LATEST, mountedBy: [], today: undefined, controls: new Set<string>() };
        const cel = holds(value);
        assert.equal(cel, control.check(subject).length === 0, control.id);
        seen.get(control.id)![`${cel}`] += 1;
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.size >= 4);
  for (const [id, { true: held, false: broken }] of seen)
    assert.ok(held > 10 && broken > 10, `${id}: both answers occur`);
});

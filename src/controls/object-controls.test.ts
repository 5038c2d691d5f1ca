/** Roles, namespaces and configuration: what lets somebody in or changes files, in which version, and what must be silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findObjects } from '../workload/objects.ts';
import { controls } from './index.ts';
import { JUDGED_KINDS, judgeObject } from './verdict.ts';

/** `control: sentence` of each finding, with its path. */
function said(value: object, { minor = 37, mountedBy = [] as readonly string[] } = {}): string[] {
  const [object] = findObjects(documentFromValue('o.json', value), JUDGED_KINDS);
  return judgeObject(object!, { target: { minor, stated: true }, mountedBy }).findings.map(
    ({ control, path, args }) =>
      `${path.join('.')} ${control}: ${controls.find(({ id }) => id === control)!.message(args)}`,
  );
}
const role = (rules: unknown, more: object = {}): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'a', ...more },
  rules,
});
/** The ways in that one rule opens: `exec, attach`, and `port-forward`. */
function ways(resource: string, verb: string, minor?: number, apiGroup = ''): string {
  const rules = [{ apiGroups: [apiGroup], resources: ['pods/log', resource], verbs: ['watch', verb] }];
  return said(role(rules), minor === undefined ? {} : { minor })
    .map((line) => (line.includes('port-forward-access') ? 'port-forward' : /may use (.*?) and so/.exec(line)![1]))
    .join(', ');
}

test('which resource and verb open what', () => {
  const cases: [string, string, string][] = [
    ['pods/exec', 'create', 'exec'],
    ['pods/attach', 'create', 'attach'],
    ['pods/portforward', 'create', 'port-forward'],
    ['pods/ephemeralcontainers', 'update', 'ephemeral containers'],
    ['pods/ephemeralcontainers', 'patch', 'ephemeral containers'],
    ['nodes/proxy', 'get', 'the proxy of the nodes'],
    ['nodes/proxy', 'create', 'the proxy of the nodes'],
    ['*/exec', 'create', 'exec'],
    ['*', '*', 'exec, attach, ephemeral containers, the proxy of the nodes, port-forward'],
    ['*', 'get', 'the proxy of the nodes'],
    ['pods/exec', 'get', ''],
    ['pods/exec', 'delete', ''],
    ['pods/ephemeralcontainers', 'get', ''],
    ['nodes/proxy', 'list', ''],
    ['pods/*', 'create', ''],
    ['pods', '*', ''],
    ['services/proxy', '*', ''],
    ['nodes/metrics', 'get', ''],
  ];
  for (const [resource, verb, expected] of cases) assert.equal(ways(resource, verb), expected, `${verb} ${resource}`);
  assert.equal(ways('pods/exec', 'create', 37, 'apps'), '');
  assert.equal(ways('pods/exec', 'create', 37, '*'), 'exec');
});

test('a Role gives nothing of nodes, which no namespace holds', () => {
  const rule = (resource: string) => [{ apiGroups: [''], resources: [resource], verbs: ['*'] }];
  assert.deepEqual(said({ ...role(rule('nodes/proxy')), kind: 'Role' }), []);
  const [all] = said({ ...role(rule('*')), kind: 'Role' });
  assert.match(all!, /may use exec, attach, ephemeral containers and so act in containers that run\.$/);
});

test('`get` was enough over a WebSocket before Kubernetes 1.35', () => {
  for (const [resource, what] of [
    ['pods/exec', 'exec'],
    ['pods/attach', 'attach'],
    ['pods/portforward', 'port-forward'],
  ] as const) {
    assert.equal(ways(resource, 'get', 34), what);
    assert.equal(ways(resource, 'get', 35), '');
  }
  assert.equal(ways('pods/ephemeralcontainers', 'get', 34), '');
});

test('names that limit a rule and roles that it is added to are said; wild rules throw nothing', () => {
  const rule = { apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['create'], resourceNames: ['web'] };
  assert.deepEqual(said(role([rule], { labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } })), [
    'rules.0.resources.1 exec-access: Who has this role may use exec (of one name) and so act in containers that run. ' +
      'Its rules are added to the role edit.',
  ]);
  for (const rules of [null, 'x', [null, 'x', {}, { resources: 'pods/exec', verbs: '*', apiGroups: 7 }], undefined])
    assert.deepEqual(said(role(rules)), []);
  assert.deepEqual(said({ ...role(undefined), aggregationRule: { clusterRoleSelectors: [] } }), []);
});

test('namespaces: what they enforce', () => {
  const namespace = (name: string, labels?: unknown): string =>
    said({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
      .map((line) => line.split(':')[0])
      .join(', ');
  const enforce = (level: unknown) => ({ 'pod-security.kubernetes.io/enforce': level });
  const fails = 'metadata.labels.pod-security.kubernetes.io/enforce namespace-enforcement';
  for (const labels of [undefined, {}, [], enforce('privileged'), enforce('Restricted'), enforce(1), enforce('')])
    assert.equal(namespace('shop', labels), fails, JSON.stringify(labels));
  assert.equal(namespace('shop', { 'pod-security.kubernetes.io/warn': 'restricted' }), fails);
  assert.equal(namespace('shop', enforce('baseline')), fails.replace('enforcement', 'restricted'));
  assert.equal(namespace('shop', enforce('restricted')), '');
  assert.equal(namespace('kube-system'), '');
  assert.equal(namespace('kube-public'), fails);
});

test('configuration: only what somebody mounts and may still change', () => {
  const map = (immutable?: unknown): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    immutable,
  });
  assert.deepEqual(said(map()), []);
  assert.deepEqual(said(map(true), { mountedBy: ['Pod web'] }), []);
  for (const value of [undefined, false, 'true'])
    assert.equal(said(map(value), { mountedBy: ['Pod web'] }).length, 1, String(value));
  assert.deepEqual(said({ ...map(), kind: 'Secret' }, { mountedBy: ['Pod shop/web', 'Pod shop/b', 'Pod c'] }), [
    'immutable mutable-configuration: Mounted by Pod shop/web and 2 more, which see every change of this Secret while ' +
      'they run: it is not `immutable: true`.',
  ]);
});

/** Names that a pod's containers see. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from '../workload/pod.ts';
import { hostsText } from './etc-files.ts';
import { containerNameOf, hostnameOf, serviceNamesOf } from './names.ts';

const pod = (spec: Pod['spec'] = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-0', namespace: 'shop', labels: { app: 'web', tier: 'front' }, annotations: {} },
  spec,
});

it('a host name is a label', () => {
  assert.equal(hostnameOf(pod()), 'web-0');
  assert.equal(hostnameOf(pod({ hostname: 'My_Host' })), 'my-host');
  assert.equal(hostnameOf({ ...pod(), metadata: { ...pod().metadata, name: '-'.repeat(80) } }), 'pod');
  assert.equal(hostnameOf({ ...pod(), metadata: { ...pod().metadata, name: 'a'.repeat(80) } }).length, 63);
});

it('a pod is found by the services that select it, in its namespace', () => {
  const service = (name: string, selector: object, namespace?: string) => ({
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector },
  });
  const documents = [
    service('a', { app: 'web' }),
    { kind: 'List', items: [service('b', { app: 'web', tier: 'front' }, 'shop')] },
    service('c', { app: 'db' }),
    service('d', {}),
    service('e', { app: 'web' }, 'other'),
    service('f', { __proto__: 1, constructor: 'x' }),
    null,
    'text',
  ];
  assert.deepEqual(serviceNamesOf(documents, pod()), [
    'a',
    'a.shop',
    'a.shop.svc',
    'a.shop.svc.cluster.local',
    'b',
    'b.shop',
    'b.shop.svc',
    'b.shop.svc.cluster.local',
  ]);
});

it('a container’s name is safe', () => {
  assert.equal(containerNameOf('petrify-x', '../a b'), 'petrify-x-.._a_b');
});

it('the hosts file is the kubelet’s, with aliases', () => {
  const text = hostsText('10.1.2.3', 'web-0', {
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b', 7] }, 'nonsense'],
  });
  assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
  assert.match(text, /\n10\.1\.2\.3\tweb-0\n/);
  assert.match(text, /\n10\.0\.0\.1\ta\tb\n$/);
});

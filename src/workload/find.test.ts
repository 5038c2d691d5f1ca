/** Workloads are found in every kind that makes pods, and nowhere else; nothing that a document holds makes it throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue, readDocuments } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import type { Workload } from './workload.ts';

const CONTAINERS = [{ name: 'web', image: 'registry.example/web:1' }];
const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: CONTAINERS } };

function found(value: unknown): Workload[] {
  return findWorkloads(documentFromValue('test.json', value));
}

function fromYaml(yaml: string): Workload[] {
  const { documents, unreadable } = readDocuments({ file: 'test.yaml', text: yaml });
  assert.deepEqual(unreadable, []);
  return documents.flatMap((document) => findWorkloads(document));
}

const places = (workloads: readonly Workload[]): string[] =>
  workloads.map(({ kind, name, podSpecPath }) => `${kind} ${name} ${podSpecPath.join('.')}`);

const BUILT_IN: readonly [apiVersion: string, kind: string, object: object, podSpec: string][] = [
  ['v1', 'Pod', { spec: { containers: CONTAINERS } }, 'spec'],
  ['v1', 'PodTemplate', { template: TEMPLATE }, 'template.spec'],
  ['v1', 'ReplicationController', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['apps/v1', 'Deployment', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['apps/v1', 'StatefulSet', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['apps/v1', 'DaemonSet', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['apps/v1', 'ReplicaSet', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['extensions/v1beta1', 'Deployment', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  ['batch/v1', 'Job', { spec: { template: TEMPLATE } }, 'spec.template.spec'],
  [
    'batch/v1',
    'CronJob',
    { spec: { jobTemplate: { spec: { template: TEMPLATE } } } },
    'spec.jobTemplate.spec.template.spec',
  ],
];

for (const [apiVersion, kind, object, podSpec] of BUILT_IN) {
  test(`finds the pod spec of a ${apiVersion} ${kind}`, () => {
    const workloads = found({ apiVersion, kind, metadata: { name: 'web', namespace: 'shop' }, ...object });
    assert.deepEqual(places(workloads), [`${kind} web ${podSpec}`]);
    assert.equal(workloads[0]!.namespace, 'shop');
    assert.deepEqual(
      workloads[0]!.containers.map(({ name, image }) => [name, image]),
      [['web', 'registry.example/web:1']],
    );
  });
}

test('finds pod templates in objects of any kind, by their shape', () => {
  const objects = [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' }, spec: { template: TEMPLATE } },
    {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: { name: 'k' },
      spec: { template: { spec: { containers: [{ image: 'registry.example/hello' }] } } },
    },
    {
      apiVersion: 'batch.volcano.sh/v1alpha1',
      kind: 'Job',
      metadata: { name: 'v' },
      spec: { tasks: [{ template: TEMPLATE }, { template: TEMPLATE }] },
    },
    {
      apiVersion: 'elasticsearch.k8s.elastic.co/v1',
      kind: 'Elasticsearch',
      metadata: { name: 'e' },
      spec: { nodeSets: [{ podTemplate: { spec: { containers: [{ name: 'elasticsearch' }] } } }] },
    },
  ];
  assert.deepEqual(places(objects.flatMap(found)), [
    'Rollout r spec.template.spec',
    'Service k spec.template.spec',
    'Job v spec.tasks.0.template.spec',
    'Job v spec.tasks.1.template.spec',
    'Elasticsearch e spec.nodeSets.0.podTemplate.spec',
  ]);
});

test('finds the items of lists, typed and nested, with the kind that a typed list leaves out', () => {
  const pod = (name: string) => ({ metadata: { name }, spec: { containers: CONTAINERS } });
  const workloads = found({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Pod', ...pod('a') },
      { apiVersion: 'v1', kind: 'PodList', items: [pod('b'), 7, null, pod('c')] },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'd' }, spec: { ports: [] } },
    ],
  });
  assert.deepEqual(places(workloads), [
    'Pod a items.0.spec',
    'Pod b items.1.items.0.spec',
    'Pod c items.1.items.3.spec',
  ]);
  assert.deepEqual(workloads[2]!.objectPath, ['items', 1, 'items', 3]);
  assert.equal(workloads[2]!.apiVersion, 'v1');
});

test('finds nothing where nothing runs', () => {
  const policy = { validate: { pattern: { spec: { containers: [{ image: '!*:latest' }, { '(name)': '*' }] } } } };
  const objects = [
    'text',
    null,
    [{ kind: 'Pod', spec: { containers: CONTAINERS } }],
    { spec: { containers: CONTAINERS } },
    { apiVersion: 'v1', kind: 'ConfigMap', data: { containers: CONTAINERS } },
    { apiVersion: 'apps/v1', kind: 'ControllerRevision', data: { spec: { template: TEMPLATE } } },
    { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 3 } },
    { apiVersion: 'petrify.dev/v1alpha1', kind: 'ImmutabilityProfile', spec: { containers: CONTAINERS } },
    { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', spec: { rules: [policy] } },
    { apiVersion: 'example.com/v1', kind: 'Thing', status: { template: TEMPLATE }, metadata: { template: TEMPLATE } },
  ];
  assert.deepEqual(places(objects.flatMap(found)), []);
});

test('a workload whose containers cannot be read is still a workload, with none', () => {
  for (const containers of ['web', { web: {} }, [], ['web', 7, null]]) {
    const workloads = found({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers } });
    assert.deepEqual(places(workloads), ['Pod x spec']);
    assert.deepEqual(workloads[0]!.containers, []);
  }
});

test('gives containers their roles in starting order, and the nameless a name by position', () => {
  const [workload] = found({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'web-' },
    spec: {
      ephemeralContainers: [{ name: 'debug' }],
      containers: [{ name: 'web' }, { image: 'registry.example/two' }],
      initContainers: [{ name: 'seed' }, { name: 'proxy', restartPolicy: 'Always' }, { name: 7 }],
    },
  });
  assert.equal(workload!.name, 'web-');
  assert.deepEqual(
    workload!.containers.map(({ role, name, path }) => `${role} ${name} ${path.join('.')}`),
    [
      'init seed spec.initContainers.0',
      'sidecar proxy spec.initContainers.1',
      'init (init container 3) spec.initContainers.2',
      'main web spec.containers.0',
      'main (container 2) spec.containers.1',
      'ephemeral debug spec.ephemeralContainers.0',
    ],
  );
});

test('says where the object stands', () => {
  const workloads = fromYaml(`apiVersion: v1
kind: Service
metadata: { name: web }
---
# the pod
apiVersion: v1
kind: Pod
metadata: { name: one }
spec: { containers: [{ name: web, image: a }] }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: two }
    spec: { containers: [{ name: web, image: a }] }
`);
  assert.deepEqual(
    workloads.map(({ name, source }) => [name, source.file, source.document, source.line]),
    [
      ['one', 'test.yaml', 1, 6],
      ['two', 'test.yaml', 2, 14],
    ],
  );
});

test('never throws, whatever the document holds', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const object = fc.record(
    {
      apiVersion: fc.oneof(fc.constantFrom('v1', 'apps/v1', 'example.com/v1'), anything),
      kind: fc.oneof(fc.constantFrom('Pod', 'Deployment', 'List', 'PodList', 'Thing'), anything),
      metadata: anything,
      items: fc.oneof(anything, fc.array(anything)),
      spec: fc.oneof(
        anything,
        fc.record({
          containers: fc.oneof(
            anything,
            fc.array(fc.record({ image: anything, securityContext: anything, volumeMounts: anything })),
          ),
          volumes: fc.oneof(anything, fc.array(anything)),
          securityContext: anything,
        }),
        fc.record({
          template: fc.record({ spec: fc.record({ containers: fc.array(anything) }) }),
          volumeClaimTemplates: anything,
        }),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(anything, object), (value) => {
      if (value !== null) found(value);
    }),
    { numRuns: 500 },
  );
});

test('a deep document does not exhaust the stack', () => {
  let value: unknown = { containers: CONTAINERS };
  for (let depth = 0; depth < 150; depth += 1) value = depth % 2 === 0 ? { template: value } : [value];
  assert.deepEqual(found({ apiVersion: 'example.com/v1', kind: 'Deep', spec: value }), []);
});

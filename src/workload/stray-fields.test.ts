/** Keys that Kubernetes does not know are found wherever they stand, with what was meant; nothing else is. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue, readDocuments } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { structOf } from './pod-fields.ts';
import { strayFields } from './stray-fields.ts';

const CONTAINER = { name: 'web', image: 'web' };

/** `path → meant in place` of a Deployment's template, an exclamation mark for protection. */
function stray(spec: object, over: object = {}, top: object = {}): string[] {
  const value = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { template: { spec: { containers: [CONTAINER], ...spec } }, ...over },
    ...top,
  };
  const [workload] = findWorkloads(documentFromValue('d.json', value));
  return strayFields(workload!).map(
    ({ path, meant, belongs, security }) =>
      `${path.filter((step) => step !== 'spec' && step !== 'template').join('.')} → ${meant} in ${belongs}${security ? '!' : ''}`,
  );
}
const inContainer = (more: object): string[] => stray({ containers: [{ ...CONTAINER, ...more }] });

test('protection in the wrong place', () => {
  assert.deepEqual(stray({ securityContext: { readOnlyRootFilesystem: true, privileged: false, capabilities: {} } }), [
    'securityContext.readOnlyRootFilesystem → readOnlyRootFilesystem in SecurityContext!',
    'securityContext.privileged → privileged in SecurityContext!',
    'securityContext.capabilities → capabilities in SecurityContext!',
  ]);
  assert.deepEqual(stray({ runAsNonRoot: true }), ['runAsNonRoot → runAsNonRoot in PodSecurityContext!']);
  assert.deepEqual(inContainer({ runAsNonRoot: true, hostUsers: false, shareProcessNamespace: false, fsGroup: 1 }), [
    'containers.0.runAsNonRoot → runAsNonRoot in SecurityContext!',
    'containers.0.hostUsers → hostUsers in PodSpec!',
    'containers.0.shareProcessNamespace → shareProcessNamespace in PodSpec!',
    'containers.0.fsGroup → fsGroup in PodSecurityContext!',
  ]);
  assert.deepEqual(inContainer({ securityContext: { fsGroup: 1 }, automountServiceAccountToken: false }), [
    'containers.0.securityContext.fsGroup → fsGroup in PodSecurityContext!',
    'containers.0.automountServiceAccountToken → automountServiceAccountToken in PodSpec!',
  ]);
  assert.deepEqual(stray({}, { securityContext: {} }), ['securityContext → securityContext in PodSpec!']);
  assert.deepEqual(stray({}, {}, { metadata: { name: 'web', securityContext: {} } }), [
    'metadata.securityContext → securityContext in PodSpec!',
  ]);
});

test('misspelt keys: upper and lower case count', () => {
  assert.deepEqual(
    inContainer({
      securityContext: { readonlyRootFilesystem: true, runAsNonroot: true, allowPrivilegeEscalations: 1 },
    }),
    [
      'containers.0.securityContext.readonlyRootFilesystem → readOnlyRootFilesystem in SecurityContext!',
      'containers.0.securityContext.runAsNonroot → runAsNonRoot in SecurityContext!',
      'containers.0.securityContext.allowPrivilegeEscalations → allowPrivilegeEscalation in SecurityContext!',
    ],
  );
  assert.deepEqual(inContainer({ securitycontext: {} }), [
    'containers.0.securitycontext → securityContext in Container!',
  ]);
  assert.deepEqual(stray({ terminationGracePeriod: 1, hostpid: true }), [
    'terminationGracePeriod → terminationGracePeriodSeconds in PodSpec',
    'hostpid → hostPID in PodSpec!',
  ]);
  assert.deepEqual(inContainer({ volumeMounts: [{ name: 'a', mountPath: '/a', readonly: true }] }), [
    'containers.0.volumeMounts.0.readonly → readOnly in VolumeMount!',
  ]);
});

test('silent on what Kubernetes knows, on free maps, and on objects that are not its own', () => {
  assert.deepEqual(
    stray({
      nodeSelector: { any: 'thing' },
      volumes: [
        { name: 'a', emptyDir: { sizeLimit: '1Mi' } },
        { name: 'b', csi: { volumeAttributes: { x: 'y' } } },
      ],
      containers: [{ ...CONTAINER, resources: { limits: { 'example.com/gpu': 1 } }, ports: 'no list', env: [null, 3] }],
      ephemeralContainers: [{ ...CONTAINER, targetContainerName: 'web', securityContext: null }],
      securityContext: { $patch: 'replace' },
      '$setElementOrder/containers': [],
    }),
    [],
  );
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: { template: { spec: { containers: [{ ...CONTAINER, own: 1 }], readOnlyRootFilesystem: true } } },
  };
  assert.deepEqual(strayFields(findWorkloads(documentFromValue('r.json', rollout))[0]!), []);
});

test('pods as a real cluster has them have no stray key', async () => {
  const text = await readFile(new URL('../controls/fixtures/pods-of-a-cluster.json', import.meta.url), 'utf8');
  const workloads = findWorkloads(readDocuments({ file: 'pods.json', text }).documents[0]!);
  assert.ok(workloads.length > 3);
  assert.deepEqual(workloads.flatMap(strayFields), []);
});

test('law: any value anywhere is read without a throw, and a bounded number is told', () => {
  const wild = fc.object({
    key: fc.constantFrom('spec', 'containers', 'securityContext', '__proto__', 'env', 'x'),
    maxDepth: 5,
  });
  fc.assert(
    fc.property(wild, (spec) => {
      const value = { apiVersion: 'v1', kind: 'Pod', metadata: spec, spec: { ...spec, containers: [spec] } };
      for (const workload of findWorkloads(documentFromValue('p.json', JSON.parse(JSON.stringify(value)))))
        assert.ok(strayFields(workload).length <= 50);
    }),
    { numRuns: 300 },
  );
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
  assert.equal(stray(many).length, 50);
});

test('the table: what pods are made of is there, in its own place', () => {
  assert.ok(structOf('PodSecurityContext').fields.has('fsGroup'));
  assert.ok(!structOf('PodSecurityContext').fields.has('readOnlyRootFilesystem'));
  assert.ok(structOf('VolumeMount').fields.has('bindMountOptions'));
  assert.equal(structOf('EphemeralContainer').fields.get('securityContext')?.struct?.name, 'SecurityContext');
});

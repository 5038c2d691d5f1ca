/** The pod that is tried in a cluster: what it keeps of the workload, and what never comes along. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Failure } from '../failure.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { objectOr } from '../workload/value.ts';
import { objectsFor } from './input-objects.ts';
import { trialPod } from './trial-pod.ts';

function tried(spec: object, container: object = {}, options: Partial<Parameters<typeof trialPod>[1]> = {}) {
  const template = {
    metadata: { labels: { app: 'web' }, annotations: { note: 'kept' } },
    spec: { ...spec, containers: [{ name: 'main', image: 'web', ...container }] },
  };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template },
  };
  const [workload] = findWorkloads(documentFromValue('web.yaml', object));
  const pod = trialPod(workload!, { name: 'web-1', namespace: 'petrify-x', run: 'run', ...options });
  const podSpec = objectOr(pod.object.spec) as Record<string, unknown>;
  return { ...pod, spec: podSpec, main: (podSpec.containers as Record<string, unknown>[])[0]! };
}

const said = (differences: readonly string[], words: RegExp) => differences.some((sentence) => words.test(sentence));

test('labels, annotations, commands and security settings are kept; the run is added', () => {
  const securityContext = { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
  const { object, main } = tried({ terminationGracePeriodSeconds: 7 }, { command: ['web'], securityContext });
  assert.deepEqual(object.metadata, {
    name: 'web-1',
    namespace: 'petrify-x',
    labels: { app: 'web', 'petrify.dev/run': 'run' },
    annotations: { note: 'kept' },
  });
  assert.deepEqual(main.command, ['web']);
  assert.deepEqual(main.securityContext, securityContext);
  assert.equal(objectOr(object.spec).terminationGracePeriodSeconds, 7);
});

test('nothing of the node and nothing of the namespace that it comes from, each said', () => {
  const { spec, main, differences } = tried(
    {
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      nodeName: 'node-1',
      priorityClassName: 'system-node-critical',
      serviceAccountName: 'admin',
      affinity: { podAffinity: { required: [] }, nodeAffinity: { kept: true } },
      volumes: [
        { name: 'host', hostPath: { path: '/etc' } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'share', nfs: { server: 'nfs', path: '/' } },
        { name: 'own', emptyDir: { sizeLimit: '1Gi' } },
      ],
    },
    {
      ports: [{ containerPort: 80, hostPort: 80 }],
      securityContext: { privileged: true, procMount: 'Unmasked', capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } },
      volumeMounts: [{ name: 'host', mountPath: '/host', mountPropagation: 'Bidirectional' }],
    },
  );
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'nodeName', 'priorityClassName', 'serviceAccountName']) {
    assert.equal(field in spec, false, field);
    assert.ok(said(differences, new RegExp(field)), field);
  }
  assert.equal(spec.automountServiceAccountToken, false);
  assert.deepEqual(spec.affinity, { nodeAffinity: { kept: true } });
  assert.ok(said(differences, /podAffinity/));
  assert.deepEqual(spec.volumes, [
    { name: 'host', emptyDir: {} },
    { name: 'data', emptyDir: {} },
    { name: 'share', emptyDir: {} },
    { name: 'own', emptyDir: { sizeLimit: '1Gi' } },
  ]);
  for (const words of [
    /node's \/etc/,
    /data is a persistent volume/,
    /share is a nfs volume/,
    /withheld.*privileged/,
  ]) {
    assert.ok(said(differences, words), String(words));
  }
  assert.deepEqual(main.ports, [{ containerPort: 80 }]);
  assert.deepEqual(main.securityContext, { capabilities: { add: ['CHOWN'] } });
  assert.deepEqual(main.volumeMounts, [{ name: 'host', mountPath: '/host' }]);
});

test('it ends by itself, and is limited where it does not limit itself', () => {
  const { spec, main } = tried({});
  assert.equal(spec.activeDeadlineSeconds, 3600);
  assert.deepEqual(objectOr(objectOr(main.resources).limits), { memory: '2Gi', 'ephemeral-storage': '4Gi' });
  const own = { limits: { memory: '64Mi' }, requests: { cpu: '1', 'ephemeral-storage': '1Gi' } };
  assert.deepEqual(tried({ activeDeadlineSeconds: 5 }, { resources: own }).main.resources, own);
  assert.equal(tried({ activeDeadlineSeconds: 5 }).spec.activeDeadlineSeconds, 5);
});

test('low ports are closed where a trial asks for it, unless the pod decides itself', () => {
  const sysctl = (value: string) => ({ name: 'net.ipv4.ip_unprivileged_port_start', value });
  assert.equal(tried({}).spec.securityContext, undefined);
  assert.deepEqual(tried({}, {}, { lowPorts: 'closed' }).spec.securityContext, { sysctls: [sysctl('1024')] });
  const securityContext = { fsGroup: 1, sysctls: [sysctl('0')] };
  assert.deepEqual(tried({ securityContext }, {}, { lowPorts: 'closed' }).spec.securityContext, securityContext);
});

const CONFIG = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'shop', uid: 'x' },
  data: { a: '1' },
};
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { b: '2' }, type: 'Opaque' };
const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', annotations: { 'balancer/public': 'true' } },
  spec: {
    type: 'LoadBalancer',
    selector: { app: 'web' },
    clusterIP: '10.0.0.1',
    ports: [{ port: 80, nodePort: 30080 }],
  },
};

test('of the input’s objects only what the pod needs is copied, without what reaches out', () => {
  const { object } = tried(
    { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 's' } }] } }] },
    {
      envFrom: [{ configMapRef: { name: 'c' } }],
    },
  );
  const others = [
    { ...CONFIG, metadata: { name: 'c', namespace: 'elsewhere' }, data: { a: 'wrong' } },
    { ...SECRET, metadata: { name: 'unused' } },
    { ...SERVICE, metadata: { name: 'other' }, spec: { selector: { app: 'other' } } },
    { ...SERVICE, metadata: { name: 'away' }, spec: { type: 'ExternalName', selector: { app: 'web' } } },
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: [...others, CONFIG, SECRET, SERVICE] };
  assert.deepEqual(objectsFor(object, [list], 'shop'), [
    {
      plural: 'secrets',
      object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { b: '2' }, type: 'Opaque' },
    },
    {
      plural: 'configmaps',
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } },
    },
    {
      plural: 'services',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      },
    },
  ]);
});

test('what is needed and not there is said, what is optional is left', () => {
  const env = (reference: object) => ({ env: [{ name: 'A', valueFrom: { configMapKeyRef: reference } }] });
  const missing = tried({}, env({ name: 'nope', key: 'a' })).object;
  assert.throws(
    () => objectsFor(missing, [], 'shop'),
    (error: Failure) =>
      error.code === 'bad-manifest' && error.message.startsWith('Container main needs ConfigMap "nope"'),
  );
  const optional = tried({ imagePullSecrets: [{ name: 'x' }] }, env({ name: 'nope', key: 'a', optional: true })).object;
  assert.deepEqual(objectsFor(optional, [], 'shop'), []);
});

test('what reaches the node and is withheld makes it another pod; a claim that an emptyDir stands for does not', () => {
  const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data' } };
  assert.deepEqual(tried({ serviceAccountName: 'a', nodeName: 'n', volumes: [claim] }).withheld, []);
  const withheld = (spec: object, container: object = {}) => tried(spec, container).withheld.join();
  assert.match(withheld({ hostPID: true }), /hostPID/);
  assert.match(withheld({ hostNetwork: true }), /hostNetwork/);
  assert.match(withheld({ hostIPC: true }), /hostIPC/);
  assert.match(withheld({ resourceClaims: [{ name: 'gpu' }] }), /devices are not given/);
  assert.match(withheld({ volumes: [{ name: 'host', hostPath: { path: '/etc' } }] }), /an emptyDir stands in/);
  assert.match(withheld({}, { securityContext: { privileged: true } }), /privileged/);
  assert.match(withheld({}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }), /SYS_ADMIN/);
  assert.match(withheld({}, { volumeDevices: [{ name: 'data', devicePath: '/dev/x' }] }), /block devices/);
});

test('what is added to a pod is mounted into each of its containers, beside what it has', () => {
  const added = [
    { name: 'petrify-probe', source: { configMap: { name: 'petrify-probe' } }, mountPath: '/.petrify', readOnly: true },
  ];
  const bare = tried({}, {}, { added });
  assert.deepEqual(bare.spec.volumes, [{ name: 'petrify-probe', configMap: { name: 'petrify-probe' } }]);
  assert.deepEqual(bare.main.volumeMounts, [{ name: 'petrify-probe', mountPath: '/.petrify', readOnly: true }]);
  const mounts = [{ name: 'own', mountPath: '/own' }];
  const full = tried({ volumes: [{ name: 'own', emptyDir: {} }] }, { volumeMounts: mounts }, { added });
  assert.equal((full.spec.volumes as object[]).length, 2);
  assert.equal((full.main.volumeMounts as object[]).length, 2);
});

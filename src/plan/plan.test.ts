/** The plan says what hardening changes: the least that is needed, nothing twice, and what stands in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import type { WritablePath } from '../profile/profile.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { type ContainerDecision, planHardening } from './plan.ts';
import { renderChanges } from './render.ts';

function workloadOf(text: string): Workload {
  const { documents, unreadable } = readDocuments({ file: 'web.yaml', text });
  assert.deepEqual(unreadable, []);
  return documents.flatMap(findWorkloads)[0]!;
}

function path(at: string, more: Partial<WritablePath> = {}): WritablePath {
  return { path: at, kind: 'scratch', shippedFiles: 0, bytes: 0, evidence: [], ...more };
}

const nonRoot: ContainerDecision = {
  identity: { user: { uid: 65532, gid: 65532 }, capabilities: [] },
  runsAs: { uid: 65532, gid: 65532 },
  writable: [path('/run'), path('/var/cache/nginx', { kind: 'cache' })],
  ports: [80],
  tools: 'sh',
  shipped: () => undefined,
  directories: 'plain',
  code: 'left-out',
};

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web } # keep me
spec:
  containers:
    - name: nginx   # and me
      image: nginx
`;

const HARDENED = `apiVersion: v1
kind: Pod
metadata: { name: web } # keep me
spec:
  containers:
    - name: nginx   # and me
      image: nginx
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        capabilities:
          drop:
            - ALL
        seccompProfile:
          type: RuntimeDefault
      volumeMounts:
        - name: run
          mountPath: /run
        - name: var-cache-nginx
          mountPath: /var/cache/nginx
  volumes:
    - name: run
      emptyDir:
        sizeLimit: 64Mi
    - name: var-cache-nginx
      emptyDir:
        sizeLimit: 256Mi
  securityContext:
    sysctls:
      - name: net.ipv4.ip_unprivileged_port_start
        value: "0"
  automountServiceAccountToken: false
`;

function hardened(text: string, decision: ContainerDecision): string {
  const workload = workloadOf(text);
  const { changes, obstacles } = planHardening(workload, new Map([['nginx', decision]]));
  assert.deepEqual(obstacles, []);
  return renderChanges(text, [{ document: workload.document, changes }]);
}

test('an ordinary pod gets exactly the hardened form, its comments untouched', () => {
  assert.equal(hardened(POD, nonRoot), HARDENED);
});

test('hardening twice changes nothing', () => {
  const once = hardened(POD, nonRoot);
  assert.equal(hardened(once, nonRoot), once);
});

test('a container without a decision is left as it is', () => {
  const workload = workloadOf(POD);
  assert.deepEqual(planHardening(workload, new Map()).changes, []);
});

test('ports from 1024 on need no sysctl, and the host network cannot have one', () => {
  const high = planHardening(workloadOf(POD), new Map([['nginx', { ...nonRoot, ports: [8080] }]]));
  assert.ok(!high.changes.some(({ path: at }) => at.includes('sysctls')));
  const host = workloadOf(POD.replace('spec:\n', 'spec:\n  hostNetwork: true\n'));
  assert.ok(!planHardening(host, new Map([['nginx', nonRoot]])).changes.some(({ path: at }) => at.includes('sysctls')));
});

test('privileged, added capabilities and an unmasked /proc are taken back', () => {
  const text = POD.replace(
    '      image: nginx\n',
    '      image: nginx\n      securityContext: { privileged: true, procMount: Unmasked, capabilities: { add: [SYS_ADMIN] } }\n',
  );
  const after = workloadOf(hardened(text, nonRoot)).containers[0]!.settings;
  assert.equal(after.privileged.value, false);
  assert.equal(after.procMount.value, 'Default');
  assert.deepEqual(after.capabilitiesAdd.value, []);
  assert.deepEqual(after.capabilitiesDrop.value, ['ALL']);
});

test('beside an added SYS_ADMIN that is kept, allowPrivilegeEscalation is left alone: the API server would refuse it', () => {
  const text = POD.replace(
    'image: nginx\n',
    'image: nginx\n      securityContext: { capabilities: { add: [SYS_ADMIN] } }\n',
  );
  const kept: ContainerDecision = { ...nonRoot, identity: { user: undefined, capabilities: 'default' }, writable: [] };
  const { changes } = planHardening(workloadOf(text), new Map([['nginx', kept]]));
  assert.ok(!changes.some(({ path: at }) => at.includes('allowPrivilegeEscalation')));
});

test('a read-only root at pod level moves to the container', () => {
  const text = POD.replace('spec:\n', 'spec:\n  securityContext:\n    readOnlyRootFilesystem: true\n    fsGroup: 5\n');
  const after = hardened(text, nonRoot);
  const workload = workloadOf(after);
  assert.deepEqual(Object.keys(workload.podSpec.securityContext as object), ['fsGroup', 'sysctls']);
  assert.equal(workload.containers[0]!.settings.readOnlyRootFilesystem.value, true);
});

test('what is written and gets no volume is left out, with the reason, and is no obstacle', () => {
  const decision = { ...nonRoot, writable: [path('/usr/lib/app'), path('/', { shippedFiles: 1 }), path('/data/a:b')] };
  const { obstacles, leftOut, changes } = planHardening(workloadOf(POD), new Map([['nginx', decision]]));
  assert.deepEqual(obstacles, []);
  assert.deepEqual(leftOut, [
    { container: 'nginx', path: '/usr/lib/app', because: 'a volume there would make programs writable' },
    { container: 'nginx', path: '/', because: 'a volume cannot be mounted over /' },
    { container: 'nginx', path: '/data/a:b', because: 'a mount path may not hold a colon' },
  ]);
  assert.ok(!changes.some(({ path: at }) => at.includes('volumeMounts')));
});

test('a claim template has its name already: a second volume of that name would be replaced by the claim', () => {
  const text = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  template:
    spec:
      containers:
        - name: nginx
          image: nginx
          volumeMounts: [{ name: run, mountPath: /data }]
  volumeClaimTemplates:
    - metadata: { name: run }
    - metadata: { name: var-cache-nginx }
`;
  const volumes = workloadOf(hardened(text, nonRoot)).podSpec.volumes as { name: string }[];
  assert.deepEqual(
    volumes.map(({ name }) => name),
    ['run-2', 'var-cache-nginx-2'],
  );
});

test('drops ALL as Pod Security reads it, and no pod-wide profile stays unconfined', () => {
  const workload = workloadOf(`apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  securityContext:
    seccompProfile: { type: Unconfined }
  containers:
    - name: nginx
      image: nginx
      securityContext: { capabilities: { drop: [all] } }
`);
  const { changes } = planHardening(workload, new Map([['nginx', nonRoot]]));
  const at = (path: string) => changes.find((change) => change.path.join('.') === path)?.value;
  assert.deepEqual(at('spec.containers.0.securityContext.capabilities.drop'), ['ALL']);
  assert.deepEqual(at('spec.securityContext.seccompProfile'), { type: 'RuntimeDefault' });
});

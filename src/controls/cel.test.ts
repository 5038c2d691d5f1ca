/** Every CEL expression is the same predicate as its control, on every pod that can be generated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { userOf } from '../workload/user.ts';
import { compileCel } from './fixtures/cel.ts';
import { controls } from './index.ts';
import { LATEST } from './kubernetes-version.ts';

const optional = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
/** What few pods have, so that both answers of each control still occur. */
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const bool = optional(true, false);
const capability = fc.constantFrom(
  'ALL',
  'CAP_ALL',
  'SYS_ADMIN',
  'CAP_SYS_ADMIN',
  'sys_admin',
  'CHOWN',
  'cap_chown',
  'NET_RAW',
  'NET_BIND_SERVICE',
  'MKNOD',
);
const capabilities = fc.option(
  fc.record({
    add: fc.option(fc.array(capability, { maxLength: 3 }), { nil: undefined }),
    drop: fc.option(fc.array(capability, { maxLength: 2 }), { nil: undefined }),
  }),
  { nil: undefined },
);
/** What pods and containers may loosen alike. */
const loosened = {
  seccompProfile: fc.option(fc.record({ type: fc.constantFrom('RuntimeDefault', 'Localhost', 'Unconfined') }), {
    nil: undefined,
  }),
  appArmorProfile: rarely(fc.record({ type: fc.constantFrom('RuntimeDefault', 'Localhost', 'Unconfined') })),
  seLinuxOptions: rarely(
    fc.record({
      type: optional('', 'container_t', 'container_engine_t', 'spc_t'),
      user: optional('', 'system_u'),
      role: rarely(fc.constant('system_r')),
    }),
  ),
};
const securityContext = fc.option(
  fc.record({
    readOnlyRootFilesystem: bool,
    privileged: bool,
    allowPrivilegeEscalation: bool,
    runAsUser: optional(0, 1000),
    runAsGroup: optional(0, 1000),
    runAsNonRoot: bool,
    procMount: optional('Default', 'Unmasked'),
    capabilities,
    windowsOptions: rarely(fc.record({ hostProcess: bool })),
    ...loosened,
  }),
  { nil: undefined },
);
const mount = fc.record({
  name: fc.constantFrom('data', 'claim', 'host', 'token', 'gone'),
  mountPath: fc.constantFrom('/m', '/m/n', '/m/'),
  readOnly: bool,
  recursiveReadOnly: optional('Disabled', 'Enabled'),
  mountPropagation: rarely(fc.constantFrom('None', 'Bidirectional')),
});
const action = rarely(fc.record({ host: optional('', 'other.example') }));
const handler = rarely(fc.record({ httpGet: action, tcpSocket: action }));
const container = (name: string, ephemeral: boolean) =>
  fc.record({
    name: fc.constant(name),
    image: optional(
      '',
      'web',
      'registry.example/web:1',
      `web@sha256:${'0a'.repeat(32)}`,
      `web:1@sha256:${'0a'.repeat(32)}x`,
    ),
    stdin: bool,
    tty: bool,
    securityContext,
    terminationMessagePath: optional('/dev/log', '/dev/../m/a', '/m/a', '/m/n/a', '/m//a', '/m', '/etc/a', ''),
    ports: fc.option(fc.array(fc.record({ hostPort: optional(0, 80) }), { maxLength: 2 }), { nil: undefined }),
    volumeDevices: rarely(fc.constant([{ name: 'claim', devicePath: '/dev/x' }])),
    livenessProbe: handler,
    readinessProbe: handler,
    startupProbe: handler,
    lifecycle: rarely(fc.record({ postStart: handler, preStop: handler })),
    volumeMounts: fc.option(fc.array(mount, { maxLength: 3 }), { nil: undefined }),
    ...(ephemeral ? { targetContainerName: optional('one', 'two', '') } : {}),
  });
const step = fc.constantFrom(
  ...[
    '',
    '.',
    'proc',
    '1',
    'self',
    'task',
    'root',
    'cwd',
    'var',
    'run',
    'lib',
    'kubelet',
    'pods',
    'docker',
    'dev',
    'sys',
  ],
  ...['containerd', 'docker.sock', 'my-podman.sock', 'containerd.sock.ttrpc', 'web.sock', 'k0s', 'srv', 'overlay2'],
);
/** Devices, credentials, and what looks like them. */
const NODE_PATHS = [
  ...[
    '/dev/sda',
    '//dev/./kmsg',
    '/dev/shm',
    '/dev/null',
    '/dev/nullx',
    '/dev/',
    '/dev/./shm/a',
    '/proc/1/root/dev/sda',
  ],
  ...[
    '/etc/kubernetes',
    '/etc//kubernetes/pki/',
    '/etc/kubernetes/manifests',
    '/etc/kubernetesx',
    '/var/lib/kubelet/pki/a',
  ],
  ...[
    '/var/lib/etcd/member',
    '/var/lib/kubelet',
    '/root',
    '/root/.kube/config',
    '/var/lib/rancher',
    '/etc/rancher/k3s',
  ],
  ...['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/manifests/'],
];
const hostPath = fc.oneof(
  fc.constant(''),
  fc.constantFrom(...NODE_PATHS),
  fc.constantFrom(
    ...['/', '//', '/srv', '/run', '/run/', '/var/run/docker.sock', '/run/containerd', '/etc', '/proc/1/root/run'],
    ...[
      '/var/lib/kubelet/pods/a',
      '/proc/./self//task/1/cwd/',
      '/var/lib/',
      '/var/snap/microk8s',
      '/dev/shm',
      '/proc/1',
    ],
  ),
  fc.array(step, { maxLength: 6 }).map((steps) => `/${steps.join('/')}`),
);
const volumes = fc.option(
  fc
    .tuple(hostPath, bool, optional('', 'Directory', 'BlockDevice'), optional('1Mi'), bool)
    .map(([path, readOnly, type, sizeLimit, more]) => [
      { name: 'data', emptyDir: { sizeLimit } },
      ...(more ? [{ name: 'storage', nfs: {} }] : []),
      { name: 'claim', persistentVolumeClaim: { claimName: 'a', readOnly } },
      { name: 'token', projected: {} },
      ...(path === '' ? [] : [{ name: 'host', hostPath: { path, type } }]),
    ]),
  { nil: undefined },
);
const podSpec = fc.record({
  securityContext: fc.option(
    fc.record({
      runAsUser: optional(0, 1000),
      runAsGroup: optional(0, 1000),
      fsGroup: rarely(fc.constantFrom(0, 1000)),
      supplementalGroups: rarely(fc.constantFrom([], [0], [1000, 0], [1000])),
      runAsNonRoot: bool,
      windowsOptions: rarely(fc.record({ hostProcess: bool })),
      sysctls: rarely(
        fc.array(
          fc.record({ name: fc.constantFrom('net.ipv4.tcp_rmem', 'net.ipv4.tcp_syncookies', 'kernel.msgmax') }),
          {
            maxLength: 2,
          },
        ),
      ),
      ...loosened,
    }),
    { nil: undefined },
  ),
  os: rarely(fc.record({ name: fc.constantFrom('linux', 'windows') })),
  nodeSelector: rarely(
    fc.dictionary(
      fc.constantFrom('kubernetes.io/os', 'beta.kubernetes.io/os', 'x'),
      fc.constantFrom('linux', 'windows'),
    ),
  ),
  containers: fc.tuple(container('one', false), container('two', false)),
  ephemeralContainers: fc.option(fc.tuple(container('debug', true)), { nil: undefined }),
  volumes,
  hostPID: bool,
  hostIPC: bool,
  hostNetwork: bool,
  hostUsers: bool,
  shareProcessNamespace: bool,
  automountServiceAccountToken: bool,
});

test('every CEL expression agrees with its control on every pod', () => {
  const compiled = controls.flatMap((control) =>
    control.on !== 'object' && typeof control.cel === 'string'
      ? [{ control, holds: compileCel(control.cel, ['c', 'spec']) }]
      : [],
  );
  const seen = new Map(compiled.map(({ control }) => [control.id, { true: 0, false: 0 }]));
  fc.assert(
    fc.property(podSpec, (generated) => {
      const spec = JSON.parse(JSON.stringify(generated)) as object;
      const [workload] = findWorkloads(
        documentFromValue('p.json', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }),
      );
      for (const subject of workload!.containers) {
        const user = userOf(subject.settings, undefined);
        for (const { control, holds } of compiled) {
          const pod = { workload: workload!, target: LATEST, today: undefined, controls: new Set<string>() };
          const findings =
            control.on === 'pod'
              ? control.check(pod)
              : control.check({ ...pod, container: subject, user, image: undefined, neighbours: [] });
          const cel = holds(subject.spec, workload!.podSpec);
          assert.equal(cel, findings.length === 0, `${control.id} on ${subject.name}`);
          seen.get(control.id)![`${cel}`] += 1;
        }
      }
    }),
    { numRuns: 1000 },
  );
  for (const [id, { true: held, false: broken }] of seen)
    assert.ok(held > 10 && broken > 10, `${id}: both answers occur`);
});

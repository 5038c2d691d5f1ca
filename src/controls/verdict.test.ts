/** The verdict is a combination: what undoes a read-only root, under which precondition, and where it is said. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue, readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { isStandard } from './fixtures/judged.ts';
import { controls } from './index.ts';
import { judge, type WorkloadVerdict } from './verdict.ts';

/** A container of which nothing can be said, but for what a test changes. */
const HARD = {
  readOnlyRootFilesystem: true,
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};
type Images = Readonly<Record<string, ImageFacts>>;

function judged(spec: object, images: Images = {}): WorkloadVerdict {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec };
  return judge(findWorkloads(documentFromValue('pod.json', pod))[0]!, { images: new Map(Object.entries(images)) });
}

/** `verdict: control=effect …` of a pod of one container. */
function one(securityContext: object, pod: object = {}, images: Images = {}): string {
  const { containers } = judged({ containers: [{ name: 'web', image: 'a', securityContext }], ...pod }, images);
  const { verdict, findings } = containers[0]!;
  return [`${verdict}:`, ...findings.filter(isStandard).map((finding) => `${finding.control}=${finding.verdict}`)].join(
    ' ',
  );
}

const open = (user: object): object => ({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }, ...user });

const CASES: readonly [name: string, actual: () => string, expected: string][] = [
  ['nothing to find', () => one(HARD), 'immutable:'],
  [
    'runAsNonRoot is enough: the kubelet refuses uid 0',
    () => one({ ...HARD, runAsUser: undefined, runAsNonRoot: true }),
    'immutable:',
  ],
  [
    'a writable root',
    () => one({ ...HARD, readOnlyRootFilesystem: false }),
    'mutable: read-only-root-filesystem=mutable',
  ],
  ['uid 0 with nothing else: /dev', () => one({ ...HARD, runAsUser: 0 }), 'bypassable: run-as-non-root=bypassable'],
  [
    'nothing said of the user, image not read: unknown is never good',
    () => one({ ...HARD, runAsUser: undefined }),
    'bypassable: run-as-non-root=bypassable',
  ],
  [
    'nothing said of the user, but the image has a number',
    () => one({ ...HARD, runAsUser: undefined }, {}, { a: { user: '101', volumes: [] } }),
    'immutable: run-as-non-root=immutable',
  ],
  [
    'an image whose USER is a name is not known',
    () => one({ ...HARD, runAsUser: undefined }, {}, { a: { user: 'nginx', volumes: [] } }),
    'bypassable: run-as-non-root=bypassable',
  ],
  [
    'runAsUser 0 with runAsNonRoot never starts',
    () => one({ ...HARD, runAsUser: 0, runAsNonRoot: true }),
    'immutable: run-as-non-root=immutable',
  ],
  [
    'a setuid program makes a non-root user root',
    () => one(open({ runAsUser: 1000 })),
    'bypassable: allow-privilege-escalation=bypassable',
  ],
  [
    'uid 0 gains nothing by escalation',
    () => one(open({ runAsUser: 0 })),
    'bypassable: run-as-non-root=bypassable allow-privilege-escalation=immutable',
  ],
  [
    'privileged as uid 0',
    () => one({ ...HARD, runAsUser: 0, privileged: true }),
    'bypassable: privileged=bypassable run-as-non-root=bypassable forced-privilege-escalation=immutable',
  ],
  [
    'privileged with another uid has no effective capability; only escalation is left, and privileged forces it',
    () => one({ ...HARD, privileged: true }),
    'bypassable: forced-privilege-escalation=bypassable privileged=immutable',
  ],
  [
    'a user namespace does not save a privileged root: remount,bind,rw',
    () => one({ ...HARD, runAsUser: 0, privileged: true }, { hostUsers: false }),
    'bypassable: privileged=bypassable run-as-non-root=bypassable forced-privilege-escalation=immutable',
  ],
  [
    'SYS_ADMIN alone undoes the root for uid 0',
    () => one({ ...HARD, runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CAP_SYS_ADMIN'] } }),
    'bypassable: added-capabilities=bypassable run-as-non-root=bypassable forced-privilege-escalation=immutable',
  ],
  [
    'SYS_ADMIN with another uid is not ambient, and forces escalation',
    () => one({ ...HARD, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
    'bypassable: forced-privilege-escalation=bypassable added-capabilities=immutable',
  ],
  [
    'harmless capabilities are none of our business, powerful ones are said one by one',
    () => one({ ...HARD, capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_ADMIN', 'SYS_PTRACE'] } }),
    'immutable: added-capabilities=immutable added-capabilities=immutable',
  ],
  [
    'kernel modules reach the host, but not out of a user namespace',
    () => one({ ...HARD, runAsUser: 0, capabilities: { drop: ['ALL'], add: ['SYS_MODULE'] } }, { hostUsers: false }),
    'bypassable: run-as-non-root=bypassable added-capabilities=immutable',
  ],
  [
    'host IPC and network change nothing of the root',
    () => one(HARD, { hostIPC: true, hostNetwork: true }),
    'immutable: host-ipc=immutable host-network=immutable',
  ],
  ['host PID as a non-root user', () => one(HARD, { hostPID: true }), 'immutable: host-pid=immutable'],
  [
    'host PID as uid 0',
    () => one({ ...HARD, runAsUser: 0 }, { hostPID: true }),
    'bypassable: host-pid=bypassable run-as-non-root=bypassable',
  ],
  [
    'unmasked /proc as uid 0',
    () => one({ ...HARD, runAsUser: 0, procMount: 'Unmasked' }),
    'bypassable: run-as-non-root=bypassable unmasked-proc-mount=bypassable',
  ],
  [
    'unmasked /proc in a user namespace',
    () => one({ ...HARD, procMount: 'Unmasked' }, { hostUsers: false }),
    'immutable:',
  ],
  [
    'a writable VOLUME of the image',
    () => one(HARD, {}, { a: { user: '', volumes: ['/data'] } }),
    'bypassable: image-volume=bypassable',
  ],
];

for (const [name, actual, expected] of CASES) test(name, () => assert.equal(actual(), expected));

const hostPath = (path: string, mount: object, securityContext: object = HARD): string => {
  const { containers } = judged({
    containers: [
      { name: 'web', image: 'a', securityContext, volumeMounts: [{ name: 'h', mountPath: '/h', ...mount }] },
    ],
    volumes: [{ name: 'h', hostPath: { path } }],
  });
  return containers[0]!.findings
    .filter(isStandard)
    .map((finding) => `${finding.control}=${finding.verdict}`)
    .join(' ');
};

test('hostPath: writable undoes, read-only does not, but for / and for sockets', () => {
  assert.equal(hostPath('/srv', {}), 'writable-host-path=bypassable');
  assert.equal(hostPath('/srv', { readOnly: 'true' }), 'writable-host-path=bypassable');
  assert.equal(hostPath('/srv', { readOnly: true }), '');
  assert.equal(
    hostPath('/', { readOnly: true }),
    'runtime-socket=bypassable writable-host-path=bypassable node-credentials=immutable',
  );
  assert.equal(
    hostPath('/', { readOnly: true, recursiveReadOnly: 'Enabled' }),
    'runtime-socket=bypassable node-credentials=immutable',
  );
  assert.equal(
    hostPath('/', { readOnly: true }, { ...HARD, runAsUser: 0 }),
    'node-credentials=bypassable run-as-non-root=bypassable runtime-socket=bypassable writable-host-path=bypassable',
  );
  assert.equal(hostPath('/var/run/docker.sock', { readOnly: true }), 'runtime-socket=bypassable');
  assert.equal(hostPath('/run/k0s/', { readOnly: true }), 'runtime-socket=bypassable');
  assert.equal(hostPath('/run/containerd-other', { readOnly: true }), '');
});

test('a shared process namespace matters with a weaker neighbour only, and only while both run', () => {
  const container = (name: string, more: object = {}) => ({ name, image: 'a', securityContext: { ...HARD, ...more } });
  const verdicts = (spec: object): string =>
    judged({ shareProcessNamespace: true, ...spec })
      .containers.map(({ container: { name }, verdict }) => `${name}=${verdict}`)
      .join(' ');
  const weak = container('weak', { readOnlyRootFilesystem: false });
  assert.equal(verdicts({ containers: [container('a'), container('b')] }), 'a=immutable b=immutable');
  assert.equal(verdicts({ containers: [container('a'), weak] }), 'a=bypassable weak=mutable');
  const tracer = container('tracer', { runAsUser: 0, capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } });
  assert.equal(verdicts({ containers: [container('a'), tracer] }), 'a=bypassable tracer=bypassable');
  assert.equal(verdicts({ initContainers: [weak], containers: [container('a')] }), 'weak=mutable a=immutable');
  const sidecar = { ...weak, restartPolicy: 'Always' };
  assert.equal(verdicts({ initContainers: [sidecar], containers: [container('a')] }), 'weak=mutable a=bypassable');
  assert.equal(verdicts({ initContainers: [sidecar, container('a')], containers: [] }), 'weak=mutable a=bypassable');
  assert.equal(
    verdicts({ shareProcessNamespace: false, containers: [container('a'), container('b'), weak] }),
    'a=immutable b=immutable weak=mutable',
  );
});

test('a debug container weakens the container that it joins, and no other', async () => {
  const text = await readFile(new URL('fixtures/pod-with-debug-container.json', import.meta.url), 'utf8');
  const { documents } = readDocuments({ file: 'pod.json', text });
  const { containers } = judge(findWorkloads(documents[0]!)[0]!);
  const debug = containers.find(({ container }) => container.role === 'ephemeral')!;
  assert.equal(debug.verdict, 'mutable');
  const target = containers.find(({ container }) => container.name === debug.container.spec.targetContainerName)!;
  const [shared] = target.findings.filter(({ control }) => control === 'shared-process-namespace');
  assert.equal(shared?.verdict, 'bypassable');
  assert.deepEqual(shared?.args, { neighbour: debug.container.name, neighbourVerdict: 'mutable' });
  for (const other of containers) {
    if (other === debug || other === target) continue;
    assert.ok(other.findings.every(({ control }) => control !== 'shared-process-namespace'));
  }
});

test('pods of a real cluster', async () => {
  const text = await readFile(new URL('fixtures/pods-of-a-cluster.json', import.meta.url), 'utf8');
  const { documents } = readDocuments({ file: 'pods.json', text });
  const lines = findWorkloads(documents[0]!).flatMap((workload) =>
    judge(workload).containers.map(({ container, verdict, findings }) => {
      const reasons = findings
        .filter(isStandard)
        .map((finding) => finding.control)
        .join(' ');
      return `${workload.name} ${container.role} ${container.name}: ${verdict}: ${reasons}`.trimEnd();
    }),
  );
  assert.deepEqual(lines, [
    'agent-456dz main agent: mutable: read-only-root-filesystem added-capabilities allow-privilege-escalation host-pid run-as-non-root writable-host-path drop-all-capabilities host-network',
    'db-0 main db: mutable: read-only-root-filesystem allow-privilege-escalation run-as-non-root drop-all-capabilities',
    'nginx-privileged main nginx: bypassable: allow-privilege-escalation privileged run-as-non-root drop-all-capabilities',
    'web-68c6fbf997-74gmr init seed: mutable: read-only-root-filesystem allow-privilege-escalation drop-all-capabilities',
    'web-68c6fbf997-74gmr sidecar sidecar: mutable: read-only-root-filesystem allow-privilege-escalation drop-all-capabilities',
    'web-68c6fbf997-74gmr main web: immutable:',
  ]);
});

test('a workload is as bad as its worst container; one without readable containers is never good', () => {
  const good = { name: 'a', securityContext: HARD };
  assert.equal(judged({ containers: [good] }).verdict, 'immutable');
  assert.equal(
    judged({ containers: [good], initContainers: [{ name: 'i', securityContext: open({ runAsUser: 1 }) }] }).verdict,
    'bypassable',
  );
  assert.equal(judged({ containers: [good], ephemeralContainers: [{ name: 'debug' }] }).verdict, 'mutable');
  assert.equal(judged({ containers: 'web' }).verdict, 'mutable');
});

test('a finding points to what stands there, to the nearest ancestor of what is missing, and to a bare container by its name', () => {
  const yaml = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  securityContext:
    readOnlyRootFilesystem: true
  containers:
    - image: a
      name: bare
    - image: b
    - name: with
      securityContext:
        runAsUser: 0
`;
  const { documents } = readDocuments({ file: 'pod.yaml', text: yaml });
  const { containers } = judge(findWorkloads(documents[0]!)[0]!);
  const at = (index: number): string[] =>
    containers[index]!.findings.filter(isStandard).map(
      ({ control, position }) => `${control} ${position.line}:${position.column}`,
    );
  assert.deepEqual(at(0), [
    'read-only-root-filesystem 6:5',
    'allow-privilege-escalation 9:7',
    'run-as-non-root 9:7',
    'drop-all-capabilities 9:7',
  ]);
  assert.equal(at(1)[1], 'allow-privilege-escalation 10:7');
  assert.deepEqual(at(2).slice(1), [
    'run-as-non-root 13:9',
    'allow-privilege-escalation 12:7',
    'drop-all-capabilities 12:7',
  ]);
});

test('the read-only root: every way to miss it is named', () => {
  const control = controls.find(({ id }) => id === 'read-only-root-filesystem')!;
  const message = (spec: object, container: object): string => {
    const { containers } = judged({ containers: [{ name: 'web', ...container }], ...spec });
    const finding = containers[0]!.findings.find(({ control: id }) => id === control.id)!;
    return `${finding.path.join('.')}: ${control.message(finding.args)}`;
  };
  const field = { readOnlyRootFilesystem: true };
  assert.match(message({}, {}), /^spec\.containers\.0\.securityContext\.readOnlyRootFilesystem: .*is not set/);
  assert.match(message({}, { securityContext: { readOnlyRootFilesystem: 'true' } }), /not true or false/);
  assert.match(
    message({ securityContext: field }, {}),
    /^spec\.securityContext\.readOnlyRootFilesystem: .*in the pod's securityContext/,
  );
  assert.match(message(field, {}), /^spec\.readOnlyRootFilesystem: .*outside of securityContext/);
  assert.match(message({}, field), /^spec\.containers\.0\.readOnlyRootFilesystem: .*outside of securityContext/);
  assert.match(
    message({ securityContext: field }, { securityContext: { readOnlyRootFilesystem: false } }),
    /readOnlyRootFilesystem: false/,
  );
});

test('never throws, and every message is a sentence, whatever a pod holds', () => {
  const anything = fc.jsonValue({ maxDepth: 2 });
  const maybe = (...values: unknown[]) =>
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });
  const securityContext = fc.record(
    {
      readOnlyRootFilesystem: maybe(true, false),
      privileged: maybe(true),
      runAsUser: maybe(0, 1000),
      runAsNonRoot: maybe(true, false),
      procMount: maybe('Unmasked'),
      capabilities: fc.oneof(
        anything,
        fc.record({ add: fc.oneof(anything, fc.array(maybe('SYS_ADMIN', 'X'))), drop: anything }),
      ),
    },
    { requiredKeys: [] },
  );
  const container = fc.record(
    {
      name: maybe('web'),
      image: maybe('a'),
      securityContext: fc.oneof(anything, securityContext),
      targetContainerName: maybe('web'),
      volumeMounts: fc.oneof(
        anything,
        fc.array(fc.record({ name: maybe('h'), mountPath: maybe('/h'), readOnly: maybe(true) })),
      ),
    },
    { requiredKeys: [] },
  );
  const list = fc.oneof(anything, fc.array(fc.oneof(container, anything)));
  const spec = fc.record({
    containers: list,
    initContainers: list,
    ephemeralContainers: list,
    volumes: fc.oneof(anything, fc.array(fc.record({ name: maybe('h'), hostPath: maybe({ path: '/' }) }))),
    shareProcessNamespace: maybe(true),
    hostPID: maybe(true),
  });
  const byId = new Map(controls.map((control) => [control.id, control]));
  fc.assert(
    fc.property(spec, (value) => {
      const workloads = findWorkloads(documentFromValue('p.json', { apiVersion: 'v1', kind: 'Pod', spec: value }));
      for (const { containers } of workloads.map((workload) => judge(workload))) {
        for (const { control, args } of containers.flatMap(({ findings }) => findings)) {
          assert.match(byId.get(control)!.message(args), /\.$/);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** A proof covers its own manifest, and no single change of it that could matter goes unsaid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { type CoverOptions, covers, coversNothing } from './covers.ts';
import { BLOCKED, proofsOf } from './fixtures/proof.ts';
import type { Proof } from './proof.ts';

const NOW = { now: Date.parse('2026-11-02T12:00:00Z') };
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'c'.repeat(64)}`;

// biome-ignore lint/suspicious/noExplicitAny: manifests are changed anywhere
type Pod = any;

const tight = () => ({
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 101,
  runAsGroup: 101,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
});

const pod = (): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    automountServiceAccountToken: false,
    securityContext: { fsGroup: 101 },
    initContainers: [{ name: 'seed', image: 'example/seed:1', command: ['/seed'], securityContext: tight() }],
    containers: [
      {
        name: 'web',
        image: 'example/web:1',
        args: ['serve'],
        securityContext: tight(),
        volumeMounts: [
          { name: 'run', mountPath: '/run' },
          { name: 'host', mountPath: '/host', readOnly: true },
          { name: 'config', mountPath: '/etc/web', subPath: 'web' },
          { name: 'state', mountPath: '/state' },
          { name: 'tools', mountPath: '/tools', readOnly: true },
          { name: 'nfs', mountPath: '/nfs', readOnly: true },
        ],
      },
      { name: 'log', image: 'example/log:1', securityContext: tight() },
    ],
    volumes: [
      { name: 'run', emptyDir: { sizeLimit: '16Mi' } },
      { name: 'host', hostPath: { path: '/srv/data' } },
      { name: 'config', configMap: { name: 'web' } },
      { name: 'state', persistentVolumeClaim: { claimName: 'state' } },
      { name: 'tools', image: { reference: 'example/tools:1' } },
      { name: 'nfs', nfs: { server: 'files.example', path: '/files' } },
    ],
  },
});

const workloadOf = (value: Pod): Workload => findWorkloads(documentFromValue('web.yaml', value))[0]!;

const web = (value: Pod) => value.spec.containers[0];

/** Each is one change of the manifest, and what must be said of it. */
const MUTATIONS: Readonly<Record<string, readonly [change: (value: Pod) => void, said: RegExp]>> = {
  'another tag': [(one) => set(web(one), 'image', 'example/web:2'), /image is now example\/web:2/],
  'another repository': [(one) => set(web(one), 'image', 'evil/web:1'), /image is now evil\/web:1/],
  'another digest': [
    (one) => set(web(one), 'image', `example/web:1@${OTHER}`),
    /digest of the image is now sha256:ccc/,
  ],
  'a writable root': [
    (one) => set(web(one).securityContext, 'readOnlyRootFilesystem', false),
    /^readOnlyRootFilesystem was true and is now false/,
  ],
  'a root that nobody sets': [
    (one) => set(web(one).securityContext, 'readOnlyRootFilesystem', undefined),
    /^readOnlyRootFilesystem was true/,
  ],
  privileged: [(one) => set(web(one).securityContext, 'privileged', true), /^privileged was false and is now true/],
  escalation: [
    (one) => set(web(one).securityContext, 'allowPrivilegeEscalation', undefined),
    /^allowPrivilegeEscalation was false and is now true/,
  ],
  user: [(one) => set(web(one).securityContext, 'runAsUser', 0), /^runAsUser was 101 and is now 0/],
  'the user of the image': [
    (one) => set(web(one).securityContext, 'runAsUser', undefined),
    /^runAsUser was 101 and is now not set/,
  ],
  group: [(one) => set(web(one).securityContext, 'runAsGroup', 0), /^runAsGroup was 101 and is now 0/],
  'not non-root': [(one) => set(web(one).securityContext, 'runAsNonRoot', undefined), /^runAsNonRoot was true/],
  fsGroup: [(one) => set(one.spec.securityContext, 'fsGroup', 0), /supplementary groups.* was 101 and is now 0/],
  supplementalGroups: [
    (one) => set(one.spec.securityContext, 'supplementalGroups', [7]),
    /supplementary groups.* is now 7 101/,
  ],
  'a capability': [
    (one) => set(web(one).securityContext.capabilities, 'add', ['CAP_SYS_ADMIN']),
    /capabilities was none and is now SYS_ADMIN/,
  ],
  'default capabilities': [
    (one) => set(web(one).securityContext, 'capabilities', undefined),
    /capabilities was none and is now .*MKNOD/,
  ],
  seccomp: [
    (one) => set(web(one).securityContext, 'seccompProfile', { type: 'Unconfined' }),
    /^seccompProfile was RuntimeDefault and is now Unconfined/,
  ],
  'a local seccomp profile': [
    (one) => set(web(one).securityContext, 'seccompProfile', { type: 'Localhost', localhostProfile: 'weak.json' }),
    /^seccompProfile .* is now Localhost: weak.json/,
  ],
  AppArmor: [
    (one) => set(web(one).securityContext, 'appArmorProfile', { type: 'Unconfined' }),
    /^appArmorProfile was not set and is now Unconfined/,
  ],
  'AppArmor of old': [
    (one) => set(one.metadata, 'annotations', { 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' }),
    /^appArmorProfile was not set and is now Unconfined/,
  ],
  SELinux: [
    (one) => set(one.spec.securityContext, 'seLinuxOptions', { type: 'spc_t' }),
    /^seLinuxOptions was not set and is now ::spc_t:/,
  ],
  procMount: [
    (one) => set(web(one).securityContext, 'procMount', 'Unmasked'),
    /^procMount was Default and is now Unmasked/,
  ],
  hostUsers: [(one) => set(one.spec, 'hostUsers', false), /^hostUsers was true and is now false/],
  hostPID: [(one) => set(one.spec, 'hostPID', true), /^hostPID was false/],
  hostIPC: [(one) => set(one.spec, 'hostIPC', true), /^hostIPC was false/],
  hostNetwork: [(one) => set(one.spec, 'hostNetwork', true), /^hostNetwork was false/],
  shareProcessNamespace: [(one) => set(one.spec, 'shareProcessNamespace', true), /^shareProcessNamespace was false/],
  terminationMessagePath: [
    (one) => set(web(one), 'terminationMessagePath', '/app/message'),
    /^terminationMessagePath was \/dev\/termination-log and is now \/app\/message/,
  ],
  'a block device': [
    (one) => set(web(one), 'volumeDevices', [{ name: 'disk', devicePath: '/dev/xvda' }]),
    /^volumeDevices was none and is now \/dev\/xvda/,
  ],
  'a mount more': [
    (one) => web(one).volumeMounts.push({ name: 'run', mountPath: '/usr/bin' }),
    /mount was added at \/usr\/bin \(emptyDir, writable\)/,
  ],
  'a mount less': [(one) => web(one).volumeMounts.pop(), /mount \/nfs was removed/],
  'a mount elsewhere': [(one) => set(web(one).volumeMounts[0], 'mountPath', '/var'), /mount was added at \/var /],
  'a writable mount': [
    (one) => set(web(one).volumeMounts[1], 'readOnly', undefined),
    /mount \/host changed: readOnly was true and is now false/,
  ],
  'another directory of the host': [
    (one) => set(one.spec.volumes[1].hostPath, 'path', '/'),
    /mount \/host changed: the directory of the host was \/srv\/data and is now \//,
  ],
  'another volume': [
    (one) => set(one.spec.volumes, 0, { name: 'run', hostPath: { path: '/run' } }),
    /mount \/run changed: the kind of volume was emptyDir and is now hostPath/,
  ],
  'no size limit': [(one) => set(one.spec.volumes[0], 'emptyDir', {}), /\/run changed: sizeLimit was 16Mi/],
  memory: [(one) => set(one.spec.volumes[0].emptyDir, 'medium', 'Memory'), /\/run changed: medium was not set/],
  subPath: [(one) => set(web(one).volumeMounts[2], 'subPath', undefined), /\/etc\/web changed: subPath was web/],
  'another claim': [
    (one) => set(one.spec.volumes[3].persistentVolumeClaim, 'claimName', 'other'),
    /mount \/state changed: what is behind the volume was \{"claimName":"state"\} and is now \{"claimName":"other"\}/,
  ],
  'another image of a volume': [
    (one) => set(one.spec.volumes[4].image, 'reference', 'evil/tools:1'),
    /mount \/tools changed: what is behind the volume .*example\/tools:1.* is now .*evil\/tools:1/,
  ],
  'another server of a volume': [
    (one) => set(one.spec.volumes[5].nfs, 'server', 'evil.example'),
    /mount \/nfs changed: what is behind the volume .*evil\.example/,
  ],
  PATH: [
    (one) => set(web(one), 'env', [{ name: 'PATH', value: '/run:/bin' }]),
    /^PATH was not set and is now \/run:\/bin/,
  ],
  propagation: [
    (one) => set(web(one).volumeMounts[1], 'mountPropagation', 'Bidirectional'),
    /\/host changed: mountPropagation was not set and is now Bidirectional/,
  ],
  'mount options': [
    (one) => set(web(one).volumeMounts[0], 'bindMountOptions', ['noexec']),
    /\/run changed: the mount options was none and is now noexec/,
  ],
  'a container more': [
    (one) => one.spec.containers.push({ name: 'debug', image: 'busybox' }),
    /container debug was added, and nobody attacked it/,
  ],
  'an init container more': [
    (one) => one.spec.initContainers.push({ name: 'chmod', image: 'busybox' }),
    /init container chmod was added/,
  ],
  'an ephemeral container': [
    (one) => set(one.spec, 'ephemeralContainers', [{ name: 'shell', image: 'busybox' }]),
    /ephemeral container shell was added/,
  ],
  'a container less': [(one) => one.spec.containers.pop(), /container log was removed/],
  'another name': [(one) => set(web(one), 'name', 'www'), /container web was renamed to www/],
  'a sidecar that was an init container': [
    (one) => set(one.spec.initContainers[0], 'restartPolicy', 'Always'),
    /was an init container and is a sidecar container now/,
  ],
  command: [(one) => set(web(one), 'command', ['/bin/sh']), /^command was not set and is now \/bin\/sh/],
  args: [(one) => set(web(one), 'args', ['-c', 'x']), /^args was serve and is now -c x/],
  workingDir: [(one) => set(web(one), 'workingDir', '/tmp'), /^workingDir was not set and is now \/tmp/],
  'a weaker init container': [
    (one) => set(one.spec.initContainers[0].securityContext, 'privileged', true),
    /^privileged was false and is now true/,
  ],
  'another program of the init container': [
    (one) => set(one.spec.initContainers[0], 'command', ['/other']),
    /^command was \/seed and is now \/other/,
  ],
  'another workload': [(one) => set(one.metadata, 'name', 'shop'), /says nothing of Pod shop\/shop/],
  'another namespace': [(one) => set(one.metadata, 'namespace', undefined), /says nothing of Pod web/],
};

function set(holder: Pod, key: string | number, value: unknown): void {
  if (value === undefined) delete holder[key];
  else holder[key] = value;
}

const judged = (proofs: readonly Proof[], value: Pod, options: CoverOptions = NOW) =>
  covers(proofs, [workloadOf(value)], options);
const messages = ({ reasons }: ReturnType<typeof covers>) => reasons.map(({ message }) => message);

test('a proof covers its own manifest', () => {
  const coverage = judged(proofsOf(workloadOf(pod())), pod());
  assert.deepEqual(coverage.reasons, []);
  assert.equal(coverage.covers, true);
  assert.match(coverage.notes.join('\n'), /proven in a sandbox: podman .*, not in a cluster/);
});

for (const [name, [change, said]] of Object.entries(MUTATIONS)) {
  test(`it does not cover ${name}, and says so`, () => {
    const changed = pod();
    change(changed);
    const coverage = judged(proofsOf(workloadOf(pod())), changed);
    assert.equal(coverage.covers, false);
    assert.ok(
      messages(coverage).some((message) => said.test(message)),
      messages(coverage).join('\n'),
    );
    // The change can be taken back: what is there now is proven anew.
    const anew = judged(proofsOf(workloadOf(changed)), changed);
    const left = anew.reasons.filter(({ kind }) => kind !== 'verdict');
    assert.deepEqual(left, []);
  });
}

test('whatever is left out, a manifest is covered by its own proof, and by none from before a change', () => {
  const names = Object.keys(MUTATIONS);
  const change = fc.constantFrom(...names);
  fc.assert(
    fc.property(fc.uniqueArray(change, { maxLength: 4 }), change, (before, last) => {
      const base = pod();
      for (const name of before) attempted(() => MUTATIONS[name]![0](base));
      const own = judged(proofsOf(workloadOf(base)), base);
      assert.deepEqual(
        own.reasons.filter(({ kind }) => kind !== 'verdict'),
        [],
      );
      const changed = structuredClone(base);
      attempted(() => MUTATIONS[last]![0](changed));
      const same =
        JSON.stringify(changed) === JSON.stringify(base) || before.some((name) => HIDES[name]?.includes(last));
      if (!same) assert.equal(judged(proofsOf(workloadOf(base)), changed).covers, false, `${before} then ${last}`);
    }),
    { numRuns: 200 },
  );
});

/** A change may need what another one has taken away. */
function attempted(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** What has no effect any more after another change. */
const HIDES: Readonly<Record<string, readonly string[]>> = {
  privileged: ['a capability', 'default capabilities'],
  AppArmor: ['AppArmor of old'],
  'AppArmor of old': ['AppArmor'],
  'another name': ['AppArmor of old'],
  'another volume': ['no size limit'],
  'a mount less': ['another server of a volume'],
};

test('what a manifest may write in other words is covered', () => {
  const other = pod();
  web(other).image = `example/web:1@${DIGEST}`;
  web(other).volumeMounts.reverse();
  web(other).volumeMounts.at(-1).mountPath = '/run/';
  other.spec.volumes[5].nfs = { path: '/files', server: 'files.example' };
  web(other).securityContext.capabilities = { drop: ['all'] };
  other.spec.containers.reverse();
  const { reasons } = judged(proofsOf(workloadOf(pod())), other);
  assert.deepEqual(reasons, []);
});

test('names and paths that Kubernetes wants to be unique hide nothing behind each other', () => {
  const twice = pod();
  twice.spec.containers.push({ ...web(twice), securityContext: { privileged: true } }, web(twice));
  assert.match(
    messages(judged(proofsOf(workloadOf(pod())), twice)).join(),
    /more than one container with the name web/,
  );
  const mounted = pod();
  web(mounted).volumeMounts.unshift({ name: 'host', mountPath: '/run/.' });
  assert.match(messages(judged(proofsOf(workloadOf(pod())), mounted)).join(), /more than one mount at \/run/);
});

test('what is known of an image today is held against what was attacked', () => {
  const proofs = proofsOf(workloadOf(pod()));
  const known = (id: string, digests: readonly string[] = []) =>
    judged(proofs, pod(), { ...NOW, images: new Map([['example/web:1', { id, digests }]]) });
  assert.deepEqual(known('b'.repeat(64)).reasons, []);
  assert.deepEqual(known('', [`example/web@${DIGEST}`]).reasons, []);
  assert.match(messages(known('d'.repeat(64))).join(), /image example\/web:1 has another digest: it is ddd/);
  assert.match(messages(known('', [`example/web@${OTHER}`])).join(), /has another digest/);
  const unclear = known('');
  assert.deepEqual(unclear.reasons, []);
  assert.match(unclear.notes.join('\n'), /cannot be told/);
  assert.match(judged(proofs, pod()).notes.join('\n'), /example\/web:1 names no digest/);
});

test('a proof may be too old, or of a container that was not proven', () => {
  const day = 86_400_000;
  const proofs = proofsOf(workloadOf(pod()));
  assert.equal(judged(proofs, pod(), { ...NOW, maxAgeMs: day }).covers, true);
  assert.match(
    messages(judged(proofs, pod(), { now: NOW.now + 2 * day, maxAgeMs: 2 * day })).join('\n'),
    /older than 2 days/,
  );
  const future = proofsOf(workloadOf(pod()), { time: '2027-01-01T00:00:00Z' });
  assert.match(messages(judged(future, pod(), { ...NOW, maxAgeMs: day })).join('\n'), /in the future/);
  const failed = proofsOf(workloadOf(pod()), { verdict: 'immutable', reasons: ['The pod did not become ready.'] });
  assert.match(messages(judged(failed, pod())).join('\n'), /not proven, but immutable\. The pod did not become ready/);
});

test('what no proof can say of a manifest is said by the controls of today', () => {
  const proofs = proofsOf(workloadOf(pod()));
  const lying = proofs.map((proof) => ({ ...proof, settings: { ...proof.settings, readOnlyRootFilesystem: false } }));
  const weak = pod();
  for (const one of weak.spec.containers) one.securityContext.readOnlyRootFilesystem = false;
  const { reasons } = judged(lying, weak);
  assert.deepEqual([...new Set(reasons.map(({ kind }) => kind))], ['verdict']);
  assert.match(reasons[0]!.message, /By its specification it is mutable now: .*readOnlyRootFilesystem/);
});

test('every workload of a manifest needs a proof, and a proof may be about more', () => {
  const second = pod();
  second.metadata.name = 'api';
  const both = [workloadOf(pod()), workloadOf(second)];
  const proofs = both.flatMap((workload) => proofsOf(workload));
  assert.equal(covers(proofs, both, NOW).covers, true);
  const some = covers(proofs, both.slice(0, 1), NOW);
  assert.equal(some.covers, true);
  assert.match(some.notes.join('\n'), /about Pod shop\/api as well/);
  const missing = covers(proofsOf(both[0]!), both, NOW);
  assert.deepEqual(messages(missing), ['The proof says nothing of Pod shop/api.']);
});

test('a workload of another kind is another workload', () => {
  const proofs = proofsOf(workloadOf(pod())).map((proof) => ({
    ...proof,
    workload: { ...proof.workload, kind: 'Deployment' },
  }));
  assert.deepEqual(messages(judged(proofs, pod())), ['The proof says nothing of Pod shop/web.']);
});

test('whose number an image’s user has is known from the proof where the manifest names no user', () => {
  const open = pod();
  for (const { securityContext } of [...open.spec.containers, ...open.spec.initContainers]) {
    for (const key of ['runAsNonRoot', 'runAsUser', 'runAsGroup']) delete securityContext[key];
  }
  open.spec.initContainers = [];
  const workload = workloadOf(open);
  const proofs = (uid: number) =>
    proofsOf(workload, { identity: { uid, gid: 0, capabilities: '0' } }).map((proof) => ({
      ...proof,
      image: { ...proof.image, user: 'web' },
    }));
  assert.deepEqual(messages(judged(proofs(101), open)), []);
  assert.match(messages(judged(proofs(0), open)).join(), /By its specification it is bypassable now/);
});

test('a proof in another form covers nothing', () => {
  assert.deepEqual(coversNothing('v1').covers, false);
  assert.match(messages(coversNothing('v1'))[0]!, /form v1.*prove again/);
});

test('a proof that contradicts itself covers nothing', () => {
  const attempt = BLOCKED;
  const lies: readonly (readonly [Partial<Proof>, RegExp])[] = [
    [{ attempts: [] }, /No attack was made/],
    [{ attempts: [attempt, { ...attempt, outcome: 'succeeded' }] }, /write-root:\/etc succeeded/],
    [
      { attempts: [attempt, { ...attempt, id: 'write-dev:/dev', outcome: 'unknown' }] },
      /write-dev:\/dev has no clear result/,
    ],
    [{ attempts: [{ ...attempt, control: 'not-run' }] }, /No write to the root file system was refused/],
    [{ traces: ['/x is still there.'] }, /\/x is still there/],
    [{ reasons: ['The pod did not become ready.'] }, /did not become ready/],
    [{ specification: { verdict: 'mutable', findings: [] } }, /file system is writable/],
    [{ specification: { verdict: 'bypassable', findings: [] } }, /By its specification it is bypassable/],
  ];
  for (const [lie, said] of lies) {
    const coverage = judged(proofsOf(workloadOf(pod()), lie), pod());
    assert.equal(coverage.covers, false);
    assert.match(messages(coverage)[0]!, /says that it is proven, and contradicts itself/);
    assert.match(messages(coverage)[0]!, said);
  }
});

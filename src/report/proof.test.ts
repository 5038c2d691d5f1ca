/** A proof, as text and as JSON: layout, published schema, and hostile input made visible. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { BLOCKED, imageOf, proofsOf } from '../prove/fixtures/proof.ts';
import { workloadOf } from '../prove/fixtures/target.ts';
import type { Attempt, Proof } from '../prove/proof.ts';
import { readProofs } from '../prove/read.ts';
import { renderProofs } from './proof-json.ts';
import { renderProofText } from './proof-text.ts';
import { styleFor } from './style.ts';

const PROOF: Proof = {
  ...proofsOf(workloadOf({ containers: [{ name: 'nginx', image: 'registry.example/web:1' }] }))[0]!,
  verdict: 'immutable',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: null, name: 'web', container: 'nginx' },
  where: 'sandbox: podman 4.3.1 on Linux 6.18',
  image: { ...imageOf('registry.example/web:1'), id: '408377fc4da1' },
  time: '2026-11-23T09:00:00.000Z',
  attempts: [
    attempt('write-root:/etc', 'blocked', 'EROFS', 'openat(/etc/x) met EROFS: the file system is read-only'),
    attempt('write-root:/usr', 'blocked', 'EROFS', 'openat(/usr/x) met EROFS: the file system is read-only'),
    { ...attempt('write-dev:/dev', 'blocked', 'EACCES', 'openat(/dev/x) met EACCES'), family: 'code' },
    attempt('copy-in:tar', 'blocked', 'EROFS', 'Cannot open: Read-only file system'),
    { ...attempt('drop-and-run:/run', 'residual', null, 'openat(/run/x) and write succeeded; it ran'), family: 'code' },
    attempt('replace-binary:/bin/a', 'succeeded', null, 'openat(/bin/a) succeeded'),
    attempt('replace-binary:/bin/b', 'succeeded', null, 'openat(/bin/b) succeeded; it was executed'),
    { ...attempt('install-apt', 'unknown', null, 'apt-get said nothing'), family: 'software', control: 'failed' },
  ],
  residual: [
    {
      ...{ what: '/run', kind: 'volume', executable: true, why: 'an emptyDir that the manifest declares' },
      ...{ declared: true, acceptable: true, writability: null },
    },
    {
      what: '/dev/shm',
      kind: 'kernel-interface',
      executable: false,
      why: 'every container has it; a read-only emptyDir over it closes it',
      ...{
        declared: false,
        acceptable: true,
        writability: {
          by: 'everybody',
          fileSystem: 'tmpfs',
          source: 'runtime',
          sizeLimit: { bytes: 67_108_864, by: 'mount' },
          execution: 'noexec',
          survives: { container: true, pod: false },
        },
      },
    },
  ],
  ...{
    closed: [
      { path: '/', source: 'root file system', readOnly: true, errno: 'EROFS', layer: 'read-only mount' },
      { path: '/dev', source: 'runtime', readOnly: false, errno: 'EACCES', layer: 'permission' },
      { path: '/etc/hostname', source: 'kubelet', readOnly: true, errno: 'EROFS', layer: 'read-only mount' },
    ],
  },
  identity: { uid: 65532, gid: 65532, capabilities: '0000000000000000' },
  differences: ['The service account token is not mounted.'],
  notAttempted: [
    { id: 'host-sysctl:vm.swappiness', reason: 'needs --host-attacks' },
    { id: 'host-sysctl:kernel.core_pattern', reason: 'needs --host-attacks' },
    { id: 'make-device', reason: 'there is no /dev' },
  ],
  traces: ['/etc/x was made by an attack and is still there.'],
  reasons: [
    'The attack replace-binary:/bin/a succeeded: openat(/bin/a) succeeded.',
    'The attack install-apt has no clear result: apt-get said nothing.',
    'The pod did not become ready.',
  ],
};

function attempt(id: string, outcome: Attempt['outcome'], errno: string | null, detail: string): Attempt {
  const layer = errno === 'EROFS' ? 'read-only mount' : errno === null ? null : 'permission';
  return { ...BLOCKED, id, outcome, errno, layer, detail };
}

test('text: first what did not hold, then what stays open, then what held, in few lines', () => {
  assert.equal(
    renderProofText(PROOF, styleFor(false)),
    `Deployment web, container nginx  immutable
  sandbox: podman 4.3.1 on Linux 6.18
  registry.example/web:1 (408377fc4da1)
  uid 65532, gid 65532, no capability in effect
  2026-11-23T09:00:00.000Z

Succeeded
  files  replace-binary  /bin/a /bin/b
                         /bin/b: openat(/bin/b) succeeded; it was executed

Unknown
  software  install-apt
                         apt-get said nothing

Left behind by the attacks
  /etc/x was made by an attack and is still there.

Why it is not proven
  The pod did not become ready.

Still open
  /run      executable: an emptyDir that the manifest declares
  /dev/shm  not executable: every container has it; a read-only emptyDir over it closes it
            writable by everybody · tmpfs (runtime) · at most 64 MiB, by the mount · mounted
            noexec · survives a restart of the container

Blocked
  files  EROFS   read-only mount  write-root×2, copy-in
  code   EACCES  permission       write-dev

Closed
  EROFS   read-only mount  / /etc/hostname
  EACCES  permission       /dev

Not attempted
  host-sysctl×2  needs --host-attacks
  make-device    there is no /dev

Different from Kubernetes
  The service account token is not mounted.

8 attempts: 2 succeeded, 1 unknown, 1 residual, 4 blocked · 4 of the blocked succeed without the controls · immutable
`,
  );
  assert.equal(
    stripVTControlCharacters(renderProofText(PROOF, styleFor(true))),
    renderProofText(PROOF, styleFor(false)),
  );
});

test('text: in a cluster it is no sandbox that differs', () => {
  const environment = { ...PROOF.environment, engine: 'kubernetes' };
  const text = renderProofText({ ...PROOF, environment }, styleFor(false));
  assert.match(text, /^Different from the workload in its own place$/m);
});

test('text: many attacks that were not made for one reason share it', () => {
  const notAttempted = ['a', 'b', 'c', 'c:d', 'c:e'].map((id) => ({ id, reason: 'needs a cluster' }));
  const text = renderProofText({ ...PROOF, notAttempted }, styleFor(false));
  assert.match(text, /^Not attempted\n {2}needs a cluster\n {4}a, b, c×3\n\n/m);
});

test('text: who the attacker was, with the capabilities that are in effect', () => {
  const words = (capabilities: string) =>
    renderProofText({ ...PROOF, identity: { uid: 0, gid: 7, capabilities } }, styleFor(false)).split('\n')[3];
  assert.equal(words('0000000000000000'), '  uid 0, gid 7, no capability in effect');
  assert.equal(words('0000000000200000'), '  uid 0, gid 7, capabilities 0000000000200000 in effect');
});

test('text: what is open and not meant so is marked', () => {
  const style = styleFor(true);
  const [first, second] = PROOF.residual;
  const text = renderProofText({ ...PROOF, residual: [{ ...first!, acceptable: false }, second!] }, style);
  const line = '  /run      executable: an emptyDir that the manifest declares';
  assert.ok(text.includes(style.problem(line)) && style.problem(line) !== line);
  assert.ok(!renderProofText(PROOF, style).includes(style.problem(line)));
});

test('text: seventy attacks with a hundred and fifty attempts that held take few lines', () => {
  const families = ['files', 'code', 'software', 'mounts', 'kernel', 'neighbours', 'outside'] as const;
  const attempts = Array.from({ length: 150 }, (_, index) => ({
    ...BLOCKED,
    id: `attack-number-${index % 70}:/place/${index}`,
    family: families[(index % 70) % 7]!,
    layer: index % 3 === 0 ? ('permission' as const) : ('read-only mount' as const),
  }));
  const lines = renderProofText({ ...PROOF, attempts }, styleFor(false)).split('\n');
  assert.ok(lines.length < 90, `${lines.length}`);
  for (const line of lines.slice(0, -2)) assert.ok(line.length <= 96, line);
});

test('json: several proofs are a list with the worst verdict, one is itself, and both are read again', () => {
  const several = [PROOF, { ...PROOF, verdict: 'bypassable' as const }, { ...PROOF, verdict: 'proven' as const }];
  const list = JSON.parse(renderProofs(several));
  assert.equal(list.verdict, 'bypassable');
  assert.deepEqual(list.proofs, several);
  assert.deepEqual(JSON.parse(renderProofs([PROOF])), PROOF);
  const read = (text: string) => {
    const found = readProofs('p.json', text);
    return 'proofs' in found ? found.proofs.map(({ verdict }) => verdict) : [];
  };
  assert.deepEqual(read(renderProofs(several)), ['immutable', 'bypassable', 'proven']);
  assert.deepEqual(read(renderProofs([PROOF])), ['immutable']);
});

test('a proof without anything is printed too, and what a stranger wrote is made visible', () => {
  const { workload } = PROOF;
  const hostile = '\u001b]0;x\u0007\nproven';
  const text = renderProofText(
    {
      ...PROOF,
      workload: { ...workload, name: hostile },
      attempts: [attempt(hostile, 'blocked', hostile, hostile)],
      residual: [],
      identity: null,
      differences: [],
      notAttempted: [],
      reasons: [hostile],
    },
    styleFor(false),
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]|^proven/m);
  assert.match(text, /user unknown/);
  assert.match(text, /\\u001b\]0;x\\u0007\\u000aproven/);
});

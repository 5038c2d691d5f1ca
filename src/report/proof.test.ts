/** A proof, as text and as JSON: layout, published schema, and hostile input made visible. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Proof } from '../prove/proof.ts';
import { renderProofs } from './proof-json.ts';
import { renderProofText } from './proof-text.ts';
import { closed } from './schema.fixture.ts';
import { schemaDocuments } from './schema.ts';
import { styleFor } from './style.ts';

const PROOF: Proof = {
  schema: 'petrify.dev/proof/v1alpha1',
  verdict: 'immutable',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: null, name: 'web', container: 'nginx' },
  where: 'sandbox: podman 4.3.1 on Linux 6.18',
  image: { name: 'registry.example/web:1', id: 'sha256:408377fc4da1' },
  time: '2026-11-23T09:00:00.000Z',
  closed: [{ path: '/', source: 'root file system', readOnly: true, errno: 'EROFS', layer: 'read-only mount' }],
  attempts: [
    attempt(
      'write-root:/etc',
      'blocked',
      'EROFS',
      'openat(/etc/x) met EROFS: the file system is read-only',
      'succeeded',
    ),
    attempt(
      'write-root:/usr',
      'blocked',
      'EROFS',
      'openat(/usr/x) met EROFS: the file system is read-only',
      'succeeded',
    ),
    attempt(
      'write-dev:/dev',
      'blocked',
      'EACCES',
      'openat(/dev/x) met EACCES: the permissions do not allow it',
      'succeeded',
    ),
    attempt('copy-in:tar', 'blocked', 'EROFS', 'Cannot open: Read-only file system', 'succeeded'),
    attempt(
      'drop-and-run:/run',
      'residual',
      null,
      'A program dropped into /run ran; /run is a declared volume, and every emptyDir is executable.',
      'not-run',
    ),
    attempt('install-apt', 'unknown', null, 'The image has no package manager.', 'not-run'),
  ],
  residual: [
    {
      what: '/run',
      kind: 'volume',
      executable: true,
      why: 'an emptyDir that the manifest declares',
      declared: true,
      acceptable: true,
      writability: {
        by: 'everybody',
        fileSystem: 'ext4',
        source: 'emptyDir',
        sizeLimit: { bytes: 16_777_216, by: 'manifest' },
        execution: 'ran',
        survives: { container: true, pod: false },
      },
    },
    {
      what: '/dev/shm',
      kind: 'kernel-interface',
      executable: false,
      why: 'every container has it; a read-only emptyDir over it closes it',
      declared: false,
      acceptable: true,
      writability: null,
    },
  ],
  identity: { uid: 65532, gid: 65532, capabilities: '0000000000000000' },
  differences: ['The service account token is not mounted.'],
  notAttempted: [{ id: 'host-sysctl', reason: 'needs --host-attacks' }],
  traces: [],
  specification: { verdict: 'immutable', findings: [] },
  reasons: ['install-apt ended unknown.'],
};

function attempt(
  id: string,
  outcome: 'blocked' | 'residual' | 'unknown',
  errno: string | null,
  detail: string,
  control: 'succeeded' | 'not-run',
) {
  const layer = errno === 'EROFS' ? 'read-only mount' : errno === null ? null : 'permission';
  return {
    id,
    title: 'An attack',
    technique: 'T1036',
    family: 'files',
    outcome,
    errno,
    layer,
    detail,
    control,
  } as const;
}

const validatorOf = (file: string) =>
  new Ajv2020({ strict: true, validateFormats: false }).compile(closed(schemaDocuments().get(file)) as object);
const validate = validatorOf('proof.v1alpha1.json');

test('text: a proof reads as a table with what stays open', () => {
  assert.equal(
    renderProofText(PROOF, styleFor(false)),
    `Deployment web, container nginx  immutable
  sandbox: podman 4.3.1 on Linux 6.18
  registry.example/web:1 (sha256:408377fc4da1)
  uid 65532, gid 65532, no capability in effect
  2026-11-23T09:00:00.000Z

  blocked    write-root    EROFS   /etc /usr
  blocked    write-dev     EACCES  /dev
  blocked    copy-in       EROFS   tar
                                   Cannot open: Read-only file system
  residual   drop-and-run          /run
  unknown    install-apt
                                   The image has no package manager.

Still open
  /run      executable: an emptyDir that the manifest declares
  /dev/shm  not executable: every container has it; a read-only emptyDir over it closes it

Not attempted
  host-sysctl  needs --host-attacks

Different from Kubernetes
  The service account token is not mounted.

Why it is not proven
  install-apt ended unknown.

6 attempts: 4 blocked, 1 residual, 1 unknown · 4 of the blocked succeed without the control · immutable
`,
  );
  assert.equal(
    stripVTControlCharacters(renderProofText(PROOF, styleFor(true))),
    renderProofText(PROOF, styleFor(false)),
  );
});

test('json: keeps the published contract, every key of it described', () => {
  const json = JSON.parse(renderProof(PROOF));
  assert.ok(validate(json), JSON.stringify(validate.errors));
  assert.deepEqual(json, PROOF);
  assert.ok(validate(JSON.parse(renderProof({ ...PROOF, identity: null }))), JSON.stringify(validate.errors));
  assert.ok(!validate({ ...json, verdict: 'fine' }));
  assert.ok(!validate({ ...json, secret: 1 }));
});

test('json: several proofs are a list with the worst verdict, one is itself', () => {
  const validateList = validatorOf('prooflist.v1alpha1.json');
  const printed = JSON.parse(
    renderProofs([PROOF, { ...PROOF, verdict: 'bypassable' }, { ...PROOF, verdict: 'proven' }]),
  );
  assert.ok(validateList(printed), JSON.stringify(validateList.errors));
  const list = printed as { verdict: string; proofs: unknown[] };
  assert.equal(list.verdict, 'bypassable');
  assert.equal(list.proofs.length, 3);
  assert.equal(renderProofs([PROOF]), renderProof(PROOF));
});

test('a proof without anything is printed too, and what a stranger wrote is made visible', () => {
  const { workload } = PROOF;
  const hostile = '\u001b]0;x\u0007\nproven';
  const text = renderProofText(
    {
      ...PROOF,
      workload: { ...workload, name: hostile },
      attempts: [attempt(hostile, 'blocked', hostile, hostile, 'not-run')],
      residual: [],
      closed: [],
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

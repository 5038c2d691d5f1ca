/** `petrify prove --verify` and `petrify explain --attacks` through the program itself; no engine is asked. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { imageParts, layoutFiles } from '../../src/image/image.fixture.ts';
import { openImage } from '../../src/image/open.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import type { Coverage } from '../../src/prove/covers.ts';
import { proofsOf } from '../../src/prove/fixtures/proof.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { proofJsonSchemas } from '../../src/prove/schema.ts';
import { renderProofs } from '../../src/report/proof-json.ts';
import { closed } from '../../src/report/schema.fixture.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { petrify } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-verify-'));
after(() => rmSync(folder, { recursive: true }));

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        runAsNonRoot: true
        runAsUser: 101
        capabilities: { drop: [ALL] }
        seccompProfile: { type: RuntimeDefault }
`;

const NO_ENGINE = { env: { DOCKER_HOST: 'unix:///nowhere.sock' } };

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function proofOf(text: string, changes: Partial<Proof> = {}): string {
  const workloads = readDocuments({ file: 'web.yaml', text }).documents.flatMap(findWorkloads);
  return renderProofs(workloads.flatMap((workload) => proofsOf(workload, changes)));
}

const manifest = file('web.yaml', MANIFEST);
const proof = file('web.proof.json', proofOf(MANIFEST));

test('a proof covers its manifest: exit code 0, and where it was proven is said', async () => {
  const { code, out, err } = await petrify(['prove', '--verify', proof, manifest], NO_ENGINE);
  assert.equal(code, 0, err);
  assert.match(out, /^The proof covers the manifest\.$/m);
  assert.match(out, /proven in a sandbox: podman/);
});

test('a changed manifest is not covered: exit code 1, and why', async () => {
  const changed = file('changed.yaml', MANIFEST.replace('web:1', 'web:2').replace('101', '0'));
  const { code, out } = await petrify(['prove', '--verify', proof, changed], NO_ENGINE);
  assert.equal(code, 1);
  assert.match(out, /Pod web, container web\n {2}✗ The image is now example\/web:2/);
  assert.match(out, /runAsUser was 101 and is now 0/);
  assert.match(out, /does not cover the manifest: \d+ reasons\./);
});

test('json: the published contract, also into a file and from standard input', async () => {
  const validate = new Ajv2020({ strict: true }).compile(
    closed(proofJsonSchemas().get('coverage.v1alpha1.json')) as object,
  );
  const target = join(folder, 'coverage.json');
  const args = ['prove', '--verify', proof, '--format', 'json', '--output', target, '-'];
  const { code, out } = await petrify(args, { ...NO_ENGINE, stdin: MANIFEST.replace('name: web\n', 'name: www\n') });
  assert.deepEqual([code, out], [1, '']);
  const coverage = JSON.parse(readFileSync(target, 'utf8')) as Coverage;
  const valid: boolean = validate(coverage);
  assert.ok(valid, JSON.stringify(validate.errors));
  assert.deepEqual([coverage.covers, coverage.reasons[0]!.kind], [false, 'container']);
  assert.match(coverage.reasons[0]!.message, /container web was renamed to www/);
});

test('a proof may be too old, not proven, or in another form', async () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [proofOf(MANIFEST, { time: '2020-01-01T00:00:00Z' }), ['--max-age', '30d'], /older than 30 days/],
    [proofOf(MANIFEST, { verdict: 'bypassable', reasons: ['It lost.'] }), [], /not proven, but bypassable\. It lost\./],
    [JSON.stringify({ schema: 'petrify.dev/proof/v2', proof: 1 }), [], /has the form v2/],
  ];
  for (const [text, more, said] of cases) {
    const path = file('other.json', text);
    const { code, out } = await petrify(['prove', '--verify', path, ...more, manifest], NO_ENGINE);
    assert.equal(code, 1);
    assert.match(out, said);
  }
});

test('what cannot be read is exit code 2, in one sentence with its place', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['prove', '--verify', join(folder, 'none.json'), manifest], /none\.json cannot be read/],
    [['prove', '--verify', '/dev/zero', manifest], /\/dev\/zero cannot be read: it is too long for a proof/],
    [['prove', '--verify', folder, manifest], /cannot be read: it is a folder/],
    [['prove', '--verify', manifest, manifest], /web\.yaml is no proof: it is not JSON/],
    [
      ['prove', '--verify', file('bad.json', proofOf(MANIFEST).replace('"blocked"', '"won"')), manifest],
      /at attempts\.0\.outcome/,
    ],
    [['prove', '--verify', proof, join(folder, 'none.yaml')], /none\.yaml/],
    [['prove', '--verify', proof, '--format', 'html', manifest], /--verify prints text or JSON/],
    [['prove', '--verify', proof, '--max-age', 'soon', manifest], /an age is 12h, 30d or 2w/],
    [['prove', '--max-age', '3d', manifest], /--max-age is for --verify/],
    [['prove', '--images', 'engine', manifest], /--images is for --verify/],
    [['prove', '--verify', proof, '--proof', 'x', manifest], /cannot be used with/],
    [['prove', '--verify', proof, '--host-attacks', manifest], /cannot be used with/],
    [['prove', '--verify', proof, '--live', manifest], /cannot be used with/],
    [['prove', '--verify', proof, '--as', 'x', manifest], /cannot be used with/],
    [['prove', '--verify', proof, '--profile', 'x', manifest], /cannot be used with/],
    [['prove', '--verify', proof, '--images', 'engine', manifest], /No container engine answers/],
  ];
  for (const [args, said] of cases) {
    const { code, out, err } = await petrify(args, NO_ENGINE);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, said);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test('what is only half read is not covered: exit code 2, with what can be told of the rest', async () => {
  const half = file('half.yaml', `${MANIFEST}---\na: [\n`);
  const { code, out, err } = await petrify(['prove', '--verify', proof, half], NO_ENGINE);
  assert.equal(code, 2);
  assert.match(out, /^The proof covers the manifest\.$/m);
  assert.match(err, /half\.yaml:\d+/);
});

test('images of today are looked at where they lie, by their digests; one that is not there is said', async () => {
  const name = 'example/web:1';
  const layout = join(folder, 'layout');
  const files = layoutFiles(await imageParts(process.arch === 'x64' ? 'amd64' : process.arch), name);
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(layout, path)), { recursive: true });
    writeFileSync(join(layout, path), bytes);
  }
  const [digest] = (await openImage(layout, name)).image.config.digests;
  const [workload] = readDocuments({ file: 'web.yaml', text: MANIFEST }).documents.flatMap(findWorkloads);
  const verified = async (digests: readonly string[], text = MANIFEST) => {
    const [one] = proofsOf(workload!);
    const kept = file('image.json', renderProofs([{ ...one!, image: { ...one!.image, name, digests } }]));
    return petrify(['prove', '--verify', kept, '--images', layout, file('image.yaml', text)], NO_ENGINE);
  };
  const same = await verified([digest!]);
  assert.deepEqual([same.code, same.err], [0, ''], same.out);
  assert.doesNotMatch(same.out, /names no digest/);
  const other = await verified([`example/web@sha256:${'d'.repeat(64)}`]);
  assert.equal(other.code, 1);
  assert.match(other.out, /image example\/web:1 has another digest/);
  const none = await verified([], MANIFEST.replace('web:1', 'web:2'));
  assert.equal(none.code, 1);
  assert.match(none.err, /^note: .*holds no image example\/web:2/);
});

test('explain knows the attacks: all, one, and one by its name alone', async () => {
  const list = await petrify(['explain', '--attacks']);
  assert.equal(list.code, 0);
  assert.match(list.out, /^files {2}\d+ attacks/);
  const one = await petrify(['explain', '--attacks', 'write-root']);
  assert.match(one.out, /^Write to the root file system\n/);
  assert.equal((await petrify(['explain', 'write-root'])).out, one.out);
  assert.equal((await petrify(['explain', 'write-root:/etc'])).out, one.out);
  const wrong = await petrify(['explain', '--attacks', 'write-rot']);
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /no attack write-rot[\s\S]*did you mean write-root/);
  assert.match((await petrify(['explain', '--attacks', 'privileged'])).err, /There is no attack privileged/);
  assert.match(
    (await petrify(['explain', 'write-rot'])).err,
    /no control write-rot, and no attack[\s\S]*did you mean write-root/,
  );
});

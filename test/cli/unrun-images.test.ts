/** `--engine none --images`: what observe and harden read of images where nothing is run, and that they say so. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { imageParts, layoutFiles, tarOf } from '../../src/image/image.fixture.ts';
import { layer } from '../../src/image/layers.fixture.ts';
import { petrify } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-unrun-'));
after(() => rmSync(folder, { recursive: true }));
const IMAGE = 'registry.example/team/app:1';
const layout = join(folder, 'layout');
for (const [path, bytes] of layoutFiles(await imageParts(process.arch === 'x64' ? 'amd64' : process.arch), IMAGE)) {
  mkdirSync(dirname(join(layout, path)), { recursive: true });
  writeFileSync(join(layout, path), bytes);
}
const manifest = join(folder, 'pod.yaml');
writeFileSync(
  manifest,
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n    - name: app\n      image: ${IMAGE}\n`,
);

test('observe lists VOLUME, the user’s empty directories and what the start script names, marked as not run', async () => {
  const { code, out, err } = await petrify([
    'observe',
    IMAGE,
    '--engine',
    'none',
    '--images',
    layout,
    '--format',
    'json',
  ]);
  assert.equal(code, 0, err);
  const [container] = JSON.parse(out).spec.containers;
  const written = container.writable.map(({ path }: { path: string }) => path);
  assert.deepEqual(written, ['/data', '/var/cache/app', '/var/lib/app']);
  assert.deepEqual([container.user, container.coverage.ready], [{ uid: 101, gid: 102, from: 'image' }, false]);
  assert.match(container.imageId, /^registry\.example\/team\/app@sha256:/);
  assert.match(JSON.stringify(container), /\/entry\.sh:2: mkdir -p \/var\/lib\/app \(read, not run\)/);
  assert.match(err, /Nothing was run/);
});

test('harden plans from the image’s files where the catalogue knows nothing, and says that nothing is proven', async () => {
  const known = await petrify(['harden', manifest, '--engine', 'none', '--images', layout]);
  assert.match(known.err, /from the catalogue and the files of its images.*\s+nothing was run and nothing is proven/);
  for (const path of ['/data', '/var/cache/app', '/var/lib/app'])
    assert.match(known.out, new RegExp(`mountPath: ${path}`));
  const unknown = await petrify(['harden', manifest, '--engine', 'none']);
  assert.deepEqual([unknown.code, unknown.out], [1, '']);
});

test('an image whose files say nothing is no image that writes nothing', async () => {
  const silent = join(folder, 'silent.tar');
  const manifestJson = JSON.stringify([{ Config: 'c.json', RepoTags: [IMAGE], Layers: ['layer.tar'] }]);
  const files = new Map([
    ['manifest.json', Buffer.from(manifestJson)],
    ['c.json', Buffer.from('{"config":{}}')],
    ['layer.tar', await layer({ name: 'bin/app', body: 'x', mode: 0o755 })],
  ]);
  writeFileSync(silent, await tarOf(files));
  const { code, out, err } = await petrify(['harden', manifest, '--engine', 'none', '--images', silent]);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err.replace(/\s+/g, ' '), /its files do not say what it writes/);
});

test('sources are asked in order; what none has is said; an engine has its images itself', async () => {
  const missing = join(folder, 'none.tar');
  const first = await petrify(['observe', manifest, '--engine', 'none', '--images', missing, '--images', layout]);
  assert.match(first.err, /note: .*none\.tar/);
  assert.equal(first.code, 0);
  for (const args of [
    ['--images', layout],
    ['--engine', 'none', '--images', 'engine'],
  ]) {
    const { code, err } = await petrify(['observe', manifest, ...args]);
    assert.deepEqual([code, /hint:/.test(err)], [2, true]);
  }
});

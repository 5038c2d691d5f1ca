/** One image, opened from every kind of file, says the same. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Failure } from '../failure.ts';
import { accountsOf } from './accounts.ts';
import { dockerFiles, FILES, imageParts, layoutFiles, tarOf } from './image.fixture.ts';
import { filesOf } from './layers.fixture.ts';
import { type OpenedImage, openImage } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-open-'));
after(() => rmSync(folder, { recursive: true }));
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const parts = await imageParts(ARCHITECTURE);

function directory(name: string, files: ReadonlyMap<string, Buffer>): string {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), bytes);
  }
  return join(folder, name);
}
function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

async function isTheImage({ image, tree }: OpenedImage): Promise<void> {
  const { user, volumes, workingDir, entrypoint, env } = image.config;
  assert.deepEqual([user, volumes, workingDir, entrypoint, env], ['web', ['/data'], '/srv', ['/entry.sh'], ['A=b']]);
  assert.deepEqual(image.ports, [8080]);
  assert.deepEqual(await filesOf(tree), FILES);
  assert.match(String(await tree.read('/entry.sh', 100)), /^#!\/bin\/sh\nmkdir/);
  assert.equal(String(await tree.read('/usr/bin/app', 3)), 'xxx');
  assert.deepEqual((await tree.stat('/var/cache/app'))?.uid, 101);
  assert.deepEqual(
    (await accountsOf(tree)).map(({ name, uid, groups }) => [name, uid, groups]),
    [
      ['root', 0, []],
      ['web', 101, [7]],
    ],
  );
}

const layout = layoutFiles(parts, 'registry.example/app:1');
const docker = dockerFiles(parts, 'registry.example/app:1');
const sources: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['an OCI layout', () => directory('layout', layout)],
  ['an OCI archive', async () => file('oci.tar', await tarOf(layout))],
  ['a zipped OCI archive', async () => file('oci.tar.gz', gzipSync(await tarOf(layout)))],
  ['an OCI archive in zstd', async () => file('oci.tar.zst', zstdCompressSync(await tarOf(layout)))],
  ['an archive of docker save', async () => file('docker.tar', await tarOf(docker))],
  [
    'an archive with a layer that is a link',
    async () => {
      const files = new Map(docker);
      files.set('shared/layer.tar', files.get('2/layer.tar')!);
      files.delete('2/layer.tar');
      return file('links.tar', await tarOf(files, new Map([['2/layer.tar', '../shared/layer.tar']])));
    },
  ],
];
for (const [title, make] of sources) {
  test(`${title} gives the image and its files`, async () => {
    await isTheImage(await openImage(await make(), 'registry.example/app:1'));
  });
}

test('an image is found under the name that a manifest gives it, and by its digest', async () => {
  const path = directory('hub', layoutFiles(parts, 'docker.io/library/app:latest'));
  const { image } = await openImage(path, 'app');
  assert.match(image.id, /^docker\.io\/library\/app@sha256:[0-9a-f]{64}$/);
  await isTheImage(await openImage(path, image.id));
  await isTheImage(await openImage(path, image.id.replace('@', ':1@')));
});

test('what is missing is said, and nothing outside of a layout is read', async () => {
  const without = (part: RegExp) =>
    new Map([...layout].filter(([, bytes]) => !part.test(String(bytes.subarray(0, 60)))));
  const noConfig = directory('no-config', without(/architecture":"amd64","os/));
  await assert.rejects(openImage(noConfig, 'registry.example/app:1'), /its configuration is missing/);
  await assert.rejects(openImage(directory('layout', layout), 'other:1'), (error) => {
    assert.ok(error instanceof Failure && error.code === 'image-missing');
    return error.hint === 'it holds registry.example/app:1';
  });
  const outside = file('outside.json', Buffer.from(JSON.stringify([{ Config: 'c', RepoTags: ['app:1'], Layers: [] }])));
  const hostile = directory('hostile', new Map([['c', Buffer.from('{}')]]));
  symlinkSync(outside, join(hostile, 'manifest.json'));
  await assert.rejects(openImage(hostile, 'app:1'), /holds no image/);
});

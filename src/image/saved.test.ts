/** Images in files: archives as Docker and Podman save them, OCI layouts, and hostile ones. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { Failure } from '../failure.ts';
import { savedImages } from './saved.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-saved-'));
after(() => rmSync(folder, { recursive: true }));

type Files = Readonly<Record<string, string | Uint8Array>>;

async function tar(files: Files): Promise<Uint8Array> {
  return packTar(
    Object.entries(files).map(([name, body]) => ({
      header: { name, size: Buffer.byteLength(body), type: 'file' as const },
      body: typeof body === 'string' ? body : Buffer.from(body),
    })),
  );
}

const PASSWD = 'root:x:0:0::/root:/bin/sh\nweb:x:101:101::/:/bin/false\n';
const configuration = (config: object): string => JSON.stringify({ architecture: 'amd64', config });

async function dockerArchive(name: string, config: object, layer: Files = {}, zip = false): Promise<string> {
  const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: [name], Layers: ['layer.tar'] }]);
  const bytes = await tar({
    'layer.tar': await tar(layer),
    'c.json': configuration(config),
    'manifest.json': manifest,
  });
  const file = join(folder, `${name.replace(/\W/g, '-')}${zip ? '.tar.gz' : '.tar'}`);
  writeFileSync(file, zip ? gzipSync(bytes) : bytes);
  return file;
}

test('a saved archive: user and volumes, under the complete name', async () => {
  const file = await dockerArchive('nginx:1', { User: '101:101', Volumes: { '/b': {}, '/a': {} } });
  assert.deepEqual(
    [...(await savedImages(file))],
    [['docker.io/library/nginx:1', { user: '101:101', volumes: ['/a', '/b'] }]],
  );
});

test('a user that is a name gets its number from the passwd file of the image; zipped archives are read as well', async () => {
  const file = await dockerArchive('registry.example/web:1', { User: 'web' }, { 'etc/passwd': PASSWD }, true);
  assert.deepEqual((await savedImages(file)).get('registry.example/web:1'), { user: 'web', volumes: [], uid: 101 });
});

test('a name that the image does not know stays a name', async () => {
  const file = await dockerArchive('registry.example/other:1', { User: 'nobody-here' }, { 'etc/passwd': PASSWD });
  assert.deepEqual((await savedImages(file)).get('registry.example/other:1'), { user: 'nobody-here', volumes: [] });
});

/** An OCI layout of one image; the layer is zipped, as registries have them. */
async function layout(name: string): Promise<Files> {
  const blobs: Record<string, string | Uint8Array> = {};
  const put = (bytes: string | Uint8Array): { digest: string } => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    blobs[`blobs/sha256/${hash}`] = bytes;
    return { digest: `sha256:${hash}` };
  };
  const layer = put(gzipSync(await tar({ './etc/passwd': PASSWD })));
  const config = put(configuration({ User: 'web', Volumes: { '/data': {} } }));
  const manifest = put(JSON.stringify({ config, layers: [layer] }));
  const platforms = put(JSON.stringify({ manifests: [{ ...manifest, platform: { os: 'linux' } }] }));
  const annotations = { 'org.opencontainers.image.ref.name': name };
  return { ...blobs, 'index.json': JSON.stringify({ manifests: [{ ...platforms, annotations }] }) };
}

test('an OCI layout, as a directory and as an archive, by name and by digest', async () => {
  const files = await layout('registry.example/oci:2');
  const directory = join(folder, 'layout');
  for (const [name, body] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), body);
  }
  const archive = join(folder, 'oci.tar');
  writeFileSync(archive, await tar(files));
  for (const path of [directory, archive]) {
    const images = await savedImages(path);
    assert.deepEqual(images.get('registry.example/oci:2'), { user: 'web', volumes: ['/data'], uid: 101 }, path);
    assert.ok([...images.keys()].some((name) => name.startsWith('registry.example/oci@sha256:')));
  }
});

test('what is no image ends in one sentence', async () => {
  const write = (name: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const cases = [
    join(folder, 'not-there.tar'),
    write('empty.tar', ''),
    write('text.tar', 'x'.repeat(4096)),
    write('broken.json.tar', await tar({ 'manifest.json': '[{"Config":', 'index.json': 'null' })),
    write(
      'odd.tar',
      await tar({ 'manifest.json': '[7, {"Config": 7}, {"Config": "../../etc/passwd", "RepoTags": 1}]' }),
    ),
    write(
      'digest.tar',
      await tar({ 'index.json': '{"manifests":[{"digest":"sha256:../../../etc/passwd"}, 7, null]}' }),
    ),
    folder,
  ];
  for (const path of cases) {
    await assert.rejects(
      savedImages(path),
      (error: unknown) => error instanceof Failure && error.code === 'image-missing',
      path,
    );
  }
});

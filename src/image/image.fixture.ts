/** A small image in the parts that layouts, archives and registries are made of. */
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { layer } from './layers.fixture.ts';

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface Parts {
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly manifest: Buffer;
  /** An index of platforms: somebody else's first, an attestation, then the manifest of this machine. */
  readonly index: Buffer;
}

const SCRIPT = '#!/bin/sh\nmkdir -p /var/lib/app\nexec app\n';
export const CONFIG = {
  architecture: 'amd64',
  os: 'linux',
  config: {
    User: 'web',
    Volumes: { '/data': {} },
    WorkingDir: '/srv',
    Entrypoint: ['/entry.sh'],
    Env: ['A=b'],
    ExposedPorts: { '8080/tcp': {} },
  },
};

export const FILES = [
  'bin/cp',
  'bin/sh',
  'data/seed',
  'entry.sh',
  'etc/group',
  'etc/passwd',
  'usr/bin/app',
  'var/lib/dpkg/status',
];

/** Three layers (gzip, zstd, none): the second removes a file of the first, the third owns a directory. */
export async function imageParts(architecture: string): Promise<Parts> {
  const layers = [
    gzipSync(
      await layer(
        { name: 'etc/passwd', body: 'root:x:0:0::/root:/bin/sh\nweb:x:101:102::/srv:/bin/sh\n' },
        { name: 'etc/group', body: 'web:x:102:\nextra:x:7:web\n' },
        { name: 'gone', body: 'x' },
        { name: 'bin/sh', body: 'x', mode: 0o755 },
        { name: 'bin/cp', body: 'x', mode: 0o755 },
        { name: 'var/lib/dpkg/status', body: 'x' },
        { name: 'usr/bin/app', body: 'x'.repeat(200_000), mode: 0o755 },
      ),
    ),
    zstdCompressSync(await layer({ name: '.wh.gone' }, { name: 'entry.sh', body: SCRIPT, mode: 0o755 })),
    await layer(
      { name: 'var/cache/app', type: 'directory', uid: 101, gid: 102 },
      { name: 'data/seed', body: 's', uid: 101, gid: 102 },
    ),
  ];
  const blobs = new Map<string, Buffer>();
  const put = (bytes: Buffer, mediaType: string) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: put(json(CONFIG), 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((bytes) => put(Buffer.from(bytes), 'application/vnd.oci.image.layer.v1.tar')),
  });
  const other = put(json({ schemaVersion: 2, config: {}, layers: [] }), 'application/vnd.oci.image.manifest.v1+json');
  const own = put(manifest, 'application/vnd.oci.image.manifest.v1+json');
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { ...other, platform: { os: 'linux', architecture: 's390x' } },
      { ...other, platform: { os: 'unknown', architecture: 'unknown' } },
      { ...own, platform: { os: 'linux', architecture } },
    ],
  });
  return { blobs, manifest, index };
}

/** The same image as an OCI layout: paths and their contents. */
export function layoutFiles({ blobs, index }: Parts, name: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>([['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]]);
  for (const [digest, bytes] of [...blobs, [digestOf(index), index] as const]) {
    files.set(`blobs/${digest.replace(':', '/')}`, bytes);
  }
  const annotations = { 'org.opencontainers.image.ref.name': name };
  const manifests = [{ digest: digestOf(index), size: index.length, annotations }];
  return files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
}

/** As Docker before version 25 saves it, the last layer being a link to another image's. */
export function dockerFiles({ blobs, manifest }: Parts, name: string): ReadonlyMap<string, Buffer> {
  const { config, layers } = JSON.parse(String(manifest)) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const files = new Map<string, Buffer>();
  const names = layers.map(({ digest }, at) => {
    files.set(`${at}/layer.tar`, blobs.get(digest)!);
    return `${at}/layer.tar`;
  });
  const hash = config.digest.replace('sha256:', '');
  files.set(`${hash}.json`, blobs.get(config.digest)!);
  const entry = { Config: `${hash}.json`, RepoTags: [name], Layers: names };
  return files.set('manifest.json', Buffer.from(JSON.stringify([entry])));
}

export async function tarOf(files: ReadonlyMap<string, Buffer>, links: ReadonlyMap<string, string> = new Map()) {
  return Buffer.from(
    await packTar([
      ...[...links].map(([name, linkname]) => ({ header: { name, size: 0, type: 'symlink' as const, linkname } })),
      ...[...files].map(([name, body]) => ({ header: { name, size: body.length }, body })),
    ]),
  );
}

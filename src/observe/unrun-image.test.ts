/** What an image's files alone say that a container writes, each piece marked as not run. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ImageConfig } from '../engine/engine.ts';
import { layer, type Packed } from '../image/layers.fixture.ts';
import { indexLayers } from '../image/layers.ts';
import type { OpenedImage } from '../image/open.ts';
import { mergeEvidence } from '../profile/merge.ts';
import type { Container } from '../workload/workload.ts';
import { podForImage } from './bare-image.ts';
import { readUnrun } from './unrun-image.ts';

const directory = (name: string, uid: number, mode = 0o755): Packed => ({ name, type: 'directory', uid, mode });
const FILES: readonly Packed[] = [
  { name: 'etc/passwd', body: 'root:x:0:0::/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\n' },
  { name: 'bin/sh', body: 'x', mode: 0o755 },
  { name: 'bin/cp', body: 'x', mode: 0o755 },
  { name: 'usr/bin/tini', body: '\x7fELF', mode: 0o755 },
  {
    name: 'usr/local/bin/start.sh',
    body: '#!/usr/bin/env bash\nmkdir -p "$STATE/db"\nsed -i s/a/b/ /etc/web.conf\nexec "$@"\n',
    mode: 0o755,
  },
  { name: 'etc/web.conf', body: 'a' },
  directory('run', 0),
  { name: 'var/run', type: 'symlink', linkname: '/run' },
  directory('var/cache/web', 101),
  directory('var/cache/web/inner', 101),
  directory('var/closed', 101, 0o555),
  directory('var/other', 55),
  directory('home/web', 101),
  directory('srv/app', 101),
  { name: 'srv/app/main.js', body: 'x', uid: 101 },
];

async function opened(config: Partial<ImageConfig>): Promise<OpenedImage> {
  const bytes = await layer(...FILES);
  const open = async () => ({ bytes: Readable.from([bytes], { objectMode: false }) });
  const lists = { digests: [], volumes: [], entrypoint: [], cmd: [], env: [], exposedPorts: [] };
  const complete: ImageConfig = { id: 'x', user: '', workingDir: '', ...lists, ...config };
  return {
    image: { name: 'web:1', id: 'sha256:x', config: complete, ports: [] },
    ...(await indexLayers(1, open, 'web')),
  };
}
const container = (spec: object = {}): Container => {
  const [own] = podForImage('web:1').containers;
  return { ...own!, spec: { ...own!.spec, ...spec } };
};
const seen = async (config: Partial<ImageConfig>, spec: object = {}) => {
  const { evidence } = await readUnrun(await opened(config), container(spec));
  return evidence.map(({ what, path }) => `${what} ${path}`);
};

const START = { entrypoint: ['tini', '--', 'start.sh'], cmd: ['web'], env: ['STATE=/var/lib/web'] };
const table: readonly (readonly [string, Partial<ImageConfig>, object, readonly string[]])[] = [
  ['nothing is said of an image that says nothing', {}, {}, []],
  ['VOLUME and WORKDIR', { volumes: ['/data'], workingDir: '/srv' }, {}, ['declared /data', 'declared /srv']],
  ['empty directories of the user, the outermost, none at home', { user: 'web' }, {}, ['declared /var/cache/web']],
  ['nothing of root’s, which owns nearly everything', { user: '0' }, {}, []],
  ['the start script behind an init', START, {}, ['mkdir /var/lib/web/db', 'modify /etc/web.conf']],
  ['a command of the manifest replaces it', START, { command: ['/usr/bin/tini'] }, []],
  ['arguments of the manifest do not', START, { args: ['x'] }, ['mkdir /var/lib/web/db', 'modify /etc/web.conf']],
  ['a command in words', {}, { command: ['sh', '-ec', 'touch /var/run/x'] }, ['create /var/run/x']],
];
for (const [title, config, spec, expected] of table) {
  test(title, async () => assert.deepEqual(await seen(config, spec), expected));
}

test('paths are placed by the image’s own links and files, and nothing is claimed to have run', async () => {
  const config = { user: 'web', entrypoint: ['sh', '-c', 'touch /var/run/x; touch /srv/app/y'] };
  const { evidence, layout, user, tools, collector } = await readUnrun(await opened(config), container());
  const merged = mergeEvidence(evidence, layout, []);
  assert.deepEqual(
    merged.map(({ path, shippedFiles, kind }) => [path, shippedFiles, kind]),
    [
      ['/run', 0, 'scratch'],
      ['/srv/app', 1, 'state'],
      ['/var/cache/web', 0, 'cache'],
    ],
  );
  assert.deepEqual([user, tools], [{ uid: 101, gid: 102, from: 'image' }, 'sh']);
  assert.match(collector.note!, /nothing was run/);
  for (const { detail, collector: by } of evidence)
    assert.match(`${by} ${detail}`, /^image-config .*(?:not run|nothing was run)/);
});

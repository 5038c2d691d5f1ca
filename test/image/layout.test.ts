/** An image's tree through the engine: what ships where, whose it is, and which of it is run. */
import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { addressOf } from '../../src/engine/address.ts';
import { stream } from '../../src/engine/http.ts';
import { newRun } from '../../src/engine/runs.ts';
import { accountsOf } from '../../src/image/accounts.ts';
import { openImageTree } from '../../src/image/layout.ts';
import { openImage } from '../../src/image/open.ts';
import { builtImage } from '../engine/images.ts';
import { engine, IMAGE, skip } from '../example.ts';

/** The engine, and the same one as if it were on another machine. */
const places = [
  ['here', () => engine!],
  ['elsewhere', () => ({ ...engine!, mounted: async () => undefined })],
] as const;
for (const [place, engineAt] of places)
  test(`a directory of an image on an engine ${place} tells its files, programs, outputs and owners`, {
    skip,
  }, async () => {
    const image = await builtImage(
      engine!,
      'shipped',
      'RUN mkdir -p /srv/app/bin /srv/app/logs && echo hi > /srv/app/page.html && echo x > /srv/app/tool.jar' +
        ' && cp /bin/true /srv/app/bin/true && ln -s /dev/stdout /srv/app/logs/access.log && mkfifo /srv/app/pipe' +
        ' && ln -s page.html /srv/app/index && ln -s /nowhere /srv/app/dangling' +
        ' && chown -R 33:4 /srv/app && chmod 2750 /srv/app',
    );
    const run = newRun();
    const tree = await openImageTree(engineAt(), { name: image }, run);
    try {
      const { bytes, ...app } = (await tree.directory('/srv/app'))!;
      assert.deepEqual(app, {
        shippedFiles: 7,
        owner: { uid: 33, gid: 4, mode: 0o2750 },
        programs: ['bin/true', 'tool.jar'],
        outputs: ['logs/access.log'],
        names: ['bin/true', 'dangling', 'index', 'logs/access.log', 'page.html', 'pipe', 'tool.jar'],
      });
      const binary = (await tree.stat('/usr/bin/true'))!;
      assert.equal(bytes, binary.size + 'hi\n'.length + 'x\n'.length);
      assert.deepEqual([binary.type, binary.mode, binary.uid, binary.gid], ['file', 0o755, 0, 0]);
      assert.deepEqual(await tree.stat('/srv/app'), { type: 'directory', mode: 0o2750, uid: 33, gid: 4, size: 0 });
      assert.deepEqual(await tree.stat('/srv/app/page.html'), { type: 'file', mode: 0o644, uid: 33, gid: 4, size: 3 });
      assert.deepEqual(await tree.stat('/srv/app/pipe'), { type: 'other', mode: 0o644, uid: 33, gid: 4, size: 0 });
      assert.equal((await tree.stat('/'))?.uid, 0);
      assert.equal((await tree.stat('/srv/app/dangling'))?.type, 'symlink');
      assert.equal((await tree.stat('/srv/app/index'))?.type, 'symlink');
      assert.equal(await tree.stat('/srv/app/none'), undefined);
    } finally {
      await tree.close();
    }
    assert.deepEqual((await engine!.labelled(run)).containers, []);
  });

/** The example's image as the engine saves it. */
async function savedByEngine(folder: string): Promise<string> {
  const path = join(folder, 'image.tar');
  const address = addressOf(engine!.info.address, process.env);
  const name = encodeURIComponent(IMAGE);
  const response = await stream(address, { method: 'GET', path: `/images/${name}/get`, timeoutMs: 120_000 });
  assert.equal(response.statusCode, 200);
  await pipeline(response, createWriteStream(path));
  return path;
}

test('the layers of an image say of its files what the engine says', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-layers-'));
  const run = newRun();
  const byEngine = await openImageTree(engine!, { name: IMAGE }, run);
  try {
    const { image, tree } = await openImage(await savedByEngine(folder), IMAGE);
    const config = (await engine!.image(IMAGE))!;
    const comparable = ({ id: _, digests: __, ...rest }: typeof config) => rest;
    assert.deepEqual(comparable(image.config), comparable(config));
    const paths = [
      '/usr/sbin/nginx',
      '/etc/nginx/nginx.conf',
      '/bin/sh',
      '/tmp',
      '/var/www',
      '/etc/shadow',
      '/nowhere/x',
    ];
    const directories = ['/etc/nginx', '/var/cache/nginx', '/var/log', '/tmp', '/usr/share/nginx', '/usr/lib', '/run'];
    for (const path of [...paths, ...directories, '/var/run/nginx.pid', '/lib/../bin/ls', '/etc/../../tmp']) {
      const resolved = await tree.resolve(path);
      assert.equal(resolved, await byEngine.resolve(path), path);
      assert.deepEqual(await tree.stat(resolved), await byEngine.stat(resolved), path);
      assert.equal(await tree.isDirectory(resolved), await byEngine.isDirectory(resolved), path);
    }
    for (const path of directories) assert.deepEqual(await tree.directory(path), await byEngine.directory(path), path);
    for (const path of ['/etc/passwd', '/etc/nginx/nginx.conf', '/etc/nginx', '/bin/sh']) {
      assert.deepEqual(await tree.read(path, 5000), await byEngine.read(path, 5000), path);
    }
    assert.deepEqual(await accountsOf(tree), await accountsOf(byEngine));
  } finally {
    await byEngine.close();
    rmSync(folder, { recursive: true });
  }
});

/** An image's tree through the engine: what ships where, whose it is, and which of it is run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newRun } from '../../src/engine/runs.ts';
import { openImageTree } from '../../src/image/layout.ts';
import { builtImage } from '../engine/images.ts';
import { engine, skip } from '../example.ts';

test('a directory of an image tells its files, programs, outputs and owners', { skip }, async () => {
  const image = await builtImage(
    engine!,
    'shipped',
    'RUN mkdir -p /srv/app/bin /srv/app/logs && echo hi > /srv/app/page.html && echo x > /srv/app/tool.jar' +
      ' && cp /bin/true /srv/app/bin/true && ln -s /dev/stdout /srv/app/logs/access.log && mkfifo /srv/app/pipe' +
      ' && ln -s page.html /srv/app/index && ln -s /nowhere /srv/app/dangling' +
      ' && chown -R 33:4 /srv/app && chmod 2750 /srv/app',
  );
  const run = newRun();
  const tree = await openImageTree(engine!, { name: image }, run);
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

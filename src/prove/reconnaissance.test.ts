/** What the kernel says of a path, and what a container runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hands } from './attack.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { lookAround } from './reconnaissance.ts';
import { factsOf } from './statx.ts';

test('a kernel that does not tell the mount of a file proves nothing', () => {
  const statx = Buffer.alloc(256);
  statx.writeUInt32LE(0x17ff, 0);
  statx.writeUInt16LE(0o040755, 28);
  statx.writeBigUInt64LE(7n, 144);
  assert.deepEqual(factsOf(statx), { kind: 'directory', size: 0, mode: 0o755, uid: 0, gid: 0, mountId: 7 });
  statx.writeUInt32LE(0x07ff, 0);
  assert.throws(() => factsOf(statx), { code: 'cannot-prove' });
});

/** A probe that answers every call with 0 bytes or success, and knows which paths were asked for. */
function handsThatSee(asked: Set<string>): Hands {
  const zeros = Buffer.alloc(256);
  zeros.writeUInt32LE(0x17ff, 0);
  zeros.writeUInt16LE(0o100644, 28);
  return {
    probe: async (program) => {
      for (const { name, args } of program) if (name === 'statx') asked.add(String(args[1]));
      const written = Buffer.from('1 0 0:1 / / ro - overlay o ro\n');
      return { value: () => 0n, errno: () => null, bytes: () => zeros, written };
    },
    exec: () => assert.fail('nothing is run'),
    copyIn: () => assert.fail('nothing is copied'),
    removeCopied: () => assert.fail('nothing is removed'),
  };
}

test('the scripts that a container runs are looked for: those of the manifest, else of the image', async () => {
  const scriptsOf = async (container: object, image: object) => {
    const [made] = workloadOf({ containers: [{ name: 'a', image: 'a', ...container }] }).containers;
    const base = targetWith();
    const config = { ...base.image!, ...image };
    const asked = new Set<string>();
    const { scripts } = await lookAround({ ...base, container: made!, image: config }, [], handsThatSee(asked), 'none');
    for (const script of scripts) assert.ok(asked.has(script));
    return scripts;
  };
  const image = { entrypoint: ['node', 'server.js'], cmd: ['--port', '80'], workingDir: '/app' };
  assert.deepEqual(await scriptsOf({}, image), ['/app/server.js']);
  assert.deepEqual(await scriptsOf({}, { ...image, entrypoint: [], cmd: ['node', 'app.js'] }), ['/app/app.js']);
  assert.deepEqual(await scriptsOf({ args: ['x'] }, { ...image, entrypoint: ['sh'], cmd: ['a.sh'] }), ['/app/x']);
  assert.deepEqual(await scriptsOf({ command: ['sh', '/app/run.sh'] }, image), ['/app/run.sh']);
  assert.deepEqual(await scriptsOf({ workingDir: '/srv' }, image), ['/srv/server.js']);
  assert.deepEqual(await scriptsOf({ args: ['/data/app.db'] }, { entrypoint: ['db'], cmd: [], workingDir: '' }), []);
});

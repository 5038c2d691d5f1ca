/** Paths in a volume that a container has filled with links: nothing outside is found, made or changed. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import type { Failure } from '../failure.ts';
import type { Mount } from '../workload/workload.ts';
import type { IdRange } from './engine.ts';
import { exchangeable, findSubPath, type SubPath, uncertain } from './sub-path.ts';
import { chmodWithin } from './within.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'needs /proc' };

let home = '';
let volume = '';
let victim = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'petrify-within-'));
  volume = join(home, 'volume');
  victim = join(home, 'victim');
  for (const directory of [volume, victim]) mkdirSync(directory);
});
afterEach(() => rmSync(home, { recursive: true }));

const find = (path: string, ids?: IdRange) =>
  findSubPath(volume, path, { mountPath: '/data', readOnly: false } as Mount, ids);
const refused = (path: string, words: RegExp) =>
  assert.rejects(find(path), (error: Failure) => error.code === 'bad-manifest' && words.test(error.message), path);

it('makes what is missing with the volume’s mode, and says which directory it is', async () => {
  const { source, inode } = await find('a//./b/');
  assert.equal(source, join(volume, 'a/b'));
  assert.equal(inode, statSync(source, { bigint: true }).ino);
  assert.deepEqual(
    ['a', 'a/b'].map((path) => statSync(join(volume, path)).mode),
    [statSync(volume).mode, statSync(volume).mode],
  );
  assert.equal((await find('.')).source, volume);
});

it('makes it the pod’s root’s, in the group that the volume hands down', {
  skip: process.getuid?.() !== 0,
}, async () => {
  const ids = { first: 1_000_000, size: 65_536 };
  await find('plain/deep', ids);
  chownSync(volume, 0, 1_004_242);
  chmodSync(volume, 0o2777);
  await find('grouped/deep', ids);
  const owners = ['plain', 'plain/deep', 'grouped', 'grouped/deep'].map((path) => {
    const { uid, gid, mode } = statSync(join(volume, path));
    return [uid, gid, mode & 0o2000];
  });
  const plain = [1_000_000, 1_000_000, 0];
  const grouped = [1_000_000, 1_004_242, 0o2000];
  assert.deepEqual(owners, [plain, plain, grouped, grouped]);
});

it('follows links that stay inside, as those of a ConfigMap', async () => {
  mkdirSync(join(volume, '..data', 'sub'), { recursive: true });
  writeFileSync(join(volume, '..data', 'key'), 'x');
  symlinkSync('..data/key', join(volume, 'key'));
  symlinkSync('./sub/../key', join(volume, '..data', 'around'));
  assert.equal((await find('key')).source, join(volume, '..data/key'));
  assert.equal((await find('..data/around')).source, join(volume, '..data/key'));
});

it('makes and changes nothing outside, whatever is planted', async () => {
  symlinkSync(victim, join(volume, 'absolute'));
  symlinkSync('../victim', join(volume, 'relative'));
  symlinkSync('new/../../victim', join(volume, 'climbing'));
  symlinkSync('loop', join(volume, 'loop'));
  writeFileSync(join(volume, 'file'), '');
  for (const name of ['absolute', 'relative', 'climbing']) {
    await refused(name, /leaves its volume/);
    await refused(`${name}/pwned`, /leaves its volume/);
  }
  await refused('../victim/x', /leaves its volume/);
  await refused('loop/x', /too long/);
  await refused('file/x', /cannot be followed \(ENOTDIR\)/);
  await refused('nul\0', /cannot be followed/);
  await refused('n'.repeat(300), /cannot be followed \(ENAMETOOLONG\)/);
  await refused('d/'.repeat(300), /too long/);
  assert.deepEqual(readdirSync(victim), []);
});

it('changes a mode only below the root', ON_LINUX, async () => {
  mkdirSync(join(volume, 'own'));
  await chmodWithin(volume, '/own', 0o700);
  assert.equal(statSync(join(volume, 'own')).mode & 0o7777, 0o700);
  const before = statSync(victim).mode;
  symlinkSync(victim, join(volume, 'link'));
  await assert.rejects(chmodWithin(volume, '/link', 0o707), /leaves/);
  await assert.rejects(chmodWithin(volume, '/missing', 0o707), /ENOENT/);
  assert.equal(statSync(victim).mode, before);
  assert.equal(existsSync(join(volume, 'missing')), false);
});

it('tells which sub-paths somebody else could exchange', () => {
  const part = { source: '/p/v/a/b', target: '/data' } as SubPath;
  assert.equal(exchangeable([part], ['/p/v']), part);
  assert.equal(exchangeable([part], ['/p/v/a']), part);
  assert.equal(exchangeable([part], ['/p/v/a/b', '/p/v/c', '/p/other', '/p/v/a/b/c']), undefined);
  const below = { source: '/p/w/x', target: '/v/x' } as SubPath;
  const bind = (source: string, target: string) => ({ source, target, readOnly: true });
  assert.equal(uncertain([below], [bind('/p/v', '/v')], ['/p/v']), below);
  assert.equal(uncertain([below], [bind('/p/v', '/v')], ['/p/v/deep']), below);
  assert.equal(uncertain([below], [bind('/p/v', '/v'), bind('/p/w', '/w')], ['/p/w']), undefined);
});

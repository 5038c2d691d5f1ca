/** Files of a projected volume lie as the kubelet lays them, and impossible paths are refused as bad input. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import type { Failure } from '../failure.ts';
import { project } from './projection.ts';

const home = mkdtempSync(join(tmpdir(), 'petrify-projection-'));
after(() => rmSync(home, { recursive: true }));

let volumes = 0;
const place = async (...paths: string[]) => {
  volumes += 1;
  const directory = join(home, String(volumes));
  await project(
    directory,
    paths.map((path) => ({ path, data: Buffer.from(path), mode: 0o644 })),
  );
  return directory;
};

it('lays files out as the kubelet does', async () => {
  const directory = await place('a', 'b/c', './d', 'toString/x');
  for (const path of ['a', 'b/c', 'toString/x']) assert.equal(readFileSync(join(directory, path), 'utf8'), path);
  assert.equal(readFileSync(join(directory, '..data', 'd'), 'utf8'), './d');
});

for (const paths of [
  ['.'],
  ['./'],
  [''],
  ['a/'],
  ['..'],
  ['..data'],
  ['x/../../y'],
  ['/etc/passwd'],
  ['nul\0'],
  ['a', 'a/b'],
  ['a/b/c', 'a/b'],
  ['n'.repeat(256)],
  [`${'d/'.repeat(600)}x`],
]) {
  it(`refuses ${JSON.stringify(paths.map((path) => path.slice(0, 20)))}`, () =>
    assert.rejects(
      place(...paths),
      (error: Failure) => error.code === 'bad-manifest' && /cannot be at/.test(error.message),
    ));
}

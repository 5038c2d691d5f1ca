/** Who can get to a directory: a volume that nobody can enter is of no use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { canReach } from './knowledge.ts';

const directories: Record<string, { uid: number; gid: number; mode: number }> = {
  '/root': { uid: 0, gid: 0, mode: 0o700 },
  '/srv': { uid: 0, gid: 0, mode: 0o755 },
  '/home/app': { uid: 1000, gid: 1000, mode: 0o750 },
};
const layout = {
  resolve: (path: string) => path,
  directory: (path: string) => (directories[path] ? shippedDirectory(0, { owner: directories[path] }) : undefined),
};

const table: readonly (readonly [string, number, number, boolean])[] = [
  ['/root/.cache', 0, 0, true],
  ['/root/.cache', 65532, 65532, false],
  ['/root/a/b/c', 65532, 65532, false],
  ['/srv/data', 65532, 65532, true],
  ['/home/app/x', 1000, 5, true],
  ['/home/app/x', 5, 1000, true],
  ['/home/app/x', 5, 5, false],
  ['/nowhere/known', 5, 5, true],
];

for (const [path, uid, gid, expected] of table) {
  test(`user ${uid} in group ${gid} ${expected ? 'reaches' : 'does not reach'} ${path}`, () => {
    assert.equal(canReach(layout, path, { uid, gid }), expected);
  });
}

/** Accounts as containerd reads them from hostile or ordinary files, and the groups that a request gets of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAccounts } from './accounts.ts';
import type { ContainerRequest } from './engine.ts';
import { withGroups } from './group-memberships.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
app:x:101:33:,,,:/srv/app:/usr/sbin/nologin
twin:x:101:34::/home/twin:/bin/sh
homeless:x:7:8
bad:x:-1:0::/:
broken
huge:x:99999999999:1::/:
:x:5:5::/:
__proto__:x:6:6::/:/bin/sh\r
`;
const group = `root:x:0:
app:x:104:app
www-data:x:33:app,root
certs:x:103:twin,app,,nobody
adm:x:4:app
bad:x:x:app
adm:x:4:app
`;

test('users with the groups that list them, a group of the own name excepted', () => {
  assert.deepEqual(
    readAccounts(passwd, group).map(({ name, uid, gid, home, shell, groups }) => [name, uid, gid, home, shell, groups]),
    [
      ['root', 0, 0, '/root', '/bin/bash', [33]],
      ['app', 101, 33, '/srv/app', '/usr/sbin/nologin', [4, 33, 103]],
      ['twin', 101, 34, '/home/twin', '/bin/sh', [103]],
      ['homeless', 7, 8, '/', '', []],
      ['__proto__', 6, 6, '/', '/bin/sh', []],
    ],
  );
});

test('no text makes it throw or grow without bound', () => {
  const line = fc.stringMatching(/^[a-c:,0-9\n]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(line, fc.string()), fc.oneof(line, fc.string()), (users, groups) => {
      for (const { uid, gid } of readAccounts(users, groups)) {
        assert.ok(Number.isInteger(uid) && uid >= 0 && uid < 2 ** 32 - 1);
        assert.ok(Number.isInteger(gid) && gid >= 0 && gid < 2 ** 32 - 1);
      }
    }),
  );
  assert.equal(readAccounts('a:x:1:1::/:\n'.repeat(5000), '').length, 1000);
  const many = Array.from({ length: 5000 }, (_, at) => `g${at}:x:${at}:a`).join('\n');
  assert.equal(readAccounts('a:x:1:1::/:', many)[0]!.groups.length, 1000);
});

const table: [string, number[], boolean, string, number[]][] = [
  ['101:103', [7], false, '101:103', [7, 4, 33]],
  ['101:50', [4], false, '101:50', [4, 33, 103]],
  ['app:50', [], false, 'app:50', [4, 33, 103]],
  ['999:50', [7], false, '999:50', [7]],
  ['0:5', [], false, '0:5', [33]],
  ['101', [7], true, '101:33', [7]],
  ['twin', [], true, 'twin:34', []],
  ['999', [], true, '999:0', []],
];
for (const [user, groups, strict, expected, more] of table) {
  test(`${user} with groups ${groups} under ${strict ? 'Strict' : 'Merge'} runs as ${expected} with ${more}`, () => {
    const settled = withGroups({ user, groups } as unknown as ContainerRequest, readAccounts(passwd, group), strict);
    assert.deepEqual([settled.user, settled.groups], [expected, more]);
  });
}

/** Lists of files, as GNU's and busybox's tools print them, and what differs between two. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fileChanges, type ListedFile, parseFileList, parseLinks } from './file-list.ts';

const ROOT = { uid: 0, gid: 0 };
const NGINX = { uid: 101, gid: 101 };

const before = parseFileList(
  [
    '41ed 0 0 4096 1700000000 /',
    '41ed 0 0 4096 1700000000 /etc',
    '81a4 0 0 100 1700000000 /etc/conf',
    '81a4 0 0 100 1700000000 /etc/gone',
    'a1ff 0 0 4 1700000000 /var/run',
    '41c0 0 0 4096 1700000000 /root',
    '81a4 0 0 5 1700000000 /root/.bashrc',
    '43ff 0 0 4096 1700000000 /tmp',
    '',
  ].join('\n'),
);

test('types and modes are read', () => {
  assert.deepEqual(before.get('/tmp'), {
    type: 'directory',
    mode: 0o1777,
    uid: 0,
    gid: 0,
    size: 4096,
    modified: 1.7e9,
  });
  assert.equal(before.get('/var/run')?.type, 'symlink');
  assert.equal(before.get('/etc/conf')?.type, 'file');
});

test('what was added, changed, given away and deleted; a directory’s time says nothing', () => {
  const now = parseFileList(
    [
      '41ed 0 0 4096 1800000000 /',
      '41ed 0 0 4096 1800000000 /etc',
      '81a4 0 0 100 1800000000 /etc/conf',
      'a1ff 0 0 4 1700000000 /var/run',
      '41c0 101 0 4096 1700000000 /root',
      '81a4 0 0 5 1700000000 /root/.bashrc',
      '43ff 0 0 4096 1800000000 /tmp',
      '81a4 101 101 0 1800000000 /tmp/a b',
    ].join('\n'),
  );
  assert.deepEqual(fileChanges(before, now, ROOT), [
    { path: '/etc/conf', kind: 'modified' },
    { path: '/etc/gone', kind: 'deleted' },
    { path: '/root', kind: 'modified' },
    { path: '/tmp/a b', kind: 'added' },
  ]);
});

test('what a user cannot look into has not been deleted', () => {
  const now = new Map([...before].filter(([path]) => path !== '/root/.bashrc'));
  assert.deepEqual(fileChanges(before, now, NGINX), []);
  assert.deepEqual(fileChanges(before, now, ROOT), [{ path: '/root/.bashrc', kind: 'deleted' }]);
});

test('what is no line of a list is passed over; links with line breaks are left out', () => {
  assert.equal(parseFileList('find: /x: Permission denied\n81a4 0 0 1 1 /a\nb\n81a4 x 0 1 1 /c').size, 1);
  assert.deepEqual(
    [...parseLinks('/var/run\n/run\n/a\nb\n')],
    [
      ['/var/run', '/run'],
      ['/a', 'b'],
    ],
  );
  assert.equal(parseLinks('/a\nb\nc\n/d\n').size, 0);
});

test('a list differs from itself in nothing, and turned round every addition is a deletion for root', () => {
  const file = fc.record<ListedFile>({
    type: fc.constantFrom('file', 'symlink', 'other'),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.nat(9),
    gid: fc.nat(9),
    size: fc.nat(9),
    modified: fc.nat(9),
  });
  const list = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), file).map((files) => {
    const root: ListedFile = { type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, modified: 0 };
    return new Map([['/', root], ...Object.entries(files).map(([name, one]) => [`/${name}`, one] as const)]);
  });
  fc.assert(
    fc.property(list, list, (one, other) => {
      assert.deepEqual(fileChanges(one, one, ROOT), []);
      const paths = (kind: string, changes: ReturnType<typeof fileChanges>) =>
        changes.filter((change) => change.kind === kind).map(({ path }) => path);
      const there = fileChanges(one, other, ROOT);
      const back = fileChanges(other, one, ROOT);
      assert.deepEqual(paths('added', there), paths('deleted', back));
      assert.deepEqual(paths('modified', there), paths('modified', back));
    }),
  );
});

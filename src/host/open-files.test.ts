/** What is held open for writing, by a real process of this machine and by what others have printed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { parseFileList } from './file-list.ts';
import { OPEN_FILES, openChanges } from './open-files.ts';

const FILES = parseFileList('81a4 0 0 0 1700000000 /var/log/error.log\n41ed 0 0 0 1700000000 /var/log\n');

test('a file of the list is open, one without a name was made; nothing else is a file', () => {
  const printed = [
    '/var/log/error.log',
    '/var/log/error.log',
    '/tmp/.lock (deleted)',
    '/var/log',
    '/on/a/volume',
    '/dev/null',
    '/dev/zero (deleted)',
    '/memfd:x (deleted)',
    '/SYSV00000000 (deleted)',
    'pipe:[1]',
    'socket:[2]',
    '',
  ];
  assert.deepEqual(openChanges(printed.join('\n'), FILES), [
    { path: '/var/log/error.log', kind: 'opened' },
    { path: '/tmp/.lock', kind: 'added' },
  ]);
});

test('a shell finds its own open files, and not those that it only reads', {
  skip: !existsSync('/proc/self/fdinfo'),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-open-'));
  try {
    for (const name of ['appended', 'both', 'read', 'gone']) writeFileSync(join(folder, name), '');
    const open = `cd ${folder}; exec 5>>appended 6<>both 7<read 8>gone; rm gone; ${OPEN_FILES}`;
    const { stdout } = spawnSync('sh', ['-c', open], { encoding: 'utf8' });
    const mine = stdout.split('\n').filter((line) => line.startsWith(folder));
    assert.deepEqual([...new Set(mine)].sort(), [
      join(folder, 'appended'),
      join(folder, 'both'),
      `${join(folder, 'gone')} (deleted)`,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Where the paths of system calls lie, and whether something is there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CallRecord, KEY } from './record.ts';
import { isMissing, resolvePath } from './resolve.ts';
import { CALLS } from './table.ts';

const LINKS: Readonly<Record<string, string>> = {
  cwd: '/var/lib/app',
  root: '/',
  'fd/5': '/etc/app',
  'fd/6': 'socket:[17]',
  'fd/7': '/run/gone (deleted)',
};

function resolved(name: string, path: string, directory = -100, links: Readonly<Record<string, string>> = LINKS) {
  const first = Buffer.alloc(KEY.second - KEY.first);
  first.write(path);
  const record = { first, directory, a: 0n, b: 110n, second: '' } as Partial<CallRecord> as CallRecord;
  return resolvePath(
    record,
    CALLS.find((call) => call.name === name)!,
    (link) => links[link],
    () => '/fallback',
  );
}

test('absolute, relative, below a descriptor, the descriptor itself', () => {
  assert.equal(resolved('mkdir', '/srv//a/../x/'), '/srv/x');
  assert.equal(resolved('mkdir', 'x'), '/var/lib/app/x');
  assert.equal(resolved('openat', '../x'), '/var/lib/x');
  assert.equal(resolved('openat', 'x', 5), '/etc/app/x');
  assert.equal(resolved('openat', '/x', 5), '/x');
  assert.equal(resolved('openat', 'x', 7), '/run/gone/x');
  assert.equal(resolved('openat', 'x', 9), undefined, 'closed again: nobody knows');
  assert.equal(resolved('fchown', '', 5), '/etc/app');
  assert.equal(resolved('fchown', '', 6), undefined, 'a socket has no path');
  assert.equal(resolved('setuid', ''), undefined);
});

test('a process with a root of its own; one that is gone', () => {
  assert.equal(resolved('mkdir', '/run/x', -100, { root: '/srv/jail' }), '/srv/jail/run/x');
  assert.equal(resolved('mkdir', '/run/x', -100, {}), '/run/x');
  assert.equal(resolved('mkdir', 'x', -100, {}), '/fallback/x');
});

test('what is missing below a root, with links as the container follows them', () => {
  const root = mkdtempSync(join(tmpdir(), 'petrify-missing-'));
  try {
    mkdirSync(join(root, 'run'));
    mkdirSync(join(root, 'var'));
    writeFileSync(join(root, 'run/here'), '');
    symlinkSync('/run', join(root, 'var/run'));
    symlinkSync('/nowhere', join(root, 'run/dangling'));
    symlinkSync('loop', join(root, 'loop'));
    assert.equal(isMissing(root, '/var/run/here'), false, 'an absolute link starts at the container’s root');
    assert.equal(isMissing(root, '/var/run/gone'), true);
    assert.equal(isMissing(root, '/run/dangling'), false, 'the link itself would be removed');
    assert.equal(isMissing(root, '/run/dangling/x'), true);
    assert.equal(isMissing(root, '/../run/here'), false);
    assert.equal(isMissing(root, '/loop/x'), false, 'not known: not missing');
    assert.equal(isMissing(join(root, 'no-process'), '/x'), false, 'not known: not missing');
  } finally {
    rmSync(root, { recursive: true });
  }
});

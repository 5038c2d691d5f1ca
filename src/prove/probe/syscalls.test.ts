/** The numbers of the system calls are those of the kernel's own headers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SYSCALL_NAMES, syscallNumber } from './syscalls.ts';

test('every call has the numbers of the headers, on both architectures', () => {
  const rows = readFileSync(new URL('./fixtures/syscalls.tsv', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
  const headers = new Map(rows.map(([name, x64, arm64]) => [name, [Number(x64), Number(arm64)]]));
  assert.ok(SYSCALL_NAMES.length > 60 && headers.size > 250);
  for (const name of SYSCALL_NAMES) {
    assert.deepEqual([syscallNumber(name, 'x64'), syscallNumber(name, 'arm64')], headers.get(name), name);
  }
});

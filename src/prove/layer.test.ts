/** Which layer refused a call: by errno, call, and what was found out about the container before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetWith } from './fixtures/target.ts';
import { hasCapability, layerOf } from './layer.ts';
import { call } from './probe/program.ts';
import { AT_FDCWD } from './probe/syscalls.ts';
import type { Target } from './target.ts';

const SYS_ADMIN = 1n << 21n;
const DAC_OVERRIDE = 1n << 1n;
const create = call('openat', AT_FDCWD, '/etc/x', 0);
const mount = call('mount', 'none', '/', '', 0, 0);
const run = call('execve', '/scratch/x', ['x'], []);

const layer = (errno: string, of: typeof create, changes: Partial<Target> = {}, needs?: string) =>
  layerOf(errno, of, targetWith(changes), needs);

test('a read-only mount and permissions are told by the errno', () => {
  assert.equal(layer('EROFS', create), 'read-only mount');
  assert.equal(layer('EACCES', create), 'permission');
  assert.equal(layer('EPERM', create), 'permission', 'chmod of what belongs to somebody else');
  assert.equal(layer('ENOSPC', create), null);
});

test('a filter is asked before everything else', () => {
  const filtered = new Set(['mount' as const]);
  assert.equal(layer('EPERM', mount, { filtered }, 'SYS_ADMIN'), 'seccomp');
  assert.equal(layer('ENOSYS', mount, { filtered }, 'SYS_ADMIN'), 'seccomp');
  assert.equal(layer('ENOSYS', mount, {}, 'SYS_ADMIN'), null);
});

test('EPERM for want of a capability, in a user namespace, by a module, by the kernel’s own setting', () => {
  assert.equal(layer('EPERM', mount, {}, 'SYS_ADMIN'), 'capability');
  const capabilities = SYS_ADMIN;
  assert.equal(layer('EPERM', mount, { capabilities, userNamespace: true }, 'SYS_ADMIN'), 'user namespace');
  assert.equal(
    layer('EPERM', mount, { userNamespace: true }, 'SYS_ADMIN'),
    'capability',
    'it has none to be asked for',
  );
  assert.equal(layer('EPERM', mount, { capabilities, lsm: 'docker-default (enforce)' }, 'SYS_ADMIN'), 'LSM');
  assert.equal(layer('EPERM', mount, { capabilities }, 'SYS_ADMIN'), 'kernel setting');
});

test('EACCES of an execution is the mount’s noexec, by the innermost mount', () => {
  const mounts = targetWith().mounts;
  const scratch = { ...mounts[0]!, id: 90, path: '/scratch', options: ['rw', 'noexec'] };
  assert.equal(layer('EACCES', run, { mounts: [...mounts, scratch] }), 'noexec mount');
  assert.equal(layer('EACCES', run), 'permission');
  const inner = { ...scratch, id: 91, options: ['rw'] };
  assert.equal(layer('EACCES', run, { mounts: [...mounts, scratch, inner] }), 'permission', 'the last mount counts');
  const beside = { ...scratch, path: '/scratc' };
  assert.equal(layer('EACCES', run, { mounts: [...mounts, beside] }), 'permission');
});

test('EACCES for one who may overrule permissions is a security module', () => {
  assert.equal(layer('EACCES', create, { capabilities: DAC_OVERRIDE, lsm: 'confined' }), 'LSM');
  assert.equal(layer('EACCES', create, { capabilities: DAC_OVERRIDE }), 'permission');
  assert.equal(layer('EACCES', create, { lsm: 'confined' }), 'permission');
  const inNamespace = { capabilities: DAC_OVERRIDE, lsm: 'confined', userNamespace: true };
  assert.equal(layer('EACCES', create, inNamespace), 'permission', 'files of others are not its own there');
  const confined = { capabilities: DAC_OVERRIDE, lsm: 'confined' };
  assert.equal(layer('EACCES', run, confined), 'permission', 'even root executes nothing without a mode bit');
});

test('capabilities are known by name; another name is a defect', () => {
  assert.ok(hasCapability({ capabilities: SYS_ADMIN }, 'SYS_ADMIN'));
  assert.ok(!hasCapability({ capabilities: SYS_ADMIN }, 'MKNOD'));
  assert.throws(() => hasCapability({ capabilities: 0n }, 'CAP_MKNOD'), /CAP_MKNOD/);
});

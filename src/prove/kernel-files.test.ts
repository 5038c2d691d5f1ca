/** Opening the kernel's files for writing: what is remounted for it, and put back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetWith } from './fixtures/target.ts';
import { bothWays, openForWriting } from './kernel-files.ts';
import { type MountPoint, mountAround, mountFlags } from './mounts.ts';
import { everyCall } from './probe/program.ts';
import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REMOUNT, O_WRONLY } from './probe/syscalls.ts';

const PATH = '/proc/sys/kernel/core_pattern';
const RUNTIMES = MS_NOSUID | MS_NODEV | MS_NOEXEC;

const withOptions = (options: readonly string[]) => ({
  mounts: targetWith().mounts.map((mount): MountPoint => (mount.path === '/proc/sys' ? { ...mount, options } : mount)),
});

test('a container opens it as it is, and nothing is ever written', () => {
  const { program, decisive } = openForWriting(targetWith(), 'x', PATH);
  assert.deepEqual(
    program.map(({ name }) => name),
    ['openat', 'close'],
  );
  assert.deepEqual(program[0]!.args.slice(1), [PATH, O_WRONLY]);
  assert.deepEqual(decisive, [program[0]]);
});

test('a twin makes the mount above it writable first, keeps its other flags, and puts it back', () => {
  const twin = targetWith({ twin: true, ...withOptions(['ro', 'nosuid', 'nodev', 'noexec', 'relatime']) });
  const { program, decisive } = openForWriting(twin, 'x', PATH);
  const flags = program.filter(({ name }) => name === 'mount').map(({ args }) => [args[1], args[3]]);
  assert.deepEqual(flags, [
    ['/proc/sys', MS_REMOUNT | MS_BIND | RUNTIMES],
    ['/proc/sys', MS_REMOUNT | MS_BIND | RUNTIMES | MS_RDONLY],
  ]);
  assert.deepEqual(
    decisive.map(({ name }) => name),
    ['mount', 'openat'],
  );
});

test('both ways where a read-only mount covers it, one way where none does', () => {
  const covered = bothWays(targetWith(withOptions(['ro'])), 'core', PATH);
  assert.deepEqual(
    covered.tries.map(({ place }) => place),
    ['core', 'core,remount'],
  );
  const open = bothWays(targetWith(withOptions(['rw'])), 'core', PATH);
  assert.deepEqual(
    [open.tries, open.skipped].map((each) => each.map(({ place }) => place)),
    [['core'], ['core,remount']],
  );
  for (const each of [...covered.tries, ...open.tries]) {
    assert.ok('program' in each);
    assert.equal(
      everyCall(each.program).some(({ name }) => name === 'write'),
      false,
    );
  }
});

test('in a user namespace the owner of the file is somebody else', () => {
  const userNamespace = targetWith({ userNamespace: true });
  assert.deepEqual(openForWriting(userNamespace, 'x', PATH).layers, { EACCES: 'user namespace' });
  assert.equal(openForWriting(targetWith(), 'x', PATH).layers, undefined);
});

test('the innermost mount around a path counts, and of several on one path the last', () => {
  const { mounts } = targetWith();
  const pathsOf = (path: string) => mountAround(mounts, path).path;
  assert.equal(pathsOf('/proc/sys/vm/swappiness'), '/proc/sys');
  assert.equal(pathsOf('/proc/system'), '/proc');
  assert.equal(pathsOf('/proc'), '/proc');
  assert.equal(pathsOf('/etc'), '/');
  const hiding = { ...mounts[0]!, id: 99, path: '/proc' };
  assert.equal(mountAround([...mounts, hiding], '/proc/x').id, 99);
  assert.throws(() => mountAround([], '/x'), /without a root/);
});

test('the flags of a mount are those that a remount must name', () => {
  assert.equal(mountFlags({ options: ['rw', 'relatime'] }), 0);
  assert.equal(mountFlags({ options: ['ro', 'nosuid', 'nodev', 'noexec', 'relatime'] }), RUNTIMES | MS_RDONLY);
});

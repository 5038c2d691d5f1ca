/** Nodes of one's own: with which numbers they are made, what is asked of them, and who refuses to open them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askForDevice, deviceNumber, KERNEL_LOG, openDevice, READ, READ_AND_WRITE, tryGivenDevice } from './devices.ts';
import { targetWith } from './fixtures/target.ts';
import { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, S_IFBLK, S_IFCHR, W_OK } from './probe/syscalls.ts';

const NODE = '/dev/petrify-0123456789ab-log';

test('a node is made, asked for and removed, and both decide', () => {
  const { program, decisive, needs } = askForDevice(targetWith(), 'log', KERNEL_LOG, READ);
  assert.deepEqual(
    program.map(({ name, args }) => [name, ...args.slice(1)]),
    [
      ['mknodat', NODE, S_IFCHR | 0o600, 0x10b],
      ['faccessat', NODE, READ],
      ['unlinkat', NODE, 0],
    ],
  );
  assert.deepEqual([decisive, needs], [program.slice(0, 2), 'MKNOD']);
});

test('before a node is opened it is asked whether it may be, in the same way', () => {
  const ways = [
    [O_RDONLY, READ],
    [O_WRONLY, W_OK],
    [O_RDWR | O_NONBLOCK, READ_AND_WRITE],
  ] as const;
  for (const [flags, mode] of ways) {
    const { program, decisive } = openDevice(targetWith(), 'log', KERNEL_LOG, flags);
    const [made, asked, opened] = program;
    assert.deepEqual([asked!.args[2], opened!.args[2]], [mode, flags]);
    assert.deepEqual(decisive, [made, asked, opened]);
    assert.equal(program.at(-1)!.name, 'unlinkat');
  }
  const given = tryGivenDevice(targetWith(), 'disk', '/dev/vda', O_RDONLY);
  assert.deepEqual(
    given.decisive.map(({ name }) => name),
    ['faccessat', 'openat'],
  );
  assert.deepEqual(
    tryGivenDevice(targetWith(), 'disk', '/dev/vda').program.map(({ name }) => name),
    ['faccessat'],
  );
});

test('who asks is refused by the device cgroup, who opens by something else', () => {
  const layersOf = (changes: object) => askForDevice(targetWith(changes), 'log', KERNEL_LOG, READ).layers;
  const asked = { 'faccessat EPERM': 'device cgroup' };
  assert.deepEqual(layersOf({}), { ...asked, 'openat EPERM': 'kernel setting' });
  assert.deepEqual(layersOf({ lsm: 'confined' }), { ...asked, 'openat EPERM': 'LSM' });
  assert.deepEqual(layersOf({ userNamespace: true }), {
    ...asked,
    'openat EPERM': 'kernel setting',
    'faccessat EACCES': 'user namespace',
  });
});

test('the numbers of a device as the kernel packs them', () => {
  assert.equal(deviceNumber({ type: S_IFBLK, major: 254, minor: 0 }), 0xfe00);
  assert.equal(deviceNumber({ type: S_IFBLK, major: 8, minor: 0x1ff }), 0x1008ff);
});

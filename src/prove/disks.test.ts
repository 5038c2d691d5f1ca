/** Which lines of the kernel's list of partitions name a disk that may be opened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceNumber } from './devices.ts';
import { diskIn } from './disks.ts';
import { S_IFBLK } from './probe/syscalls.ts';

const listOf = (...lines: readonly string[]) => `major minor  #blocks  name\n\n${lines.join('\n')}\n`;

test('the first disk of a known kind counts, whatever its number', () => {
  const list = listOf('   7        0       1024 loop0', '  11        0    1048575 sr0', ' 254       16  268435456 vdb');
  assert.deepEqual(diskIn(list), { type: S_IFBLK, major: 254, minor: 16 });
  assert.deepEqual(diskIn(listOf(' 259        0  500107608 nvme0n1')), { type: S_IFBLK, major: 259, minor: 0 });
  for (const name of ['sda', 'sdab', 'xvda', 'mmcblk0', 'nvme10n2']) {
    assert.equal(diskIn(listOf(`   8  0  1 ${name}`))?.major, 8, name);
  }
});

test('nothing else is a disk that may be opened: not a tape, a tray, a network, memory, nor what is no line', () => {
  for (const name of [
    'sr0',
    'st0',
    'fd0',
    'nbd0',
    'ram0',
    'zram0',
    'loop0',
    'dm-0',
    'md0',
    'watchdog',
    'sda/../x',
    'rbd0',
  ]) {
    assert.equal(diskIn(listOf(` 8 0 1 ${name}`)), undefined, name);
  }
  for (const line of [
    '',
    '8 0 sda',
    'x 0 1 sda',
    ' 8 0 1 sda extra',
    ' 4096 0 1 sda',
    ' 8 1048576 1 sda',
    ' 8 99999999 1 sda',
  ]) {
    assert.equal(diskIn(listOf(line)), undefined, line);
  }
  assert.equal(diskIn(''), undefined);
  assert.equal(diskIn(listOf(...Array.from({ length: 5000 }, () => ' 1 0 1 ram0'), ' 8 0 1 sda')), undefined);
});

test('numbers of devices are packed as mknod takes them', () => {
  const number = (major: number, minor: number) => deviceNumber({ type: S_IFBLK, major, minor });
  // As glibc's makedev has it, in the low 32 bits.
  assert.equal(number(1, 3), 0x103);
  assert.equal(number(254, 0), 0xfe00);
  assert.equal(number(259, 300), 0x11032c);
});

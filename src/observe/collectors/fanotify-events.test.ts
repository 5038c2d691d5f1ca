/** Decoding against bytes that a kernel (6.18) gave for eight changes of one directory. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { decodeEvents, FAN } from './fanotify-events.ts';

const hex = readFileSync(new URL('../fixtures/fanotify-read.hex', import.meta.url), 'utf8');
const recorded = Buffer.from(hex.replaceAll('\n', ''), 'hex');

test('mkdir, create and write, chmod, rename, rmdir, delete and chmod of the directory itself', () => {
  const handle = '08000000010000000920ea0078541846';
  const events = decodeEvents(recorded).map(({ mask, name, directory, pid }) => {
    assert.equal(directory?.toString('hex'), handle);
    assert.ok(pid > 0);
    return [mask, name];
  });
  assert.deepEqual(events, [
    [FAN.CREATE | FAN.ONDIR, 'd'],
    [FAN.CREATE | FAN.MODIFY, 'nginx.pid'],
    [FAN.ATTRIB, 'nginx.pid'],
    [FAN.MOVED_FROM, 'nginx.pid'],
    [FAN.MOVED_TO, 'ü n'],
    [FAN.DELETE | FAN.ONDIR, 'd'],
    [FAN.DELETE, 'ü n'],
    [FAN.ATTRIB | FAN.ONDIR, '.'],
  ]);
});

test('an overflow event has no directory', () => {
  const event = Buffer.alloc(24);
  event.writeUInt32LE(24, 0);
  event.writeUInt8(3, 4);
  event.writeUInt16LE(24, 6);
  event.writeUInt32LE(FAN.Q_OVERFLOW, 8);
  event.writeInt32LE(-1, 16);
  assert.deepEqual(decodeEvents(event), [{ mask: FAN.Q_OVERFLOW, pid: 0, directory: undefined, name: '.' }]);
});

test('an event of another version of the interface is not read', () => {
  const other = Buffer.from(recorded);
  other.writeUInt8(4, 4);
  assert.deepEqual(decodeEvents(other), []);
});

test('a handle that is longer than its record, or than any of the kernel’s, is not taken', () => {
  const handleLength = 24 + 4 + 8;
  const tooLong = Buffer.from(recorded);
  tooLong.writeUInt32LE(100, handleLength);
  assert.equal(decodeEvents(tooLong)[0]?.directory, undefined);
  const record = Buffer.alloc(24 + 300);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt8(3, 4);
  record.writeUInt16LE(24, 6);
  record.writeUInt8(2, 24);
  record.writeUInt16LE(300, 26);
  record.writeUInt32LE(129, handleLength);
  assert.equal(decodeEvents(record)[0]?.directory, undefined);
  record.writeUInt32LE(128, handleLength);
  assert.equal(decodeEvents(record)[0]?.directory?.length, 8 + 128);
});

test('cut or broken bytes end the decoding, and never throw', () => {
  const whole = decodeEvents(recorded);
  fc.assert(
    fc.property(fc.nat(recorded.length), (length) => {
      const events = decodeEvents(recorded.subarray(0, length));
      assert.deepEqual(events, whole.slice(0, events.length));
    }),
  );
  fc.assert(
    fc.property(fc.nat(recorded.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(recorded);
      broken[at] = byte;
      assert.ok(decodeEvents(broken).length <= whole.length);
    }),
  );
});

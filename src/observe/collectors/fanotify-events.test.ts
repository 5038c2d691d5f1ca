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

/** The bytes that the kernel gets, against its own encoding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble, HELPER } from './assembler.ts';
import { enterProgram, exitProgram, MACHINES } from './programs.ts';

test('instructions are encoded as the kernel’s ABI has them, jumps count instructions', () => {
  const a = assemble();
  a.move(6, 1);
  a.load('u64', 7, 6, 8);
  a.map(1, 42);
  a.jumpIf('eq', 7, -13, 'end');
  a.store('u32', 10, -4, 7);
  a.storeNumber(10, -16, 5);
  a.load('u8', 2, 7, 40);
  a.call(HELPER.mapLookup);
  a.jumpUnlessEqual(1, 2, 'end');
  a.label('end');
  a.exit();
  assert.deepEqual(a.bytes().toString('hex').match(/.{16}/g), [
    'bf16000000000000',
    '7967080000000000',
    '181100002a000000',
    '0000000000000000',
    '15070500f3ffffff',
    '637afcff00000000',
    '7a0af0ff05000000',
    '7172280000000000',
    '8500000001000000',
    '5d21000000000000',
    '9500000000000000',
  ]);
});

test('a jump to nowhere is an error, not a program', () => {
  const a = assemble();
  a.jump('nowhere');
  assert.throws(() => a.bytes(), /no label nowhere/);
});

test('both machines get programs within the limit of older kernels', () => {
  const maps = {
    specs: 1,
    namespaces: 2,
    scratch: 3,
    pending: 4,
    refused: 5,
    succeeded: 6,
    parents: 7,
    directories: 8,
    queue: 9,
    lost: 10,
  };
  for (const machine of Object.values(MACHINES))
    assert.ok(enterProgram(maps, machine).length / 8 < 4096, 'BPF_MAXINSNS');
  assert.ok(exitProgram(maps).length / 8 < 4096);
});

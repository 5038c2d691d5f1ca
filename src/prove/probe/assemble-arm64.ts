/** arm64 instructions of a probe. */
import type { Machine } from './machine.ts';

const SP = 31;
const XZR = 31;
/** The register that takes the system call's number. */
const X8 = 8;
/** Results are stored with a 12-bit offset in units of 8 bytes. */
const LARGEST_SLOT = 4095 * 8;

function words(...instructions: readonly number[]): number[] {
  return instructions.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]);
}

/** movz for the lowest 16 bits, movk for each further part; movn where the value is a small negative number. */
function moveImmediate(register: number, value: bigint): number[] {
  const inverted = BigInt.asUintN(64, ~value);
  if (inverted < 1n << 16n) return words(0x92800000 + Number(inverted) * 32 + register);
  const part = (index: number) => Number((BigInt.asUintN(64, value) >> BigInt(16 * index)) & 0xffffn);
  const upper = [1, 2, 3].filter((index) => part(index) !== 0);
  return words(
    0xd2800000 + part(0) * 32 + register,
    ...upper.map((index) => 0xf2800000 + index * 0x200000 + part(index) * 32 + register),
  );
}

/** ldr or str between a register and `[sp, #offset]`. */
function withSlot(opcode: number, register: number, offset: number): number[] {
  if (offset > LARGEST_SLOT) throw new Error('the probe has more calls than arm64 can address in one instruction');
  return words(opcode + (offset / 8) * 1024 + SP * 32 + register);
}

/** add or sub of up to 24 bits in two instructions: the upper twelve bits, then the lower. */
function addTo(register: number, from: number, amount: number, opcode: number): number[] {
  const first = opcode + 0x400000 + (amount >>> 12) * 1024 + from * 32 + register;
  return words(first, opcode + (amount & 0xfff) * 1024 + register * 32 + register);
}
const ADD = 0x91000000;
const SUB = 0xd1000000;

export const arm64: Machine = {
  elfNumber: 183,
  enter: (bytes) => addTo(SP, SP, bytes, SUB),
  load(position, operand) {
    if ('pointer' in operand) return moveImmediate(position, BigInt(operand.pointer));
    if ('frameValue' in operand) return withSlot(0xf9400000, position, operand.frameValue); // ldr
    if ('frameAddress' in operand) return addTo(position, SP, operand.frameAddress, ADD);
    return moveImmediate(position, operand.immediate);
  },
  invoke: (syscall) => [...moveImmediate(X8, BigInt(syscall)), ...words(0xd4000001)], // svc #0
  store: (offset) => withSlot(0xf9000000, 0, offset), // str x0
  clear: (offset) => withSlot(0xf9000000, XZR, offset),
  skipUnlessZero: (bytes) => words(0xb5000000 + (bytes / 4 + 1) * 32), // cbnz x0
};

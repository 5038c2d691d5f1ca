/** x86-64 instructions of a probe. */
import type { Machine } from './machine.ts';

/** rdi, rsi, rdx, r10, r8, r9: the kernel's argument registers by number. */
const ARGUMENTS = [7, 6, 2, 10, 8, 9];
const REX_W = 0x48;

function little(value: number | bigint, bytes: 4 | 8): number[] {
  const unsigned = BigInt.asUintN(bytes * 8, BigInt(value));
  return Array.from({ length: bytes }, (_, index) => Number((unsigned >> BigInt(8 * index)) & 0xffn));
}

/** An instruction between a register and the frame: `[rsp + offset]`. */
function withFrame(opcode: number, register: number, offset: number): number[] {
  return [REX_W | ((register >> 3) << 2), opcode, 0x84 | ((register & 7) << 3), 0x24, ...little(offset, 4)];
}

/** mov r32, imm32, which clears the upper half. */
function moveUnsigned(register: number, value: number | bigint): number[] {
  return [...(register >= 8 ? [0x41] : []), 0xb8 | (register & 7), ...little(value, 4)];
}

function moveImmediate(register: number, value: bigint): number[] {
  const unsigned = BigInt.asUintN(64, value);
  if (unsigned < 1n << 32n) return moveUnsigned(register, unsigned);
  const rex = REX_W | (register >> 3);
  const signed = BigInt.asIntN(64, value);
  if (signed >= -(1n << 31n) && signed < 0n) return [rex, 0xc7, 0xc0 | (register & 7), ...little(signed, 4)];
  return [rex, 0xb8 | (register & 7), ...little(unsigned, 8)];
}

export const x64: Machine = {
  elfNumber: 62,
  enter: (bytes) => [REX_W, 0x81, 0xec, ...little(bytes, 4)], // sub rsp, bytes
  load(position, operand) {
    const register = ARGUMENTS[position]!;
    if ('pointer' in operand) return moveUnsigned(register, operand.pointer);
    if ('frameValue' in operand) return withFrame(0x8b, register, operand.frameValue); // mov register, [rsp + …]
    if ('frameAddress' in operand) return withFrame(0x8d, register, operand.frameAddress); // lea register, [rsp + …]
    return moveImmediate(register, operand.immediate);
  },
  invoke: (syscall) => [0xb8, ...little(syscall, 4), 0x0f, 0x05], // mov eax, number; syscall
  store: (offset) => withFrame(0x89, 0, offset), // mov [rsp + offset], rax
  clear: (offset) => [...withFrame(0xc7, 0, offset), ...little(0, 4)], // mov qword [rsp + offset], 0
  skipUnlessZero: (bytes) => [0x48, 0x85, 0xc0, 0x0f, 0x85, ...little(bytes, 4)], // test rax, rax; jnz
};

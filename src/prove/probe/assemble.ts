/** Assembles a program into a static ELF that makes its calls, writes every result to stdout, and exits. */
import { arm64 } from './assemble-arm64.ts';
import { x64 } from './assemble-x64.ts';
import { CODE_OFFSET, elf, LOAD_ADDRESS } from './elf.ts';
import type { Machine, Operand } from './machine.ts';
import { type Argument, type Call, type Frame, frameOf, type Program, type Structure } from './program.ts';
import { type Architecture, STDOUT, type SyscallName, syscallNumber } from './syscalls.ts';

export const MACHINES: Readonly<Record<Architecture, Machine>> = { x64, arm64 };
/** Data beyond this would change the length of arm64's pointers between the two passes. */
export const LARGEST_PROBE_BYTES = 0x10000;
const POINTER_BYTES = 8;
/** What a child exits with when its `execve` failed, as a shell says it. */
const CHILD_FAILED = 127;

/** The ELF of a program. It exits with `exitCode` after its report; a program without calls reports nothing. */
export function assemble(program: Program, architecture: Architecture, exitCode = 0): Buffer {
  const machine = MACHINES[architecture];
  // Where the data lies depends on the code's length alone, which does not depend on where the data lies.
  const { length } = emit(program, architecture, exitCode, LOAD_ADDRESS).code;
  const { code, data } = emit(program, architecture, exitCode, LOAD_ADDRESS + CODE_OFFSET + length);
  const file = elf(machine.elfNumber, Uint8Array.from(code), Uint8Array.from(data));
  if (file.length > LARGEST_PROBE_BYTES) throw new Error(`a probe of ${file.length} bytes is too large`);
  return file;
}

function emit(program: Program, architecture: Architecture, exitCode: number, dataAddress: number) {
  const machine = MACHINES[architecture];
  const frame = frameOf(program);
  const data = dataAt(dataAddress);

  const invoke = (name: SyscallName, operands: readonly Operand[]): number[] => [
    ...operands.flatMap((operand, position) => machine.load(position, operand)),
    ...machine.invoke(syscallNumber(name, architecture)),
  ];
  const make = (each: Call): number[] => {
    const operands = each.args.map((argument) => operandOf(argument, frame, data));
    const own = [...invoke(each.name, operands), ...machine.store(frame.slots.get(each)!)];
    if (each.child.length === 0) return own;
    // A successful execve never returns, so its slot must say 0 beforehand.
    const cleared = each.child.flatMap((inner) => machine.clear(frame.slots.get(inner)!));
    const child = [...each.child.flatMap(make), ...invoke('exit_group', [number(CHILD_FAILED)])];
    return [...cleared, ...own, ...machine.skipUnlessZero(child.length), ...child];
  };

  const wholeFrame = [number(STDOUT), { frameAddress: 0 }, number(frame.size)];
  const code = [
    ...(frame.size === 0 ? [] : machine.enter(frame.size)),
    ...program.flatMap(make),
    ...(frame.size === 0 ? [] : invoke('write', wholeFrame)),
    ...invoke('exit_group', [number(exitCode)]),
  ];
  return { code, data: data.bytes };
}

function number(value: number): Operand {
  return { immediate: BigInt(value) };
}

function operandOf(argument: Argument, frame: Frame, data: Data): Operand {
  if (typeof argument === 'number' || typeof argument === 'bigint') return { immediate: BigInt(argument) };
  if (typeof argument === 'string') return { pointer: data.text(argument) };
  if (argument instanceof Uint8Array) return { pointer: data.put(argument) };
  if ('resultOf' in argument) return { frameValue: frame.slots.get(argument.resultOf)! };
  if ('output' in argument) return { frameAddress: frame.outputs.get(argument)! };
  if ('fields' in argument) return { pointer: data.structure(argument.fields) };
  return { pointer: data.list(argument) };
}

type Data = ReturnType<typeof dataAt>;

/** The constants of a program, placed one behind the other from `start` on; each method answers with an address. */
function dataAt(start: number) {
  const bytes: number[] = [];
  const texts = new Map<string, number>();
  const put = (content: Iterable<number>): number => {
    const address = start + bytes.length;
    for (const byte of content) bytes.push(byte);
    return address;
  };
  const text = (value: string): number => {
    if (value.includes('\0')) throw new Error('a string of a probe holds a NUL, which the kernel would cut it at');
    const address = texts.get(value) ?? put(Buffer.from(`${value}\0`));
    texts.set(value, address);
    return address;
  };
  const list = (values: readonly string[]): number => {
    const pointers = Buffer.alloc((values.length + 1) * POINTER_BYTES);
    for (const [index, value] of values.entries())
      pointers.writeBigUInt64LE(BigInt(text(value)), index * POINTER_BYTES);
    return put(pointers);
  };
  const structure = (fields: Structure['fields']): number => {
    const field = (value: Structure['fields'][number]): bigint => {
      if (typeof value === 'string') return BigInt(text(value));
      return typeof value === 'object' ? BigInt(put(value)) : BigInt.asUintN(64, BigInt(value));
    };
    const content = Buffer.alloc(fields.length * POINTER_BYTES);
    for (const [index, value] of fields.entries()) content.writeBigUInt64LE(field(value), index * POINTER_BYTES);
    return put(content);
  };
  return { bytes, put, text, list, structure };
}

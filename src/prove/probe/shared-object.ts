/** Builds the smallest shared object that a dynamic loader takes: it ends the process that loads it. */
import { MACHINES } from './assemble.ts';
import { type Architecture, syscallNumber } from './syscalls.ts';

const FILE_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** An interpreter, two segments to load, the dynamic section, and a stack that is not executable. */
const PROGRAM_HEADERS = 5;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const READ = 4;
const WRITE = 2;
const EXECUTE = 1;
/** The largest page of the two architectures; the second segment is mapped one such page further. */
const PAGE = 0x10000;
const WORD = 8;
const SYMBOL_BYTES = 24;

const DT_HASH = 4;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_STRSZ = 10;
const DT_SYMENT = 11;
const DT_INIT = 12;

/**
 * A loader that maps it (as a preloaded library, or as the program that it was told to run) ends with `exitCode`: the code
 * is both its initialiser and its entry. Tables that glibc and musl insist on are there and empty.
 */
export function sharedObject(architecture: Architecture, exitCode: number): Buffer {
  const machine = MACHINES[architecture];
  const code = Uint8Array.from([
    ...machine.load(0, { immediate: BigInt(exitCode) }),
    ...machine.invoke(syscallNumber('exit_group', architecture)),
  ]);
  // One bucket and one chain, both empty: four words of 32 bits.
  const hash = Buffer.from(Uint32Array.of(1, 1, 0, 0).buffer);
  const symbols = Buffer.alloc(SYMBOL_BYTES);
  // The empty name first. A loader executes a program that names no loader instead of loading it, so some name must stand.
  const strings = Buffer.from('\0/\0\0\0\0\0\0');
  const start = FILE_HEADER_BYTES + PROGRAM_HEADERS * PROGRAM_HEADER_BYTES;
  const at = { hash: start, symbols: start + hash.length, strings: start + hash.length + SYMBOL_BYTES };
  const codeAt = at.strings + strings.length;
  const dynamicAt = Math.ceil((codeAt + code.length) / WORD) * WORD;
  const dynamic = words([
    ...[DT_HASH, at.hash, DT_SYMTAB, at.symbols, DT_STRTAB, at.strings, DT_STRSZ, 1, DT_SYMENT, SYMBOL_BYTES],
    ...[DT_INIT, codeAt, 0, 0],
  ]);
  const padding = Buffer.alloc(dynamicAt - codeAt - code.length);
  // glibc writes into the dynamic section, so it lies in a segment of its own.
  const writable = { offset: dynamicAt, address: PAGE + dynamicAt, size: dynamic.length };
  return Buffer.concat([
    fileHeader(machine.elfNumber, codeAt),
    programHeader(PT_INTERP, READ, { offset: at.strings + 1, address: at.strings + 1, size: 2 }, 1),
    programHeader(PT_LOAD, READ | EXECUTE, { offset: 0, address: 0, size: dynamicAt }, PAGE),
    programHeader(PT_LOAD, READ | WRITE, writable, PAGE),
    programHeader(PT_DYNAMIC, READ | WRITE, writable, WORD),
    programHeader(PT_GNU_STACK, READ | WRITE, { offset: 0, address: 0, size: 0 }, WORD),
    hash,
    symbols,
    strings,
    code,
    padding,
    dynamic,
  ]);
}

function words(values: readonly number[]): Buffer {
  const content = Buffer.alloc(values.length * WORD);
  for (const [index, value] of values.entries()) content.writeBigUInt64LE(BigInt(value), index * WORD);
  return content;
}

function fileHeader(machine: number, entry: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, 64 bit, little-endian, version 1
  header.writeUInt16LE(ET_DYN, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(entry), 24);
  header.writeBigUInt64LE(BigInt(FILE_HEADER_BYTES), 32);
  header.writeUInt16LE(FILE_HEADER_BYTES, 52);
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  header.writeUInt16LE(PROGRAM_HEADERS, 56);
  return header;
}

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function programHeader(type: number, flags: number, { offset, address, size }: Segment, alignment: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(flags, 4);
  for (const [index, value] of [offset, address, address, size, size, alignment].entries())
    header.writeBigUInt64LE(BigInt(value), 8 + index * WORD);
  return header;
}

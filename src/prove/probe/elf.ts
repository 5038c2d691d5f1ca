/** Wraps code and data into the smallest honest ELF: static, one segment, a stack that is not executable. */

/** Where the file is mapped: the customary address, below 4 GiB, so that every pointer fits into 32 bits. */
export const LOAD_ADDRESS = 0x400000;

const FILE_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PROGRAM_HEADERS = 2;
/** Code starts right behind the headers. */
export const CODE_OFFSET = FILE_HEADER_BYTES + PROGRAM_HEADERS * PROGRAM_HEADER_BYTES;

const ET_EXEC = 2;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const READ = 4;
const WRITE = 2;
const EXECUTE = 1;
/** The largest page of the two architectures (arm64 with 64 KiB pages). */
const SEGMENT_ALIGNMENT = 0x10000;
const STACK_ALIGNMENT = 16;

/** Where a header says how long the file is: `p_filesz` of the first segment. */
export const FILE_SIZE_OFFSET = FILE_HEADER_BYTES + 32;

/**
 * `machine` is ELF's number of the architecture: 62 for x86-64, 183 for arm64. `address` is where it is mapped, a multiple
 * of the largest page.
 */
export function elf(machine: number, code: Uint8Array, data: Uint8Array, address = LOAD_ADDRESS): Buffer {
  const size = CODE_OFFSET + code.length + data.length;
  return Buffer.concat([
    fileHeader(machine, address),
    programHeader(PT_LOAD, READ | EXECUTE, address, size),
    programHeader(PT_GNU_STACK, READ | WRITE, 0, 0),
    code,
    data,
  ]);
}

function fileHeader(machine: number, address: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, 64 bit, little-endian, version 1
  header.writeUInt16LE(ET_EXEC, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(address + CODE_OFFSET), 24); // entry
  header.writeBigUInt64LE(BigInt(FILE_HEADER_BYTES), 32); // program headers start here
  header.writeUInt16LE(FILE_HEADER_BYTES, 52);
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  header.writeUInt16LE(PROGRAM_HEADERS, 56);
  return header;
}

function programHeader(type: number, flags: number, address: number, size: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_BYTES);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(flags, 4);
  header.writeBigUInt64LE(BigInt(address), 16);
  header.writeBigUInt64LE(BigInt(address), 24);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeBigUInt64LE(BigInt(size), 40);
  header.writeBigUInt64LE(BigInt(type === PT_LOAD ? SEGMENT_ALIGNMENT : STACK_ALIGNMENT), 48);
  return header;
}

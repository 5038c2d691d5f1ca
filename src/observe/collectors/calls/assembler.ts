/** Assembles small eBPF programs: one line an instruction, jumps by label. The encoding is fixed by the kernel's ABI. */

/** r0 result, r1–r5 arguments, r6–r9 kept across calls, r10 the frame. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** The kernel's functions that our programs call, by their numbers in `enum bpf_func_id`. */
export const HELPER = {
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  currentPidTgid: 14,
  currentUidGid: 15,
  currentComm: 16,
  mapPush: 87,
  readUser: 112,
  readKernel: 113,
  readUserString: 114,
  namespacePidTgid: 120,
} as const;

const SIZES = { u64: 0x18, u32: 0x00 } as const;
const JUMPS = { eq: 0x15, ne: 0x55, sge: 0x75 } as const;
/** `BPF_PSEUDO_MAP_FD`: the immediate is a map's descriptor. */
const MAP_DESCRIPTOR = 1;

const INSTRUCTION_BYTES = 8;

/** A program being written. Every method appends; `bytes` resolves the labels. */
export interface Assembly {
  /** dst = number. */
  set(dst: Register, value: number): void;
  /** dst = src. */
  move(dst: Register, src: Register): void;
  add(dst: Register, value: number): void;
  addRegister(dst: Register, src: Register): void;
  and(dst: Register, value: number): void;
  shiftLeft(dst: Register, bits: number): void;
  shiftRight(dst: Register, bits: number): void;
  /** dst = *(src + offset). */
  load(size: keyof typeof SIZES | 'u8', dst: Register, src: Register, offset: number): void;
  /** *(dst + offset) = src. */
  store(size: keyof typeof SIZES, dst: Register, offset: number, src: Register): void;
  /** *(u64 *)(dst + offset) = value. */
  storeNumber(dst: Register, offset: number, value: number): void;
  /** dst = the map. */
  map(dst: Register, descriptor: number): void;
  call(helper: number): void;
  jump(label: string): void;
  /** Jumps when dst (signed) compares so to the number. */
  jumpIf(comparison: keyof typeof JUMPS, dst: Register, value: number, label: string): void;
  /** Jumps when the two differ. */
  jumpUnlessEqual(dst: Register, src: Register, label: string): void;
  label(name: string): void;
  exit(): void;
  /** The finished program. Throws for a label that is nowhere. */
  bytes(): Buffer;
}

/** An empty program. */
export function assemble(): Assembly {
  const instructions: Buffer[] = [];
  const labels = new Map<string, number>();
  const jumps: { at: number; label: string }[] = [];
  const emit = (code: number, dst: number, src: number, offset: number, immediate: number) => {
    const instruction = Buffer.alloc(INSTRUCTION_BYTES);
    instruction.writeUInt8(code, 0);
    instruction.writeUInt8(dst | (src << 4), 1);
    instruction.writeInt16LE(offset, 2);
    instruction.writeInt32LE(immediate, 4);
    instructions.push(instruction);
  };
  const emitJump = (code: number, dst: number, src: number, immediate: number, label: string) => {
    jumps.push({ at: instructions.length, label });
    emit(code, dst, src, 0, immediate);
  };
  return {
    set: (dst, value) => emit(0xb7, dst, 0, 0, value),
    move: (dst, src) => emit(0xbf, dst, src, 0, 0),
    add: (dst, value) => emit(0x07, dst, 0, 0, value),
    addRegister: (dst, src) => emit(0x0f, dst, src, 0, 0),
    and: (dst, value) => emit(0x57, dst, 0, 0, value),
    shiftLeft: (dst, bits) => emit(0x67, dst, 0, 0, bits),
    shiftRight: (dst, bits) => emit(0x77, dst, 0, 0, bits),
    load: (size, dst, src, offset) => emit(0x61 | (size === 'u8' ? 0x10 : SIZES[size]), dst, src, offset, 0),
    store: (size, dst, offset, src) => emit(0x63 | SIZES[size], dst, src, offset, 0),
    storeNumber: (dst, offset, value) => emit(0x7a, dst, 0, offset, value),
    map(dst, descriptor) {
      emit(0x18, dst, MAP_DESCRIPTOR, 0, descriptor);
      emit(0, 0, 0, 0, 0);
    },
    call: (helper) => emit(0x85, 0, 0, 0, helper),
    jump: (label) => emitJump(0x05, 0, 0, 0, label),
    jumpIf: (comparison, dst, value, label) => emitJump(JUMPS[comparison], dst, 0, value, label),
    jumpUnlessEqual: (dst, src, label) => emitJump(0x5d, dst, src, 0, label),
    label: (name) => void labels.set(name, instructions.length),
    exit: () => emit(0x95, 0, 0, 0, 0),
    bytes() {
      for (const { at, label } of jumps) {
        const target = labels.get(label);
        if (target === undefined) throw new Error(`no label ${label}`);
        instructions[at]!.writeInt16LE(target - at - 1, 2);
      }
      return Buffer.concat(instructions);
    },
  };
}

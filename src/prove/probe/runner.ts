/**
 * The runner: a static ELF that reads a probe from its standard input into memory, makes that executable and jumps to it, so
 * that one file in a container (in a cluster: of a ConfigMap, which a kubelet brings up to date only slowly) runs them all.
 */
import { LARGEST_PROBE_BYTES, MACHINES } from './assemble.ts';
import { CODE_OFFSET, elf, FILE_SIZE_OFFSET, LOAD_ADDRESS } from './elf.ts';
import { type Architecture, type SyscallName, syscallNumber } from './syscalls.ts';

/** Out of the way of the probes, which are mapped at theirs. */
const RUNNER_ADDRESS = 0x10000000;

/** What it exits with when standard input ends before the probe does, or no memory is to be had. */
export const NOT_LOADED = 71;
/** What it exits with when the kernel lets it execute no memory that it has written: a security module, a seccomp filter. */
export const NOT_EXECUTABLE = 72;

const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;

/** What the few system calls of a probe do not need: registers that count, and a loop. */
interface Loading {
  /** Points at where probes are mapped, with so many bytes to come as the headers have. */
  readonly headers: readonly number[];
  /** As many bytes to come as the headers, which are there, say of the rest. */
  readonly rest: readonly number[];
  /** Reads from standard input until nothing is to come; `failed` is what is done where it ends earlier. */
  readonly read: (failed: readonly number[]) => readonly number[];
  /** Goes on with the probe's first instruction. */
  readonly jump: readonly number[];
}

const little = (value: number): number[] => [0, 8, 16, 24].map((bits) => (value >>> bits) & 0xff);
const words = (...instructions: readonly number[]): number[] => instructions.flatMap(little);

/** rbx: where to; rbp: how much is to come. A system call leaves both alone. */
const x64: Loading = {
  headers: [0xbb, ...little(LOAD_ADDRESS), 0xbd, ...little(CODE_OFFSET)], // mov ebx, …; mov ebp, …
  rest: [
    ...[0x48, 0x8b, 0x2c, 0x25, ...little(LOAD_ADDRESS + FILE_SIZE_OFFSET)], // mov rbp, [p_filesz]
    ...[0x48, 0x81, 0xed, ...little(CODE_OFFSET)], // sub rbp, CODE_OFFSET
  ],
  read(failed) {
    const once = [
      ...[0x31, 0xff], // xor edi, edi: standard input
      ...[0x48, 0x89, 0xde], // mov rsi, rbx
      ...[0x48, 0x89, 0xea], // mov rdx, rbp
      ...[0x31, 0xc0], // xor eax, eax: read
      ...[0x0f, 0x05], // syscall
      ...[0x48, 0x85, 0xc0], // test rax, rax
      ...[0x7f, failed.length], // jg over what follows
      ...failed,
      ...[0x48, 0x01, 0xc3], // add rbx, rax
      ...[0x48, 0x29, 0xc5], // sub rbp, rax
    ];
    return [...once, 0x75, 0x100 - (once.length + 2)]; // jnz to the beginning
  },
  jump: [0xb8, ...little(LOAD_ADDRESS + CODE_OFFSET), 0xff, 0xe0], // mov eax, …; jmp rax
};

/** x19: where to; x20: how much is to come; x21: where probes are mapped. */
const arm64: Loading = {
  headers: words(
    0xd2a00015 + (LOAD_ADDRESS >>> 16) * 32, // movz x21, LOAD_ADDRESS >> 16, lsl 16
    0xaa1503f3, // mov x19, x21
    0xd2800014 + CODE_OFFSET * 32, // movz x20, CODE_OFFSET
  ),
  rest: words(
    0xf94002b4 + (FILE_SIZE_OFFSET / 8) * 1024, // ldr x20, [x21, p_filesz]
    0xd1000294 + CODE_OFFSET * 1024, // sub x20, x20, CODE_OFFSET
  ),
  read(failed) {
    const once = [
      ...words(
        0xd2800000, // movz x0, 0: standard input
        0xaa1303e1, // mov x1, x19
        0xaa1403e2, // mov x2, x20
        0xd2800008 + syscallNumber('read', 'arm64') * 32, // movz x8, read
        0xd4000001, // svc 0
        0xf100001f, // cmp x0, 0
        0x5400000c + (failed.length / 4 + 1) * 32, // b.gt over what follows
      ),
      ...failed,
      ...words(0x8b000273, 0xeb000294), // add x19, x19, x0; subs x20, x20, x0
    ];
    return [...once, ...words(0x54000001 + ((0x80000 - once.length / 4) & 0x7ffff) * 32)]; // b.ne to the beginning
  },
  jump: words(0x910002b5 + CODE_OFFSET * 1024, 0xd61f02a0), // add x21, x21, CODE_OFFSET; br x21
};

const LOADING: Readonly<Record<Architecture, Loading>> = { x64, arm64 };

/** Its standard input is the file of a probe (`assemble`); what it writes and exits with is then the probe's. */
export function runner(architecture: Architecture): Buffer {
  const machine = MACHINES[architecture];
  const loading = LOADING[architecture];
  const invoke = (name: SyscallName, ...args: readonly number[]): readonly number[] => [
    ...args.flatMap((value, position) => machine.load(position, { immediate: BigInt(value) })),
    ...machine.invoke(syscallNumber(name, architecture)),
  ];
  const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS;
  const read = loading.read(invoke('exit_group', NOT_LOADED));
  const code = [
    ...invoke('mmap', LOAD_ADDRESS, LARGEST_PROBE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0),
    ...loading.headers,
    ...read,
    ...loading.rest,
    ...read,
    // Never writable and executable at once: that is forbidden in more places.
    ...invoke('mprotect', LOAD_ADDRESS, LARGEST_PROBE_BYTES, PROT_READ | PROT_EXEC),
    ...machine.skipUnlessZero(loading.jump.length),
    ...loading.jump,
    ...invoke('exit_group', NOT_EXECUTABLE),
  ];
  return elf(machine.elfNumber, Uint8Array.from(code), new Uint8Array(), RUNNER_ADDRESS);
}

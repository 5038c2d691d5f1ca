/** The pause program: a static ELF of a few instructions that waits for ever and reaps orphans, as Kubernetes' pause does. */

const BASE = 0x400000;
const HEADERS_BYTES = 64 + 56;

/** `rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8)` makes the kernel reap children by itself; then `pause()` for ever. */
const X64 = [
  '48 c7 c0 0d 00 00 00', // mov rax, 13 (rt_sigaction)
  '48 c7 c7 11 00 00 00', // mov rdi, 17 (SIGCHLD)
  '48 8d 35 16 00 00 00', // lea rsi, [rip + 0x16] (the sigaction below)
  '31 d2', // xor edx, edx
  '49 c7 c2 08 00 00 00', // mov r10, 8
  '0f 05', // syscall
  '48 c7 c0 22 00 00 00', // again: mov rax, 34 (pause)
  '0f 05', // syscall
  'eb f5', // jmp again
];

const ARM64 = [
  '20 02 80 d2', // mov x0, 17 (SIGCHLD)
  '61 01 00 10', // adr x1, . + 44 (the sigaction below)
  '02 00 80 d2', // mov x2, 0
  '03 01 80 d2', // mov x3, 8
  'c8 10 80 d2', // mov x8, 134 (rt_sigaction)
  '01 00 00 d4', // svc 0
  '00 00 80 d2', // again: mov x0, 0
  '01 00 80 d2', // mov x1, 0
  '03 00 80 d2', // mov x3, 0
  '28 09 80 d2', // mov x8, 73 (ppoll: no descriptors, no timeout)
  '01 00 00 d4', // svc 0
  'fb ff ff 17', // b again
];

const SIG_IGN = 1n;
const SIGACTION_BYTES = 32;

/** The executable's bytes for an architecture of Node's naming; undefined for one that nobody wrote it for. */
export function pauseProgram(arch: string): Buffer | undefined {
  const machine = arch === 'x64' ? 0x3e : arch === 'arm64' ? 0xb7 : undefined;
  if (machine === undefined) return undefined;
  const code = Buffer.from((arch === 'x64' ? X64 : ARM64).join(' ').replaceAll(' ', ''), 'hex');
  const action = Buffer.alloc(SIGACTION_BYTES);
  action.writeBigUInt64LE(SIG_IGN, 0);
  const size = HEADERS_BYTES + code.length + action.length;
  const file = Buffer.alloc(HEADERS_BYTES);
  Buffer.from('7f454c46020101', 'hex').copy(file); // ELF, 64 bits, little endian, version 1
  file.writeUInt16LE(2, 16); // executable
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(BASE + HEADERS_BYTES), 24); // entry point
  file.writeBigUInt64LE(64n, 32); // program headers follow
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56); // one of them
  file.writeUInt32LE(1, 64); // PT_LOAD
  file.writeUInt32LE(5, 68); // readable, executable
  file.writeBigUInt64LE(BigInt(BASE), 80);
  file.writeBigUInt64LE(BigInt(BASE), 88);
  file.writeBigUInt64LE(BigInt(size), 96);
  file.writeBigUInt64LE(BigInt(size), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([file, code, action]);
}

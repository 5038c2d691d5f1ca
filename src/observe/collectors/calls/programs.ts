/**
 * The two eBPF programs that see refused and privileged system calls: one remembers an interesting call with its paths
 * when it begins, one keeps it when it was refused (or when its success is worth knowing). Both end after two look-ups
 * for everything else. The same call is reported once, so a program that repeats it a million times costs us nothing.
 */
import { type Assembly, assemble, HELPER, type Register } from './assembler.ts';
import { KEY, PATH_BYTES, RECORD, SECOND_PATH_BYTES } from './record.ts';
import { CAPABILITY_CHECK, NO_ARGUMENT, SPEC } from './table.ts';

/** The maps between the programs and us, by their descriptors. */
export interface Maps {
  /** Array, call number → u64 of what to take of it; 0: nothing. */
  readonly specs: number;
  /** Array, index → device and inode of a followed pid namespace; inode 0 ends the list. */
  readonly namespaces: number;
  /** Two records a processor, to build in: a check of a capability comes in the middle of a call. */
  readonly scratch: number;
  /** Thread → its call that has not ended yet. */
  readonly pending: number;
  /** Refused calls that were reported, by their whole key. */
  readonly refused: number;
  /** Calls that succeeded and were reported, by `SUCCESS_KEY_BYTES` of the key: `chown -R` is one call, not thousands. */
  readonly succeeded: number;
  /** Process in its pid namespace (see `familyKey`) → its parent: children of a script are gone before we look. */
  readonly parents: number;
  /** Process (as above) → the path that it last changed its directory to. */
  readonly directories: number;
  /** What waits to be read. */
  readonly queue: number;
  /** Array of one: how many different calls found no room. */
  readonly lost: number;
}

/** Followed pid namespaces; a pod has one a container, or one. */
export const MAX_NAMESPACES = 24;

/** Where a machine keeps the arguments of a system call in `struct pt_regs`, and what marks a 32-bit program's. */
interface Machine {
  readonly bytes: number;
  readonly args: readonly number[];
  /** u64 at `offset`, masked, must equal: a 32-bit program counts its calls differently. */
  readonly native: { readonly offset: number; readonly mask: number; readonly equals: number };
}

/** asm/ptrace.h; these layouts are part of what user space may rely on. */
export const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    bytes: 144,
    args: [112, 104, 96, 56, 72, 64],
    // The code segment of 64-bit user space.
    native: { offset: 136, mask: 0xffff, equals: 0x33 },
  },
  arm64: {
    bytes: 272,
    args: [0, 8, 16, 24, 32, 40],
    // The mode bit of AArch32 in pstate.
    native: { offset: 264, mask: 0x10, equals: 0 },
  },
};

/** The working copy behind the record: six arguments, AT_FDCWD, and a zero. */
const ARGUMENTS = RECORD.bytes;
export const SCRATCH_BYTES = RECORD.bytes + 64;

const AT_FDCWD = -100;
const BPF_NOEXIST = 1;
const EEXIST = -17;
const FRAME: Register = 10;

/** Places in the frame. */
const AT = { number: -4, key: -8, identity: -16, thread: -24, word: -32, registers: -304 } as const;

/** What runs at the beginning of every system call. */
export function enterProgram(maps: Maps, machine: Machine): Buffer {
  const a = assemble();
  a.move(6, 1);
  a.load('u64', 7, 6, 8);
  a.store('u32', FRAME, AT.number, 7);
  lookUp(a, maps.specs, AT.number);
  a.load('u64', 8, 0, 0);
  a.jumpIf('eq', 8, 0, 'end');
  findNamespace(a, maps.namespaces);
  a.set(1, 0);
  a.store('u32', FRAME, AT.key, 1);
  lookUp(a, maps.scratch, AT.key);
  a.move(7, 0);
  takeArguments(a, machine);
  for (let offset = 0; offset < RECORD.bytes; offset += 8) a.storeNumber(7, offset, 0);
  a.store('u32', 7, KEY.namespace, 9);
  a.load('u32', 1, FRAME, AT.number);
  a.store('u32', 7, KEY.number, 1);
  a.call(HELPER.currentUidGid);
  a.store('u32', 7, KEY.uid, 0);
  takeNumbers(a);
  takeFirstPath(a);
  takeString(a, SPEC.second, KEY.second, SECOND_PATH_BYTES, 'second');
  takeOwner(a);
  a.call(HELPER.currentPidTgid);
  a.store('u64', FRAME, AT.thread, 0);
  a.map(1, maps.pending);
  atFrame(a, 2, AT.thread);
  a.move(3, 7);
  a.set(4, 0);
  a.call(HELPER.mapUpdate);
  return end(a);
}

/** What runs at the end of every system call. */
export function exitProgram(maps: Maps): Buffer {
  const a = assemble();
  a.move(6, 1);
  a.call(HELPER.currentPidTgid);
  a.store('u64', FRAME, AT.thread, 0);
  lookUp(a, maps.pending, AT.thread);
  a.move(7, 0);
  a.load('u64', 8, 6, 8);
  a.jumpIf('sge', 8, 0, 'ended well');
  for (const errno of [-1, -13, -30]) a.jumpIf('eq', 8, errno, 'keep');
  a.jump('forget');
  a.label('ended well');
  a.load('u32', 1, 7, RECORD.success);
  a.jumpIf('eq', 1, SPEC.kept.no, 'forget');
  a.jumpIf('eq', 1, SPEC.kept.parent, 'parent');
  a.jumpIf('eq', 1, SPEC.kept.directory, 'directory');
  a.set(8, 0);
  a.label('keep');
  a.store('u32', 7, KEY.result, 8);
  a.move(1, 7);
  a.add(1, RECORD.comm);
  a.set(2, 16);
  a.call(HELPER.currentComm);
  a.storeNumber(FRAME, AT.word, 1);
  a.jumpIf('eq', 8, 0, 'success');
  deliver(a, maps.refused, maps.queue);
  a.label('success');
  deliver(a, maps.succeeded, maps.queue);
  a.label('parent');
  rememberParent(a, maps.parents);
  a.label('directory');
  rememberDirectory(a, maps.directories);
  a.label('lost');
  a.set(1, 0);
  a.store('u32', FRAME, AT.key, 1);
  a.map(1, maps.lost);
  atFrame(a, 2, AT.key);
  a.call(HELPER.mapLookup);
  a.jumpIf('eq', 0, 0, 'forget');
  // Two processors at once may count one: it is told as "at least".
  a.load('u64', 1, 0, 0);
  a.add(1, 1);
  a.store('u64', 0, 0, 1);
  a.label('forget');
  a.map(1, maps.pending);
  atFrame(a, 2, AT.thread);
  a.call(HELPER.mapDelete);
  return end(a);
}

/** Puts the record in r7 into the queue unless its key was seen before. Always jumps away. */
function deliver(a: Assembly, seen: number, queue: number): void {
  a.map(1, seen);
  a.move(2, 7);
  atFrame(a, 3, AT.word);
  a.set(4, BPF_NOEXIST);
  a.call(HELPER.mapUpdate);
  a.jumpIf('eq', 0, EEXIST, 'forget');
  a.jumpIf('ne', 0, 0, 'lost');
  a.map(1, queue);
  a.move(2, 7);
  a.set(3, 0);
  a.call(HELPER.mapPush);
  a.jumpIf('eq', 0, 0, 'forget');
  // Not delivered: its next repetition may be.
  a.map(1, seen);
  a.move(2, 7);
  a.call(HELPER.mapDelete);
  a.jump('lost');
}

/** A fork that succeeded: r8 is the child's number, which counts as ours does. Always jumps away. */
function rememberParent(a: Assembly, parents: number): void {
  a.store('u32', FRAME, AT.word, 8);
  a.load('u32', 1, 7, KEY.namespace);
  a.store('u32', FRAME, AT.word + 4, 1);
  a.load('u32', 1, 7, RECORD.process);
  a.store('u32', FRAME, AT.key, 1);
  a.map(1, parents);
  atFrame(a, 2, AT.word);
  atFrame(a, 3, AT.key);
  a.set(4, 0);
  a.call(HELPER.mapUpdate);
  a.jump('forget');
}

/** A change of the working directory that succeeded. Always jumps away. */
function rememberDirectory(a: Assembly, directories: number): void {
  a.load('u32', 1, 7, RECORD.process);
  a.store('u32', FRAME, AT.word, 1);
  a.load('u32', 1, 7, KEY.namespace);
  a.store('u32', FRAME, AT.word + 4, 1);
  a.map(1, directories);
  atFrame(a, 2, AT.word);
  a.move(3, 7);
  a.add(3, KEY.first);
  a.set(4, 0);
  a.call(HELPER.mapUpdate);
  a.jump('forget');
}

/** A key of `Maps.parents` and `Maps.directories`. */
export function familyKey(namespace: number, process: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeUInt32LE(process, 0);
  key.writeUInt32LE(namespace, 4);
  return key;
}

/**
 * What runs when the kernel asks whether a process has a capability and it has: `cap_capable`, Linux 6.14 and newer.
 * The record has the capability in the lowest byte of `a`, the bounding set of the credentials that were asked above it
 * (a layered filesystem asks its mounter's), and the call that needed it as `b`, with that call's path.
 */
export function capabilityProgram(maps: Maps): Buffer {
  const a = assemble();
  a.move(6, 1);
  a.load('u64', 8, 6, 32);
  a.jumpIf('ne', 8, 0, 'end');
  a.load('u64', 8, 6, 24);
  takeBounding(a);
  findNamespace(a, maps.namespaces);
  a.set(1, 1);
  a.store('u32', FRAME, AT.key, 1);
  lookUp(a, maps.scratch, AT.key);
  a.move(7, 0);
  for (let offset = 0; offset < RECORD.bytes; offset += 8) a.storeNumber(7, offset, 0);
  a.store('u32', 7, KEY.namespace, 9);
  a.set(1, CAPABILITY_CHECK);
  a.store('u32', 7, KEY.number, 1);
  a.store('u64', 7, KEY.b, 1);
  a.store('u64', 7, KEY.a, 8);
  a.call(HELPER.currentUidGid);
  a.store('u32', 7, KEY.uid, 0);
  a.load('u32', 1, FRAME, AT.identity);
  a.store('u32', 7, RECORD.thread, 1);
  a.load('u32', 1, FRAME, AT.identity + 4);
  a.store('u32', 7, RECORD.process, 1);
  a.move(1, 7);
  a.add(1, RECORD.comm);
  a.set(2, 16);
  a.call(HELPER.currentComm);
  a.call(HELPER.currentPidTgid);
  a.store('u64', FRAME, AT.thread, 0);
  a.map(1, maps.pending);
  atFrame(a, 2, AT.thread);
  a.call(HELPER.mapLookup);
  a.jumpIf('eq', 0, 0, 'known');
  a.load('u32', 1, 0, KEY.number);
  a.store('u64', 7, KEY.b, 1);
  a.load('u32', 1, 0, KEY.directory);
  a.store('u32', 7, KEY.directory, 1);
  a.move(3, 0);
  a.add(3, KEY.first);
  a.move(1, 7);
  a.add(1, KEY.first);
  a.set(2, PATH_BYTES);
  a.call(HELPER.readKernel);
  a.label('known');
  a.storeNumber(FRAME, AT.word, 1);
  deliver(a, maps.succeeded, maps.queue);
  a.label('lost');
  // Another process's use of the same capability by the same call is likely to be told.
  a.label('forget');
  return end(a);
}

/** `cap_bset` in `struct cred` since Linux 6.14. */
const CRED_BOUNDING = 72;

/** r8 = the capability in r8 with the bounding set of the credentials above it. */
function takeBounding(a: Assembly): void {
  a.storeNumber(FRAME, AT.word, 0);
  a.load('u64', 3, 6, 0);
  a.add(3, CRED_BOUNDING);
  atFrame(a, 1, AT.word);
  a.set(2, 8);
  a.call(HELPER.readKernel);
  a.load('u64', 1, FRAME, AT.word);
  a.shiftLeft(1, 8);
  a.addRegister(8, 1);
}

function end(a: Assembly): Buffer {
  a.label('end');
  a.set(0, 0);
  a.exit();
  return a.bytes();
}

function atFrame(a: Assembly, dst: Register, offset: number): void {
  a.move(dst, FRAME);
  a.add(dst, offset);
}

/** r0 = the map's value for the key in the frame; ends the program where there is none. */
function lookUp(a: Assembly, map: number, key: number): void {
  a.map(1, map);
  atFrame(a, 2, key);
  a.call(HELPER.mapLookup);
  a.jumpIf('eq', 0, 0, 'end');
}

/** r9 = index of the pid namespace that the process is in, its ids there in the frame; ends where none is followed. */
function findNamespace(a: Assembly, namespaces: number): void {
  for (let index = 0; index < MAX_NAMESPACES; index++) {
    a.set(9, index);
    a.store('u32', FRAME, AT.key, 9);
    lookUp(a, namespaces, AT.key);
    a.load('u64', 1, 0, 0);
    a.load('u64', 2, 0, 8);
    a.jumpIf('eq', 2, 0, 'end');
    atFrame(a, 3, AT.identity);
    a.set(4, 8);
    a.call(HELPER.namespacePidTgid);
    a.jumpIf('eq', 0, 0, 'ours');
  }
  a.jump('end');
  a.label('ours');
}

/** Copies the arguments behind the record in r7. */
function takeArguments(a: Assembly, { bytes, args, native }: Machine): void {
  atFrame(a, 1, AT.registers);
  a.set(2, bytes);
  a.load('u64', 3, 6, 0);
  a.call(HELPER.readKernel);
  a.jumpIf('ne', 0, 0, 'end');
  a.load('u64', 1, FRAME, AT.registers + native.offset);
  a.and(1, native.mask);
  a.jumpIf('ne', 1, native.equals, 'end');
  for (const [index, offset] of args.entries()) {
    a.load('u64', 1, FRAME, AT.registers + offset);
    a.store('u64', 7, ARGUMENTS + index * 8, 1);
  }
  a.storeNumber(7, ARGUMENTS + SPEC.workingDirectory * 8, AT_FDCWD);
  a.storeNumber(7, ARGUMENTS + NO_ARGUMENT * 8, 0);
}

/** dst = the argument that the spec in r8 names at this shift. */
function argument(a: Assembly, dst: Register, shift: number): void {
  a.move(1, 8);
  a.shiftRight(1, shift);
  a.and(1, 7);
  a.shiftLeft(1, 3);
  a.addRegister(1, 7);
  a.load('u64', dst, 1, ARGUMENTS);
}

function takeNumbers(a: Assembly): void {
  argument(a, 2, SPEC.a);
  a.store('u64', 7, KEY.a, 2);
  a.move(1, 8);
  a.shiftRight(1, SPEC.only);
  a.jumpIf('eq', 1, 0, 'any');
  a.jumpUnlessEqual(1, 2, 'end');
  a.label('any');
  argument(a, 2, SPEC.b);
  a.store('u64', 7, KEY.b, 2);
  argument(a, 2, SPEC.directory);
  a.store('u32', 7, KEY.directory, 2);
  a.move(1, 8);
  a.shiftRight(1, SPEC.success);
  a.and(1, 3);
  a.store('u32', 7, RECORD.success, 1);
}

function takeFirstPath(a: Assembly): void {
  a.move(9, 8);
  a.shiftRight(9, SPEC.kind);
  a.and(9, 3);
  a.jumpIf('eq', 9, SPEC.kinds.address, 'address');
  a.jumpIf('eq', 9, SPEC.kinds.word, 'word');
  a.jumpIf('eq', 9, SPEC.kinds.how, 'how');
  a.jump('string');
  a.label('address');
  argument(a, 3, SPEC.first);
  argument(a, 2, SPEC.b);
  // A mask that the kernel's verifier can follow; a socket's address is at most 110 bytes where it has a path.
  a.and(2, 127);
  a.move(1, 7);
  a.add(1, KEY.first);
  a.call(HELPER.readUser);
  // Family, port and the beginning of the address: told apart where it succeeds as well.
  a.load('u64', 1, 7, KEY.first);
  a.store('u64', 7, KEY.a, 1);
  a.jump('first');
  a.label('word');
  argument(a, 3, SPEC.first);
  a.set(2, 4);
  a.move(1, 7);
  a.add(1, KEY.b);
  a.call(HELPER.readUser);
  a.jump('first');
  a.label('how');
  // openat2 keeps its flags in memory.
  a.load('u64', 3, 7, KEY.a);
  a.set(2, 8);
  a.move(1, 7);
  a.add(1, KEY.a);
  a.call(HELPER.readUser);
  a.label('string');
  takeString(a, SPEC.first, KEY.first, PATH_BYTES, 'first');
}

/** Copies a string argument; the label is where it ends. */
function takeString(a: Assembly, shift: number, offset: number, bytes: number, label: string): void {
  argument(a, 3, shift);
  a.jumpIf('eq', 3, 0, label);
  a.move(1, 7);
  a.add(1, offset);
  a.set(2, bytes);
  a.call(HELPER.readUserString);
  a.label(label);
}

/** The process; into the key too where the path means something only to it. */
function takeOwner(a: Assembly): void {
  a.load('u32', 1, FRAME, AT.identity);
  a.store('u32', 7, RECORD.thread, 1);
  a.load('u32', 1, FRAME, AT.identity + 4);
  a.store('u32', 7, RECORD.process, 1);
  a.move(2, 8);
  a.shiftRight(2, SPEC.directory);
  a.and(2, 7);
  a.jumpIf('eq', 2, NO_ARGUMENT, 'owned');
  a.load('u8', 2, 7, KEY.first);
  a.jumpIf('eq', 2, '/'.charCodeAt(0), 'owned');
  a.store('u32', 7, KEY.process, 1);
  a.label('owned');
}

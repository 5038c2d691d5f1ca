/** A probe's program: system calls in a row, some of whose arguments are what earlier calls returned. */
import type { SyscallName } from './syscalls.ts';

/**
 * A number; a string (pointer to its bytes and a NUL); bytes (pointer to them); a list of strings (pointer to a
 * NULL-ended list of pointers, as argv); what an earlier call returned; a buffer that the kernel fills; or a structure.
 */
export type Argument = number | bigint | string | Uint8Array | readonly string[] | ResultOf | Output | Structure;

/** A C structure of 8-byte fields, e.g. `iovec`: numbers, and pointers to bytes or to a string. */
export interface Structure {
  readonly fields: readonly (number | bigint | string | Uint8Array)[];
}

interface ResultOf {
  readonly resultOf: Call;
}

/** A buffer of this many bytes for the kernel to fill; the probe reports its content after the results. */
export interface Output {
  readonly output: number;
}

export interface Call {
  readonly name: SyscallName;
  readonly args: readonly Argument[];
  /** Calls made by the process that this call (`clone`) created; it exits after the last. */
  readonly child: readonly Call[];
}

export type Program = readonly Call[];

export function call(name: SyscallName, ...args: readonly Argument[]): Call {
  return { name, args, child: [] };
}

export function resultOf(earlier: Call): ResultOf {
  return { resultOf: earlier };
}

export function output(bytes: number): Output {
  return { output: bytes };
}

export function structure(...fields: Structure['fields']): Structure {
  return { fields };
}

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const SIGCHLD = 17;

/**
 * Runs calls in a child process, while the parent waits in the kernel until they ended or executed another file.
 * As with vfork the two share memory: the child's failed `execve` leaves its errno where the parent reports it, and
 * a successful one leaves 0, because it never returns.
 */
export function spawn(...child: readonly Call[]): Call {
  return spawnWith(0, ...child);
}

/** As `spawn`, in new namespaces: `flags` are those of `clone`, e.g. `CLONE_NEWUSER | CLONE_NEWNS`. */
export function spawnWith(flags: number, ...child: readonly Call[]): Call {
  return { name: 'clone', args: [CLONE_VFORK | CLONE_VM | SIGCHLD | flags, 0, 0, 0, 0], child };
}

/** Every call of a program in the order in which the results are reported: a child's calls follow their `clone`. */
export function everyCall(program: Program): readonly Call[] {
  return program.flatMap((each) => [each, ...everyCall(each.child)]);
}

export const isPath = (text: string) => text.startsWith('/');

/** Every absolute path that its calls name, those of children, lists and structures as well. */
export function pathsIn(program: Program): readonly string[] {
  return everyCall(program).flatMap(({ args }) => args.flatMap(pathsOf));
}

function pathsOf(given: Argument): readonly string[] {
  if (typeof given === 'string') return isPath(given) ? [given] : [];
  if (typeof given !== 'object' || given instanceof Uint8Array || 'resultOf' in given || 'output' in given) return [];
  const texts: readonly unknown[] = 'fields' in given ? given.fields : given;
  return texts.filter((one): one is string => typeof one === 'string' && isPath(one));
}

/** Where results and outputs lie on the probe's stack, in bytes above the stack pointer; also the report's layout. */
export interface Frame {
  readonly slots: ReadonlyMap<Call, number>;
  readonly outputs: ReadonlyMap<Output, number>;
  /** A multiple of 16, as both architectures want their stack. */
  readonly size: number;
}

const SLOT_BYTES = 8;
const STACK_ALIGNMENT = 16;

export function frameOf(program: Program): Frame {
  const calls = everyCall(program);
  const slots = new Map(calls.map((each, index) => [each, index * SLOT_BYTES]));
  if (slots.size !== calls.length) throw new Error('a call stands twice in a program');
  const outputs = new Map<Output, number>();
  let size = calls.length * SLOT_BYTES;
  for (const argument of calls.flatMap((each) => each.args)) {
    if (typeof argument !== 'object' || !('output' in argument) || outputs.has(argument)) continue;
    outputs.set(argument, size);
    size += Math.ceil(argument.output / SLOT_BYTES) * SLOT_BYTES;
  }
  return { slots, outputs, size: Math.ceil(size / STACK_ALIGNMENT) * STACK_ALIGNMENT };
}

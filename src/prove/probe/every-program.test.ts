/** What every program that any attack plans is assembled to, read back instruction by instruction, is the plan. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attacks } from '../attacks/index.ts';
import { payload } from '../dropping.ts';
import { targetWith } from '../fixtures/target.ts';
import { assemble } from './assemble.ts';
import { CODE_OFFSET, LOAD_ADDRESS } from './elf.ts';
import { type Instruction, instructionAt } from './fixtures/disassemble.ts';
import {
  type Argument,
  type Call,
  call,
  type Frame,
  frameOf,
  output,
  type Program,
  resultOf,
  spawn,
} from './program.ts';
import { type Architecture, syscallNumber } from './syscalls.ts';

const CHILD_FAILED = 127;

/** Goes through the code of a file and holds each instruction to what is expected of it. */
class Reader {
  readonly file: Buffer;
  readonly architecture: Architecture;
  readonly frame: Frame;
  at = 0;

  constructor(file: Buffer, architecture: Architecture, frame: Frame) {
    this.file = file;
    this.architecture = architecture;
    this.frame = frame;
  }

  next(): Instruction {
    const { bytes, instruction } = instructionAt(this.file.subarray(CODE_OFFSET), this.at, this.architecture);
    this.at += bytes;
    return instruction;
  }

  expect(instruction: Instruction): void {
    assert.deepEqual(this.next(), instruction);
  }

  invocation(name: Call['name'], args: readonly Argument[]): void {
    for (const [position, argument] of args.entries()) this.argument(position, argument);
    this.expect({ kind: 'invoke', syscall: syscallNumber(name, this.architecture) });
  }

  /** A call, its child's included. */
  call(each: Call): void {
    const slot = (one: Call) => this.frame.slots.get(one)!;
    for (const inner of each.child) this.expect({ kind: 'clear', at: slot(inner) });
    this.invocation(each.name, each.args);
    this.expect({ kind: 'store', at: slot(each) });
    if (each.child.length === 0) return;
    const skip = this.next();
    for (const inner of each.child) this.call(inner);
    this.invocation('exit_group', [CHILD_FAILED]);
    assert.deepEqual(skip, { kind: 'skip', to: this.at }, 'the parent goes on behind its child');
  }

  argument(position: number, argument: Argument): void {
    const loaded = this.next();
    assert.ok(loaded.kind === 'load' && loaded.position === position, `argument ${position}: ${loaded.kind}`);
    const { from, value } = loaded;
    if (typeof argument === 'number' || typeof argument === 'bigint') {
      assert.deepEqual([from, value], ['immediate', BigInt.asUintN(64, BigInt(argument))]);
    } else if (typeof argument === 'object' && 'resultOf' in argument) {
      assert.deepEqual([from, value], ['frame value', BigInt(this.frame.slots.get(argument.resultOf)!)]);
    } else if (typeof argument === 'object' && 'output' in argument) {
      assert.deepEqual([from, value], ['frame address', BigInt(this.frame.outputs.get(argument)!)]);
    } else {
      assert.equal(from, 'immediate');
      this.pointsTo(value, argument);
    }
  }

  pointsTo(address: bigint, content: Argument): void {
    const start = Number(address) - LOAD_ADDRESS;
    assert.ok(start >= CODE_OFFSET + this.at && start <= this.file.length, 'data lies behind the code');
    if (typeof content === 'string' || content instanceof Uint8Array) {
      const bytes = typeof content === 'string' ? Buffer.from(`${content}\0`) : Buffer.from(content);
      assert.deepEqual(this.file.subarray(start, start + bytes.length), bytes);
      return;
    }
    assert.ok(typeof content === 'object');
    const fields: readonly Argument[] = 'fields' in content ? content.fields : [...(content as readonly string[]), 0];
    for (const [index, field] of fields.entries()) {
      const word = this.file.readBigUInt64LE(start + index * 8);
      if (typeof field === 'number' || typeof field === 'bigint') assert.equal(word, BigInt.asUintN(64, BigInt(field)));
      else this.pointsTo(word, field);
    }
  }
}

function readBack(program: Program, architecture: Architecture, exitCode = 0): void {
  const frame = frameOf(program);
  const reader = new Reader(assemble(program, architecture, exitCode), architecture, frame);
  if (frame.size > 0) reader.expect({ kind: 'enter', bytes: frame.size });
  for (const each of program) reader.call(each);
  if (frame.size > 0) {
    for (const [position, value] of [1, undefined, frame.size].entries()) {
      if (value !== undefined) reader.argument(position, value);
      else reader.expect({ kind: 'load', position, from: 'frame address', value: 0n });
    }
    reader.expect({ kind: 'invoke', syscall: syscallNumber('write', architecture) });
  }
  reader.invocation('exit_group', [exitCode]);
}

const TARGETS = [
  targetWith(),
  targetWith({ twin: true }),
  targetWith({ hostAttacks: true }),
  targetWith({ hostAttacks: true, twin: true }),
  targetWith({ uid: 0, capabilities: (1n << 41n) - 1n, hostAttacks: true }),
  targetWith({ uid: 0, capabilities: (1n << 41n) - 1n, userNamespace: true }),
];

for (const architecture of ['x64', 'arm64'] as const) {
  describe(`on ${architecture}, read back`, () => {
    for (const attack of attacks) {
      test(attack.id, () => {
        for (const target of TARGETS) {
          for (const each of attack.plan({ ...target, architecture }).tries) {
            if ('program' in each) readBack(each.program, architecture);
          }
        }
      });
    }

    test('all of them in one file, as they are made', () => {
      const programs = attacks.flatMap((attack) =>
        attack.plan({ ...TARGETS[1]!, architecture }).tries.flatMap((each) => ('program' in each ? each.program : [])),
      );
      readBack(programs, architecture);
    });

    test('numbers of every size, results, buffers, and a child of a child', () => {
      const numbers = [0, 1, 127, 0xffff, 0x10000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -1, -100, -0x10000, -(2 ** 31)];
      const calls = numbers.map((number) => call('close', number));
      const large = [2n ** 63n - 1n, -(2n ** 63n), -(2n ** 31n) - 1n, 0xffff0000ffff0000n].map((number) =>
        call('ftruncate', resultOf(calls[0]!), number),
      );
      const six = output(40);
      const grandchild = spawn(call('mmap', six, 1, 2, resultOf(calls[1]!), six, -1));
      readBack([...calls, ...large, spawn(grandchild, call('getuid'))], architecture, 42);
    });

    test('a program without calls', () => {
      const file = payload(architecture);
      const reader = new Reader(file, architecture, frameOf([]));
      reader.invocation('exit_group', [42]);
      assert.equal(CODE_OFFSET + reader.at, file.length);
    });
  });
}

test('what is no instruction of a probe is not read', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    const file = assemble([call('getuid')], architecture);
    const code = file.subarray(CODE_OFFSET);
    assert.throws(
      () => instructionAt(Buffer.from('0f0b0f0b0f0b0f0b0f0b0f0b', 'hex'), 0, architecture),
      /no instruction/,
    );
    assert.equal(instructionAt(code, 0, architecture).instruction.kind, 'enter');
  }
});

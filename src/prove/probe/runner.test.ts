/** The runner on this machine, and for the other architecture in qemu-user where it is installed. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assemble, LARGEST_PROBE_BYTES } from './assemble.ts';
import { decode } from './decode.ts';
import { CODE_OFFSET } from './elf.ts';
import { call, output, type Program, resultOf } from './program.ts';
import { NOT_EXECUTABLE, NOT_LOADED, runner } from './runner.ts';
import { type Architecture, AT_FDCWD, O_RDONLY } from './syscalls.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'petrify-runner-test-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

const MACHINES: readonly { architecture: Architecture; emulator: string }[] = [
  { architecture: 'x64', emulator: 'qemu-x86_64' },
  { architecture: 'arm64', emulator: 'qemu-aarch64' },
];

for (const { architecture, emulator } of MACHINES) {
  const native = process.arch === architecture;
  const absent = !native && spawnSync(emulator, ['--version']).status !== 0;
  describe(`the runner on ${architecture}`, { skip: absent && `${emulator} is not installed` }, () => {
    const words = () => {
      const file = join(directory, `runner-${architecture}`);
      writeFileSync(file, runner(architecture), { mode: 0o555 });
      return native ? [file] : [emulator, file];
    };
    const start = (input: Buffer) => {
      const [command, ...rest] = words();
      return spawnSync(command!, rest, { input, timeout: 10_000 });
    };
    /** By pieces, with standard input left open at the end. */
    const inPieces = async (file: Buffer, bytes: number) => {
      const [command, ...rest] = words();
      const child = spawn(command!, rest, { timeout: 10_000 });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      child.stdin.on('error', () => {});
      for (let start = 0; start < file.length; start += bytes) {
        child.stdin.write(file.subarray(start, start + bytes));
        await sleep(1);
      }
      return { status: await ended, stdout: Buffer.concat(chunks) };
    };

    test('runs a probe, whose report and exit code are its own', () => {
      const uid = call('getuid');
      const opened = call('openat', AT_FDCWD, '/nothing/here', O_RDONLY);
      const program: Program = [uid, opened];
      const { status, stdout } = start(assemble(program, architecture));
      assert.equal(status, 0);
      const report = decode(program, stdout)!;
      assert.equal(report.value(uid), BigInt(process.getuid!()));
      assert.equal(report.errno(opened), 'ENOENT');
      assert.equal(start(assemble([], architecture, 42)).status, 42);
    });

    test('takes a probe that comes in pieces, and waits for no end of its input', async () => {
      const content = output(64);
      const opened = call('openat', AT_FDCWD, '/proc/self/comm', O_RDONLY);
      const program: Program = [opened, call('read', resultOf(opened), content, 64)];
      for (const bytes of [1, 50, CODE_OFFSET, CODE_OFFSET + 7]) {
        const { status, stdout } = await inPieces(assemble(program, architecture), bytes);
        assert.equal(status, 0, `pieces of ${bytes} bytes`);
        assert.ok(decode(program, stdout));
      }
    });

    test('takes the largest probe that there is', () => {
      const padding = call('write', -1, Buffer.alloc(LARGEST_PROBE_BYTES - 1000), 1);
      const { status, stdout } = start(assemble([padding], architecture));
      assert.equal(status, 0);
      assert.equal(decode([padding], stdout)?.errno(padding), 'EBADF');
    });

    test('says when its input ends too early, in the headers or behind them', () => {
      const file = assemble([call('getuid')], architecture);
      for (const bytes of [0, 10, CODE_OFFSET, file.length - 1]) {
        assert.equal(start(file.subarray(0, bytes)).status, NOT_LOADED, `${bytes} bytes`);
      }
    });
  });
}

test('a container that forbids executable memory is told apart', { skip: process.arch !== 'x64' && 'x64 only' }, () => {
  // The address of mprotect made one that is no page: the kernel refuses, as a security module would.
  const code = runner('x64');
  const call = Buffer.of(0xbf, 0, 0, 0x40, 0, 0xbe, 0, 0, 1, 0, 0xba, 5, 0, 0, 0);
  const at = code.indexOf(call);
  assert.ok(at > 0, 'mprotect(0x400000, 0x10000, 5)');
  code[at + 1] = 1;
  const file = join(directory, 'refused');
  writeFileSync(file, code, { mode: 0o555 });
  assert.equal(spawnSync(file, { input: assemble([], 'x64') }).status, NOT_EXECUTABLE);
});

test('arm64 instructions, byte for byte', () => {
  // Run in qemu-aarch64 once; each line is one instruction and what it means.
  const code = runner('arm64').subarray(CODE_OFFSET);
  const words = Array.from({ length: code.length >> 2 }, (_, index) =>
    code
      .readUInt32LE(index * 4)
      .toString(16)
      .padStart(8, '0'),
  );
  const listing = readFileSync(new URL('./fixtures/runner-arm64.txt', import.meta.url), 'utf8');
  assert.deepEqual(
    words,
    listing.split('\n').flatMap((line) => /^([0-9a-f]{8}) /.exec(line)?.[1] ?? []),
  );
});

test('two runners fit many times into a ConfigMap', () => {
  assert.ok(runner('x64').length + runner('arm64').length < 1024);
});

/** The probe on this machine, and for the other architecture in qemu-user where it is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assemble } from './assemble.ts';
import { decode, type Report } from './decode.ts';
import { CODE_OFFSET } from './elf.ts';
import { call, output, type Program, resultOf, spawn } from './program.ts';
import { sharedObject } from './shared-object.ts';
import {
  type Architecture,
  AT_EMPTY_PATH,
  AT_FDCWD,
  CAPABILITY_BYTES,
  CAPABILITY_HEADER,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  RENAME_EXCHANGE,
  STATX_BYTES,
  STATX_WANTED,
  STDOUT,
} from './syscalls.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'petrify-probe-test-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** The architectures whose probes can be run here: this machine's own, and the other where qemu-user is installed. */
const RUNNERS: readonly { architecture: Architecture; command: readonly string[]; missing: string | false }[] = [
  { architecture: 'x64', command: runner('x64', 'qemu-x86_64'), missing: absent('x64', 'qemu-x86_64') },
  { architecture: 'arm64', command: runner('arm64', 'qemu-aarch64'), missing: absent('arm64', 'qemu-aarch64') },
];

function runner(architecture: Architecture, emulator: string): string[] {
  return process.arch === architecture ? [] : [installed(emulator) ?? emulator];
}

function absent(architecture: Architecture, emulator: string): string | false {
  if (process.arch === architecture || installed(emulator) !== undefined) return false;
  return `${emulator} is not installed`;
}

/** Some distributions have only the static build, under a name of its own. */
function installed(emulator: string): string | undefined {
  return [emulator, `${emulator}-static`].find((name) => spawnSync(name, ['--version']).status === 0);
}

let count = 0;
function save(content: Buffer): string {
  count += 1;
  const file = join(directory, `probe-${count}`);
  writeFileSync(file, content);
  chmodSync(file, 0o555);
  return file;
}

function run(program: Program, architecture: Architecture, command: readonly string[]): Report {
  const words = [...command, save(assemble(program, architecture))];
  const result = spawnSync(words[0]!, words.slice(1), { timeout: 10_000, uid: 0 });
  assert.equal(result.status, 0, `${result.error ?? result.stderr}`);
  const report = decode(program, result.stdout);
  assert.ok(report);
  return report;
}

for (const { architecture, command, missing } of RUNNERS) {
  describe(`a probe on ${architecture}`, { skip: missing }, () => {
    test('reports what each call returned, by the name of its error', () => {
      const missingFile = call('openat', AT_FDCWD, join(directory, 'nothing', 'here'), O_RDONLY);
      const badDescriptor = call('close', 4096);
      const negative = call('close', -1);
      const uid = call('getuid');
      const report = run([missingFile, badDescriptor, negative, uid], architecture, command);
      assert.equal(report.errno(missingFile), 'ENOENT');
      assert.equal(report.errno(badDescriptor), 'EBADF');
      assert.equal(report.errno(negative), 'EBADF');
      assert.equal(report.errno(uid), null);
      assert.equal(report.value(uid), BigInt(process.getuid!()));
    });

    test('passes the result of a call to a later one, and reports the buffers', () => {
      const file = join(directory, `written-on-${architecture}`);
      const created = call('openat', AT_FDCWD, file, O_WRONLY | O_CREAT | O_EXCL, 0o640);
      const wrote = call('write', resultOf(created), Buffer.from('petrified'), 9);
      const closed = call('close', resultOf(created));
      const opened = call('openat', AT_FDCWD, file, O_RDONLY);
      const content = output(16);
      const got = call('read', resultOf(opened), content, 16);
      const echoed = call('write', STDOUT, content, resultOf(got));
      const again = call('openat', AT_FDCWD, file, O_WRONLY | O_CREAT | O_EXCL, 0o640);
      const report = run([created, wrote, closed, opened, got, echoed, again], architecture, command);
      assert.equal(report.value(wrote), 9n);
      assert.equal(report.value(got), 9n);
      assert.equal(report.bytes(content).toString('latin1', 0, 9), 'petrified');
      assert.equal(report.written.toString(), 'petrified');
      assert.equal(report.errno(again), 'EEXIST');
      assert.equal(readFileSync(file, 'utf8'), 'petrified');
    });

    test('has six registers for arguments, for values, results and buffers alike', () => {
      const file = join(directory, `mode-on-${architecture}`);
      const other = call('openat', AT_FDCWD, `${file}-other`, O_WRONLY | O_CREAT | O_EXCL, 0o600);
      const bytes = call('write', resultOf(other), Buffer.alloc(0o640), 0o640);
      const created = call('openat', AT_FDCWD, file, O_WRONLY | O_CREAT | O_EXCL, resultOf(bytes));
      const facts = output(STATX_BYTES);
      const looked = call('statx', AT_FDCWD, file, 0, STATX_WANTED, facts);
      const far = 2n ** 40n;
      const cut = call('ftruncate', resultOf(other), 5n);
      const invalid = call('ftruncate', resultOf(other), -far);
      const report = run([other, bytes, created, looked, cut, invalid], architecture, command);
      assert.equal(report.errno(looked), null);
      assert.equal(report.bytes(facts).readUInt16LE(28) & 0o777, 0o640, 'the fourth argument was a result');
      assert.equal(readFileSync(`${file}-other`).length, 5);
      assert.equal(report.errno(invalid), 'EINVAL');
    });

    test('names a new file, exchanges it with another, and exchanges them back', () => {
      const [old, fresh] = [join(directory, `old-${architecture}`), join(directory, `new-${architecture}`)];
      writeFileSync(old, 'old');
      writeFileSync(fresh, 'new');
      const exchange = () => call('renameat2', AT_FDCWD, fresh, AT_FDCWD, old, RENAME_EXCHANGE);
      const [there, back] = [exchange(), exchange()];
      const removed = call('unlinkat', AT_FDCWD, fresh, 0);
      const report = run([there, back, removed], architecture, command);
      assert.deepEqual(
        [there, back, removed].map((each) => report.errno(each)),
        [null, null, null],
      );
      assert.equal(readFileSync(old, 'utf8'), 'old');
      assert.equal(existsSync(fresh), false);
    });

    test('runs a file in a child and reports its status, or the error of execve', () => {
      const payload = save(assemble([], architecture, 42));
      const folder = join(directory, `folder-${architecture}`);
      mkdirSync(folder);
      const status = output(8);
      const executed = call('execve', payload, [payload], []);
      const child = spawn(executed);
      const waited = call('wait4', resultOf(child), status, 0, 0);
      const refused = call('execve', folder, [folder], []);
      const failed = spawn(refused);
      const failedStatus = output(8);
      const failedWait = call('wait4', resultOf(failed), failedStatus, 0, 0);
      const report = run([child, waited, failed, failedWait], architecture, command);
      assert.ok(report.value(child) > 0n);
      assert.equal(report.value(waited), report.value(child));
      if (command.length === 0) assert.equal(report.errno(executed), null);
      if (command.length === 0) assert.equal(report.bytes(status).readUInt32LE(0), 42 << 8);
      assert.equal(report.bytes(failedStatus).readUInt32LE(0), 127 << 8);
      // qemu-user makes a vfork a fork, so that only the exit status comes back.
      if (command.length === 0) assert.equal(report.errno(refused), 'EACCES');
    });

    test('stays below 1 KB with ten calls', () => {
      const places = ['/', '/etc', '/usr/bin', '/var/lib', '/root'];
      const program = places.flatMap((place) => {
        const opened = call('openat', AT_FDCWD, `${place}/petrify-0123456789ab`, O_WRONLY | O_CREAT | O_EXCL, 0o600);
        return [opened, call('close', resultOf(opened))];
      });
      const size = assemble(program, architecture).length;
      assert.ok(size < 1024, `${size} bytes`);
    });
  });
}

test('executes from memory, without any file', { skip: process.arch !== 'x64' && 'needs x64' }, () => {
  const payload = assemble([], 'x64', 42);
  const memory = call('memfd_create', 'petrify', 0);
  const wrote = call('write', resultOf(memory), payload, payload.length);
  const executed = call('execveat', resultOf(memory), '', ['petrify'], [], AT_EMPTY_PATH);
  const child = spawn(executed);
  const status = output(8);
  const waited = call('wait4', resultOf(child), status, 0, 0);
  const report = run([memory, wrote, child, waited], 'x64', []);
  assert.equal(report.errno(executed), null);
  assert.equal(report.bytes(status).readUInt32LE(0), 42 << 8);
});

test('knows its own capabilities as the kernel lists them', { skip: process.arch !== 'x64' && 'needs x64' }, () => {
  const sets = output(CAPABILITY_BYTES);
  const asked = call('capget', CAPABILITY_HEADER, sets);
  const report = run([asked], 'x64', []);
  const bytes = report.bytes(sets);
  const effective = BigInt(bytes.readUInt32LE(0)) | (BigInt(bytes.readUInt32LE(12)) << 32n);
  const listed = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  assert.equal(effective, BigInt(`0x${listed}`));
});

test('a report that was cut off is none', () => {
  const program = [call('getuid'), call('getgid')];
  assert.equal(decode(program, Buffer.alloc(8)), undefined);
});

test('the same call twice, or a NUL in a string, is a defect of the program', () => {
  const uid = call('getuid');
  assert.throws(() => assemble([uid, uid], 'x64'), /twice/);
  assert.throws(() => assemble([call('unlinkat', AT_FDCWD, 'a\0b', 0)], 'x64'), /NUL/);
});

test('arm64 instructions, byte for byte', () => {
  // Disassembled with binutils' aarch64 objdump once; each line is one instruction.
  const opened = call('openat', AT_FDCWD, '/etc/x', O_WRONLY | O_CREAT, 0o600);
  const executed = call('execve', '/etc/x', ['x'], []);
  const code = assemble([opened, spawn(executed), call('close', resultOf(opened))], 'arm64').subarray(CODE_OFFSET);
  const words = Array.from({ length: code.length >> 2 }, (_, index) => code.readUInt32LE(index * 4).toString(16));
  const listing = readFileSync(new URL('./fixtures/arm64.txt', import.meta.url), 'utf8');
  const expected = listing.split('\n').flatMap((line) => /^([0-9a-f]{8}) /.exec(line)?.[1] ?? []);
  assert.ok(expected.length > 40);
  assert.deepEqual(
    words.slice(0, expected.length).map((word) => word.padStart(8, '0')),
    expected,
  );
});

describe('a shared object', () => {
  /** The loaders that are here, by architecture, each with the emulator that runs it. */
  const LOADERS: readonly { architecture: Architecture; words: readonly string[] }[] = [
    { architecture: 'x64', words: ['/lib64/ld-linux-x86-64.so.2'] },
    { architecture: 'x64', words: ['/lib/ld-musl-x86_64.so.1'] },
    { architecture: 'arm64', words: ['/lib/ld-linux-aarch64.so.1'] },
    { architecture: 'arm64', words: ['/lib/ld-musl-aarch64.so.1'] },
  ];

  for (const { architecture, words } of LOADERS) {
    const skip = !existsSync(words[0]!) && `there is no ${words[0]}`;
    test(`is run by ${words[0]}, and preloaded into what it loads`, { skip }, () => {
      const file = save(sharedObject(architecture, 44));
      assert.equal(spawnSync(words[0]!, [file]).status, 44);
      // musl initialises libraries from within the program's own start-up code, which another shared object has not.
      if (words[0]!.includes('musl')) return;
      const program = save(sharedObject(architecture, 45));
      assert.equal(spawnSync(words[0]!, [program], { env: { LD_PRELOAD: file } }).status, 44);
    });
  }

  test('is less than one kilobyte, page-aligned, and has no executable stack', () => {
    for (const architecture of ['x64', 'arm64'] as const) {
      const file = sharedObject(architecture, 44);
      assert.ok(file.length < 1024);
      assert.equal(file.readUInt16LE(18), architecture === 'x64' ? 62 : 183);
      const headers = Array.from({ length: file.readUInt16LE(56) }, (_, index) => 64 + index * 56);
      const loads = headers.filter((at) => file.readUInt32LE(at) === 1);
      assert.equal(loads.length, 2);
      for (const at of loads) {
        const [offset, address] = [file.readBigUInt64LE(at + 8), file.readBigUInt64LE(at + 16)];
        assert.equal((address - offset) % file.readBigUInt64LE(at + 48), 0n);
      }
      const stack = headers.find((at) => file.readUInt32LE(at) === 0x6474e551)!;
      assert.equal(file.readUInt32LE(stack + 4), 6);
    }
  });
});

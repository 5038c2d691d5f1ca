/** The pause program waits, and reaps what is left to it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pauseProgram } from './pause.ts';

const runs = process.platform === 'linux' && pauseProgram(process.arch) !== undefined;

it('sleeps without using the processor, and has the kernel reap its children', {
  skip: !runs && 'not Linux on x64 or arm64',
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-pause-'));
  const file = join(folder, 'pause');
  writeFileSync(file, pauseProgram(process.arch)!, { mode: 0o755 });
  const child = spawn(file, [], { stdio: 'ignore' });
  try {
    await sleep(200);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    assert.match(status, /^State:\tS/m);
    const ignored = BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)![1]}`);
    assert.ok(ignored & (1n << 16n), 'SIGCHLD is ignored');
    assert.equal(child.exitCode, null);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

it('is an executable for each machine that it is written for', () => {
  for (const [arch, machine] of [
    ['x64', 0x3e],
    ['arm64', 0xb7],
  ] as const) {
    const program = pauseProgram(arch)!;
    assert.equal(program.subarray(0, 4).toString('latin1'), '\x7fELF');
    assert.equal(program.readUInt16LE(18), machine);
    assert.equal(Number(program.readBigUInt64LE(96)), program.length);
  }
  assert.equal(pauseProgram('s390x'), undefined);
});

/** Which calls a filter is told by: the kernel itself refuses them otherwise, and nothing comes of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { attacks } from './attacks/index.ts';
import { targetWith } from './fixtures/target.ts';
import { assemble } from './probe/assemble.ts';
import { decode, type Report } from './probe/decode.ts';
import { type Call, everyCall } from './probe/program.ts';
import type { SyscallName } from './probe/syscalls.ts';
import { filteredIn, telltales } from './seccomp.ts';

test('what a filter answers a call with, EPERM, ENOSYS or EACCES, is a refusal, and nothing else is', () => {
  const asked = telltales();
  const filtered = (errno: string | null) => {
    const report = { errno: (each: Call) => (each.name === 'mount' ? errno : 'EINVAL') } as unknown as Report;
    return [...filteredIn(report, asked)];
  };
  for (const errno of ['EPERM', 'ENOSYS', 'EACCES']) assert.deepEqual(filtered(errno), ['mount']);
  for (const errno of ['EFAULT', 'EINVAL', null]) assert.deepEqual(filtered(errno), []);
});

/** Whoever runs no filter can ask; without the probe's architecture or under a filter nothing is learnt. */
const unfiltered = /^Seccomp:\s+0$/m.test(readFileSync('/proc/self/status', 'latin1'));
const skip =
  !((process.arch === 'x64' || process.arch === 'arm64') && unfiltered) && 'needs a process without a filter';

test('without a filter the kernel refuses each, and never in a filter’s words', { skip }, () => {
  const asked = telltales();
  const program = [...asked.values()];
  const directory = mkdtempSync(join(tmpdir(), 'petrify-telltales-'));
  try {
    const file = join(directory, 'probe');
    writeFileSync(file, assemble(program, process.arch as 'x64' | 'arm64'), { mode: 0o755 });
    const report = decode(program, spawnSync(file).stdout)!;
    for (const each of program) assert.notEqual(report.errno(each), null, `${each.name} had an effect`);
    assert.deepEqual([...filteredIn(report, asked)], []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** What runtimes refuse by default. */
const REFUSED_BY_DEFAULT: readonly SyscallName[] = [
  ...(['add_key', 'bpf', 'clone', 'init_module', 'keyctl', 'mount', 'open_by_handle_at', 'pivot_root'] as const),
  ...(['ptrace', 'setns', 'umount2', 'unshare'] as const),
];
/** They ask for the capability before they look at anything. */
const ASK_FIRST: readonly SyscallName[] = ['init_module', 'open_by_handle_at', 'pivot_root'];

test('of every call of the attacks that runtimes refuse by default it can be told', () => {
  const tries = attacks.flatMap((attack) => attack.plan(targetWith()).tries);
  const made = new Set(
    tries.flatMap((each) => ('program' in each ? everyCall(each.program) : [])).map((each) => each.name),
  );
  const told = telltales();
  const wanted = REFUSED_BY_DEFAULT.filter((name) => made.has(name) && !ASK_FIRST.includes(name));
  assert.ok(wanted.length > 5, wanted.join());
  assert.deepEqual(
    wanted.filter((name) => !told.has(name)),
    [],
  );
});

/** A child in namespaces of its own, really run here: what it becomes there, and that nothing of it is left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import changeRoot from './attacks/change-root.ts';
import { targetWith } from './fixtures/target.ts';
import { becomeRoot, inNamespaces, SCRATCH } from './namespaces.ts';
import { assemble } from './probe/assemble.ts';
import { decode } from './probe/decode.ts';
import { call, type Program } from './probe/program.ts';
import {
  AT_FDCWD,
  CLONE_NEWNS,
  CLONE_NEWUSER,
  MS_PRIVATE,
  MS_REC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
} from './probe/syscalls.ts';

const MS_SHARED = 1 << 20;
/** Below the scratch directory, on every host. */
const OWN_FILE = `${SCRATCH}/kernel/uevent_seqnum`;

const directory = mkdtempSync(join(tmpdir(), 'petrify-namespaces-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const skip = process.arch !== 'x64' && process.arch !== 'arm64' && 'there is a probe for x64 and arm64';

function run(program: Program) {
  const file = join(directory, 'probe');
  writeFileSync(file, assemble(program, process.arch as 'x64' | 'arm64'), { mode: 0o755 });
  return decode(program, spawnSync(file).stdout)!;
}

test('root of a user namespace mounts over the scratch directory, and outside nobody sees it', { skip }, (t) => {
  const identity = { uid: process.getuid!(), gid: process.getgid!() };
  const { calls: becoming, mapped } = becomeRoot(identity);
  const [uid, gid] = [call('getuid'), call('getgid')];
  const mounted = call('mount', 'petrify', SCRATCH, 'tmpfs', 0, 'size=64k');
  const created = call('openat', AT_FDCWD, `${SCRATCH}/new`, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  const inner = [...becoming, uid, gid, mounted, created];
  const { child, calls } = inNamespaces(CLONE_NEWUSER | CLONE_NEWNS, ...inner);
  const report = run(calls);
  // Hosts may forbid it to everybody.
  if (report.errno(child) !== null) return t.skip(`user namespaces: ${report.errno(child)}`);
  assert.deepEqual(
    [mapped, mounted, created].map((each) => report.errno(each)),
    [null, null, null],
  );
  assert.deepEqual([report.value(uid), report.value(gid)], [0n, 0n]);
  assert.equal(existsSync(`${SCRATCH}/new`), false);
});

test('a child is waited for', { skip }, () => {
  const { child, calls } = inNamespaces(0, call('getuid'));
  const [, waited] = calls;
  const report = run(calls);
  assert.ok(report.value(child) > 0n);
  assert.equal(report.value(waited!), report.value(child));
});

test('the real user and group become root, and groups are given up before one is named', () => {
  const { calls, mapped } = becomeRoot({ uid: 7, gid: 8 });
  const opened = calls.filter(({ name }) => name === 'openat').map(({ args }) => args[1]);
  assert.deepEqual(opened, ['/proc/self/uid_map', '/proc/self/setgroups', '/proc/self/gid_map']);
  const written = calls.filter(({ name }) => name === 'write');
  assert.deepEqual(
    written.map(({ args }) => String(args[1])),
    ['0 7 1\n', 'deny', '0 8 1\n'],
  );
  assert.equal(mapped, written[0]);
});

test('a root is pivoted even where mounts are shared, and whoever shares them sees nothing of it', {
  skip: skip || (process.getuid?.() !== 0 && 'only root may mount'),
}, () => {
  const tried = changeRoot.plan(targetWith()).tries.find(({ place }) => place === 'pivot_root')!;
  assert.ok('program' in tried);
  const propagating = (how: number) => call('mount', 'none', '/', '', MS_REC | how, 0);
  // Private first: what is shared then is shared with nobody outside.
  const [apart, shared] = [propagating(MS_PRIVATE), propagating(MS_SHARED)];
  const seen = call('openat', AT_FDCWD, OWN_FILE, O_RDONLY);
  const { child, calls } = inNamespaces(CLONE_NEWNS, apart, shared, ...tried.program, seen);
  const report = run(calls);
  assert.deepEqual(
    [child, apart, shared, ...tried.decisive].map((each) => report.errno(each)),
    [null, null, null, ...tried.decisive.map(() => null)],
  );
  assert.equal(report.errno(seen), null, 'the scratch directory is as it was');
});

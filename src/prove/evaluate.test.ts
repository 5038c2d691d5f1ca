/** What a report of the probe means: which call decides, and whether a dropped file ran. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeTry } from './attack.ts';
import setuidFile from './attacks/setuid-file.ts';
import { dropAndRun } from './dropping.ts';
import { evaluate as evaluateOn } from './evaluate.ts';
import { targetWith } from './fixtures/target.ts';
import { decode, type Report } from './probe/decode.ts';
import { type Call, everyCall, frameOf, type Program } from './probe/program.ts';
import type { Target } from './target.ts';

const TARGET = targetWith();
const TRY = dropAndRun(TARGET, '/run', 'residual');

/** The report of a probe whose calls returned 3, but for these. */
function reportWith(program: Program, returned: (call: Call) => bigint | undefined, status = 42 << 8) {
  const frame = frameOf(program);
  const stdout = Buffer.alloc(frame.size);
  for (const each of everyCall(program)) stdout.writeBigInt64LE(returned(each) ?? 3n, frame.slots.get(each)!);
  for (const offset of frame.outputs.values()) stdout.writeUInt32LE(status, offset);
  return decode(program, stdout)!;
}

const evaluate = (tried: ProbeTry, report: Report, changes: Partial<Target> = {}) =>
  evaluateOn(tried, report, { ...TARGET, ...changes });

const failing = (name: string, errno: bigint) => (call: Call) => (call.name === name ? -errno : undefined);

test('the first decisive call that failed decides, with its errno', () => {
  const seen = evaluate(TRY, reportWith(TRY.program, failing('openat', 30n)));
  assert.equal(seen.result, 'refused');
  assert.equal(seen.errno, 'EROFS');
  assert.match(seen.detail, /^openat\(\/run\/petrify-0123456789ab\) met EROFS: the file system is read-only$/);
});

test('what a try leaves out or puts back is said where it succeeds, and only there', () => {
  const tried = { ...TRY, execution: undefined, remark: 'it was put back' } as unknown as ProbeTry;
  const won = evaluate(
    tried,
    reportWith(TRY.program, () => undefined),
  );
  assert.match(won.detail, /succeeded; it was put back$/);
  assert.doesNotMatch(evaluate(tried, reportWith(TRY.program, failing('openat', 30n))).detail, /put back/);
});

test('only EROFS, EACCES and EPERM are refusals', () => {
  for (const [number, result] of [
    [1n, 'refused'],
    [13n, 'refused'],
    [2n, 'undecided'],
    [28n, 'undecided'],
    [26n, 'undecided'],
  ] as const) {
    assert.equal(evaluate(TRY, reportWith(TRY.program, failing('write', number))).result, result, String(number));
  }
});

test('a failure of tidying up does not decide', () => {
  assert.equal(evaluate(TRY, reportWith(TRY.program, failing('unlinkat', 13n))).result, 'won');
});

test('a dropped file that runs is executable; one that is refused is not, and the try is won all the same', () => {
  const ran = evaluate(TRY, reportWith(TRY.program, failing('none', 1n)));
  assert.deepEqual([ran.result, ran.executed], ['won', true]);
  const noexec = evaluate(TRY, reportWith(TRY.program, failing('execve', 13n)));
  assert.deepEqual([noexec.result, noexec.executed], ['won', false]);
  const killed = evaluate(TRY, reportWith(TRY.program, failing('none', 1n), 9));
  assert.deepEqual([killed.result, killed.executed], ['won', false]);
});

test('where running is what is tried, its refusal decides, and an odd end leaves it open', () => {
  const required = { ...TRY, execution: { ...TRY.execution!, required: true } };
  assert.equal(evaluate(required, reportWith(TRY.program, failing('execve', 1n))).result, 'refused');
  assert.equal(evaluate(required, reportWith(TRY.program, failing('none', 1n), 9)).result, 'undecided');
});

test('an error with which the kernel shows that it would go on counts as success where the try says so', () => {
  const reaching = { ...TRY, reached: ['ENOEXEC'] };
  const seen = evaluate(reaching, reportWith(TRY.program, failing('write', 8n)));
  assert.equal(seen.result, 'won');
  assert.match(seen.detail, /openat\(.*\) succeeded; write went on to ENOEXEC/);
  assert.equal(evaluate(TRY, reportWith(TRY.program, failing('write', 8n))).result, 'undecided');
});

test('what a filter answers is a refusal by seccomp, whatever the number', () => {
  const seen = evaluate(TRY, reportWith(TRY.program, failing('write', 38n)), { filtered: new Set(['write'] as const) });
  assert.deepEqual([seen.result, seen.layer], ['refused', 'seccomp']);
});

test('a layer is named by the errno, and more exactly by the call that met it', () => {
  const layers = { EPERM: 'LSM', 'write EPERM': 'device cgroup' } as const;
  const layerWhen = (name: string) => evaluate({ ...TRY, layers }, reportWith(TRY.program, failing(name, 1n))).layer;
  assert.equal(layerWhen('openat'), 'LSM');
  assert.equal(layerWhen('write'), 'device cgroup');
});

test('an executed program tells the errno of a call of its own by how it ends', () => {
  const execution = { ...TRY.execution!, exitCode: 0, exitsWithErrno: true, required: true };
  const endingWith = (code: number, changes: object = {}) =>
    evaluate(
      { ...TRY, execution: { ...execution, ...changes } },
      reportWith(TRY.program, () => undefined, code << 8),
    );
  assert.deepEqual([endingWith(0).result, endingWith(0).executed], ['won', true]);
  // The low byte of -1, which is EPERM.
  const refused = endingWith(255);
  assert.deepEqual([refused.result, refused.errno], ['refused', 'EPERM']);
  assert.equal(endingWith(255, { exitsWithErrno: false }).result, 'undecided');
});

test('a child that could not be made or awaited says nothing of what it would have run', () => {
  const required = { ...TRY, execution: { ...TRY.execution!, required: true } };
  const seen = evaluate(required, reportWith(TRY.program, failing('wait4', 10n)));
  assert.deepEqual([seen.result, seen.errno], ['undecided', null]);
  assert.match(seen.detail, /no child process could be made or awaited \(ECHILD\)/);
});

test('what decided nothing has no layer, even where the errno could name one', () => {
  const layers = { ENOENT: 'LSM' } as const;
  const seen = evaluate({ ...TRY, layers }, reportWith(TRY.program, failing('openat', 2n)));
  assert.deepEqual([seen.result, seen.layer], ['undecided', null]);
});

test('EPERM is for want of the capability that the try needs', () => {
  const report = reportWith(TRY.program, failing('openat', 1n));
  assert.equal(evaluate({ ...TRY, needs: 'SYS_ADMIN' }, report).layer, 'capability');
  assert.equal(evaluate(TRY, report).layer, 'permission');
});

test('where the names of the calls do not tell what was won, the try does', () => {
  const { execution: _, ...plain } = TRY;
  const report = reportWith(TRY.program, () => undefined);
  for (const tried of [plain, TRY])
    assert.equal(evaluate({ ...tried, won: 'it became root' }, report).detail, 'it became root');
});

test('what was executed, and then refused a call of its own, was stopped by what takes setuid bits away', () => {
  const layer = (changes: Partial<Target>) => {
    const target = { ...TARGET, uid: 0, capabilities: 1n, ...changes };
    const [tried] = setuidFile.plan(target).tries;
    assert.ok(tried !== undefined && 'program' in tried);
    const seen = evaluateOn(
      tried,
      reportWith(tried.program, () => undefined, 255 << 8),
      target,
    );
    return [seen.result, seen.errno, seen.layer];
  };
  assert.deepEqual(layer({ noNewPrivileges: true }), ['refused', 'EPERM', 'no new privileges']);
  assert.deepEqual(layer({ noNewPrivileges: false }), ['refused', 'EPERM', 'nosuid mount']);
});

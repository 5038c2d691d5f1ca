/** A try that is moved elsewhere makes the same calls there, and one that touches what is not its own is not moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeTry } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { createFile, dropAndRun, newName } from './dropping.ts';
import { targetWith } from './fixtures/target.ts';
import { assemble } from './probe/assemble.ts';
import { call, everyCall, type Program, resultOf, spawn, structure } from './probe/program.ts';
import { AT_FDCWD } from './probe/syscalls.ts';
import { relocated } from './relocate.ts';

const target = targetWith();
const THERE = '/.petrify-control';
const moved = (tried: ProbeTry) => relocated(tried, target.token, THERE);
const textsOf = (program: Program) =>
  everyCall(program).flatMap(({ args }) =>
    args.flatMap((each) => (typeof each === 'string' ? [each] : Array.isArray(each) ? each : [])),
  );

test('the same calls, below another directory', () => {
  const tried = createFile(target, '/etc');
  const { program, decisive } = moved(tried)!;
  const name = `${THERE}/petrify-${target.token}`;
  assert.deepEqual(
    program.map(({ name, args }) => [name, args[1]]),
    [
      ['openat', name],
      ['close', undefined],
      ['unlinkat', name],
    ],
  );
  assert.deepEqual(program[1]!.args, [{ resultOf: program[0] }]);
  assert.deepEqual(decisive, [program[0]]);
  assert.deepEqual(tried.program[0]!.args[1], `/etc/petrify-${target.token}`, 'the original is left alone');
});

test('what lies in a directory of its own making stays in it', () => {
  const directory = newName(target, '/var/lib', '-directory');
  const made = call('mkdirat', AT_FDCWD, directory, 0o755);
  const inside = call('mkdirat', AT_FDCWD, `${directory}/deep`, 0o755);
  const through = call('unlinkat', AT_FDCWD, `/proc/self/root${directory}`, 0);
  const tried: ProbeTry = { place: '/var/lib', gain: 'succeeded', program: [made, inside, through], decisive: [made] };
  assert.deepEqual(
    moved(tried)!.program.map(({ args }) => args[1]),
    ['', '/deep', ''].map((rest) => `${THERE}/petrify-${target.token}-directory${rest}`),
  );
});

test('children, lists and structures are moved as well, and the execution with them', () => {
  const { program, execution } = moved(dropAndRun(target, '/run', 'residual'))!;
  assert.ok(
    textsOf(program)
      .filter((text) => text.startsWith('/'))
      .every((text) => text.startsWith(THERE)),
  );
  assert.ok(everyCall(program).includes(execution!.executed) && program.includes(execution!.waited));
  const name = newName(target, '/run');
  const inner = call('execve', name, [name], []);
  const outer = spawn(inner);
  const vector = call('ioctl', resultOf(outer), structure(name, 4));
  const again = moved({ place: '', gain: 'succeeded', program: [outer, vector], decisive: [inner] })!;
  assert.deepEqual(again.program[1]!.args[1], { fields: [`${THERE}/petrify-${target.token}`, 4] });
  assert.deepEqual(again.decisive, [again.program[0]!.child[0]]);
});

test('what touches anything that is not its own is not moved', () => {
  const own = createFile(target, '/etc');
  const foreign = call('unlinkat', AT_FDCWD, '/etc/passwd', 0);
  assert.equal(moved({ ...own, program: [...own.program, foreign] }), undefined);
  assert.equal(moved({ ...own, program: [...own.program, spawn(call('execve', '/bin/sh', ['sh'], []))] }), undefined);
  assert.equal(
    moved({ ...own, program: [call('getuid')], decisive: [] }),
    undefined,
    'nothing shows where it would be',
  );
});

test('law: of the whole catalogue, whatever is moved names nothing outside, and assembles', () => {
  const tries = attacks.flatMap((attack) => attack.plan(target).tries).filter((each) => 'program' in each);
  const all = tries.map((tried) => ({ tried, there: moved(tried) }));
  assert.ok(all.some(({ there }) => there !== undefined) && all.some(({ there }) => there === undefined));
  for (const { tried, there } of all) {
    if (there === undefined) continue;
    const paths = textsOf(there.program).filter((text) => text.startsWith('/'));
    assert.ok(
      paths.every((path) => path.startsWith(`${THERE}/`) && path.includes(target.token)),
      tried.place,
    );
    assert.equal(everyCall(there.program).length, everyCall(tried.program).length);
    assert.ok(there.decisive.every((one) => everyCall(there.program).includes(one)));
    assert.ok(assemble(there.program, 'x64').length > 0);
  }
});

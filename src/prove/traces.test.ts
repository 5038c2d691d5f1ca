/** What is seen of an attack afterwards: its own names, what was there before, and the mounts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActedTry, ProbeTry, Try } from './attack.ts';
import { createFile, newName } from './dropping.ts';
import { handsOn } from './fixtures/kernel.ts';
import { targetWith } from './fixtures/target.ts';
import { parseMountInfo } from './mounts.ts';
import { call, spawn } from './probe/program.ts';
import { AT_FDCWD } from './probe/syscalls.ts';
import type { PathFacts } from './target.ts';
import { tracesLeft } from './traces.ts';

const MOUNT_INFO = '1 0 0:1 / / ro - overlay overlay rw\n2 1 0:2 / /run rw - tmpfs tmpfs rw\n';
const FILE: PathFacts = { kind: 'file', size: 10, mode: 0o644, uid: 0, gid: 0, mountId: 1 };
const DIRECTORY: PathFacts = { ...FILE, kind: 'directory', mode: 0o755 };
const BEFORE = new Map([
  ['/etc/issue', FILE],
  ['/etc', DIRECTORY],
  ['/run/state', { ...FILE, mountId: 2 }],
  ['/etc/untouched', FILE],
]);

const target = targetWith({ paths: BEFORE, mounts: parseMountInfo(MOUNT_INFO) });
const named = (...paths: readonly string[]): ProbeTry => {
  const program = paths.map((path) => call('fchmodat', AT_FDCWD, path, 0o644));
  return { place: '', gain: 'succeeded', program, decisive: program };
};

interface Afterwards {
  readonly paths?: Readonly<Record<string, Partial<PathFacts> | null>>;
  readonly mountInfo?: string;
}

/** null: it is gone. */
function tracesOf(tries: readonly Try[], { paths = {}, mountInfo = MOUNT_INFO }: Afterwards) {
  const now = new Map<string, PathFacts>(BEFORE);
  for (const [path, facts] of Object.entries(paths)) {
    if (facts === null) now.delete(path);
    else now.set(path, { ...(now.get(path) ?? FILE), ...facts });
  }
  return tracesLeft({ target, hands: handsOn({ paths: now, mountInfo }).hands }, tries);
}

test('where everything is as it was there is no trace', async () => {
  assert.deepEqual(await tracesOf([createFile(target, '/etc'), named('/etc/issue', '/etc')], {}), []);
});

test('a name of its own that is still there is one, also of a child', async () => {
  const own = newName(target, '/etc');
  const said = [`${own} was made by an attack and is still there.`];
  assert.deepEqual(await tracesOf([createFile(target, '/etc')], { paths: { [own]: {} } }), said);
  const inChild = spawn(call('mkdirat', AT_FDCWD, own, 0o755));
  const tried: ProbeTry = { place: '', gain: 'succeeded', program: [inChild], decisive: [inChild] };
  assert.deepEqual(await tracesOf([tried], { paths: { [own]: {} } }), said);
});

test('so is what a try says that it makes', async () => {
  const makes = ['/usr/bin/petrify-proof'];
  const acted: ActedTry = { place: '', gain: 'succeeded', makes, act: () => assert.fail('it is over') };
  assert.deepEqual(await tracesOf([acted], {}), []);
  assert.deepEqual(await tracesOf([acted], { paths: { '/usr/bin/petrify-proof': {} } }), [
    '/usr/bin/petrify-proof was made by an attack and is still there.',
  ]);
});

test('what was touched on the root and is gone or changed is one, and each change is named', async () => {
  const tries = [named('/etc/issue', '/etc')];
  assert.deepEqual(await tracesOf(tries, { paths: { '/etc/issue': null } }), ['/etc/issue was there and is gone.']);
  for (const changed of [{ mode: 0o666 }, { uid: 1 }, { gid: 1 }, { size: 11 }, { kind: 'socket' }] as const) {
    const [key] = Object.keys(changed);
    const said = [`/etc/issue is not as it was: ${key}.`];
    assert.deepEqual(await tracesOf(tries, { paths: { '/etc/issue': changed } }), said);
  }
  assert.deepEqual(await tracesOf(tries, { paths: { '/etc': { size: 4096 } } }), [], 'a directory may grow');
});

test('what the application changes is none: elsewhere than on the root, or untouched', async () => {
  const paths = { '/run/state': { size: 99 }, '/etc/untouched': { size: 99 } };
  assert.deepEqual(await tracesOf([named('/etc/issue', '/run/state')], { paths }), []);
});

test('mounts that came, went or are mounted otherwise are traces', async () => {
  const more = `${MOUNT_INFO}3 1 0:3 / /usr rw - tmpfs petrify rw\n`;
  assert.deepEqual(await tracesOf([], { mountInfo: more }), ['The mount /usr (tmpfs, rw) was not there before.']);
  const gone = MOUNT_INFO.split('\n')[0]!;
  assert.deepEqual(await tracesOf([], { mountInfo: gone }), [
    'The mount /run (tmpfs, rw) is gone, or was mounted otherwise.',
  ]);
  assert.deepEqual(await tracesOf([], { mountInfo: MOUNT_INFO.replace('/ ro', '/ rw') }), [
    'The mount / (overlay, rw) was not there before.',
    'The mount / (overlay, ro) is gone, or was mounted otherwise.',
  ]);
});

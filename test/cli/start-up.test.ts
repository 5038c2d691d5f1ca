/** What starting the program costs: `--version`, `--help` and `explain` load nothing that they do not need. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const entry = new URL('../../src/cli/petrify.ts', import.meta.url).pathname;
const listing = new URL('./list-modules.mjs', import.meta.url).pathname;

/** Every module that a command line loads, from the loader itself. */
function modulesOf(...args: string[]): string[] {
  const done = spawnSync(process.execPath, ['--import', listing, entry, ...args], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stderr.split('\n').filter((line) => line.startsWith('module '));
}

const rooms = (modules: readonly string[]) =>
  [...new Set(modules.flatMap((line) => /\/src\/([a-z]+)\//.exec(line)?.[1] ?? []))].sort();
const libraries = (modules: readonly string[]) =>
  [...new Set(modules.flatMap((line) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(line)?.[1] ?? []))].sort();

test('--version loads nothing but the version', () => {
  const modules = modulesOf('--version');
  assert.deepEqual(rooms(modules), ['cli']);
  assert.deepEqual(libraries(modules), []);
});

test('--help loads the command line and nothing else', () => {
  const modules = modulesOf('--help');
  assert.deepEqual(rooms(modules), ['cli', 'report']);
  assert.deepEqual(libraries(modules), ['commander']);
});

test('explain loads the controls, and no engine', () => {
  const modules = modulesOf('explain', 'privileged');
  assert.deepEqual(rooms(modules), ['cli', 'controls', 'manifest', 'report', 'workload']);
  assert.ok(
    !libraries(modules).some((name) => ['koffi', 'zod', 'ora', 'modern-tar', 'diff', 'js-yaml'].includes(name)),
  );
});

test('check loads no engine', () => {
  const modules = modulesOf('check', '--help');
  assert.deepEqual(libraries(modules), ['commander']);
});

test('check of a plain file loads neither a schema library, nor an engine, nor a client of a cluster', () => {
  const example = new URL('../../examples/nginx/', import.meta.url).pathname;
  const modules = modulesOf('check', '--no-config', '--fail-on', 'never', example);
  const heavy = ['zod', 'koffi', 'ora', 'modern-tar', '@kubernetes/client-node', 'diff'];
  assert.deepEqual(
    libraries(modules).filter((name) => heavy.includes(name)),
    [],
  );
  assert.ok(!rooms(modules).some((room) => ['engine', 'cluster', 'observe', 'prove', 'harden'].includes(room)));
  assert.ok(!modules.some((line) => /settings\/(schema|read|known)|check\/worker/.test(line)), 'only what is used');
});

test('catalog loads the catalogue, and no engine', () => {
  const modules = modulesOf('catalog', 'nginx');
  assert.deepEqual(rooms(modules), ['catalogue', 'cli', 'report']);
  assert.deepEqual(libraries(modules), ['commander', 'js-yaml', 'zod']);
});

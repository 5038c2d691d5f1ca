/** The package as users get it: built, packed without tests, and running from somebody's node_modules. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { publint } from 'publint';
import { buildProgram } from '../setup/build.ts';
import { DEPLOYMENT } from './example.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'petrify-package-'));
const installed = join(folder, 'node_modules', 'petrify');
after(() => rmSync(folder, { recursive: true }));

function run(command: string, ...args: string[]) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' });
}

test('the built package runs from node_modules, where TypeScript would not', async () => {
  mkdirSync(installed, { recursive: true });
  await buildProgram(join(installed, 'dist'));
  for (const name of ['package.json', 'README.md', 'LICENSE', 'catalog']) {
    cpSync(join(root, name), join(installed, name), { recursive: true });
  }
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), place);
  }
  const entry = join(installed, 'dist/petrify.js');
  const checked = run(process.execPath, entry, 'check', DEPLOYMENT);
  assert.equal(checked.status, 1, checked.stderr);
  assert.match(checked.stdout, /mutable/);
  // Without the optional koffi nothing breaks, and the catalogue is found.
  const planned = run(process.execPath, entry, 'harden', '--engine', 'none', DEPLOYMENT);
  assert.equal(planned.status, 0, planned.stderr);
  assert.match(planned.stdout, /mountPath: \/var\/cache\/nginx/);
});

test('it holds no tests, and its package.json is in order', async () => {
  assert.deepEqual(globSync('**/*.test.*', { cwd: join(installed, 'dist') }), []);
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
  assert.deepEqual(messages, []);
});

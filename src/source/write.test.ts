/** Writing: the old text or the new one, never half of either, and nothing left beside it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { writeAtomic } from './write.ts';

function directory(context: test.TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'petrify-write-'));
  context.after(() => rmSync(root, { recursive: true }));
  return root;
}

test('the text is replaced, the mode stays, nothing else appears', (context) => {
  const root = directory(context);
  const file = join(root, 'm.yaml');
  writeFileSync(file, 'old');
  chmodSync(file, 0o640);
  writeAtomic(file, 'new: é');
  assert.equal(readFileSync(file, 'utf8'), 'new: é');
  assert.equal(statSync(file).mode & 0o7777, 0o640);
  assert.deepEqual(readdirSync(root), ['m.yaml']);
});

test('a new file is made', (context) => {
  const file = join(directory(context), 'new.yaml');
  writeAtomic(file, 'a: 1');
  assert.equal(readFileSync(file, 'utf8'), 'a: 1');
});

test('a link stays a link, its target is written', (context) => {
  const root = directory(context);
  mkdirSync(join(root, 'real'));
  writeFileSync(join(root, 'real/m.yaml'), 'old');
  symlinkSync('real/m.yaml', join(root, 'link.yaml'));
  writeAtomic(join(root, 'link.yaml'), 'new');
  assert.ok(lstatSync(join(root, 'link.yaml')).isSymbolicLink());
  assert.equal(readFileSync(join(root, 'real/m.yaml'), 'utf8'), 'new');
  assert.deepEqual([readdirSync(root), readdirSync(join(root, 'real'))], [['link.yaml', 'real'], ['m.yaml']]);
});

test('the owner stays', {
  skip: process.geteuid?.() === 0 ? false : 'only root can give a file to another user',
}, (context) => {
  const root = directory(context);
  const file = join(root, 'm.yaml');
  writeFileSync(file, 'old');
  const { chownSync } = process.getBuiltinModule('node:fs');
  chownSync(file, 12_345, 23_456);
  writeAtomic(file, 'new');
  assert.deepEqual([statSync(file).uid, statSync(file).gid], [12_345, 23_456]);
});

test('what cannot be written stays as it was, and nothing is left behind', (context) => {
  const root = directory(context);
  mkdirSync(join(root, 'd.yaml'));
  writeFileSync(join(root, 'd.yaml/x'), '');
  symlinkSync('gone', join(root, 'dead.yaml'));
  for (const name of ['d.yaml', 'missing/m.yaml', 'dead.yaml']) {
    assert.throws(
      () => writeAtomic(join(root, name), 'new'),
      (error) =>
        error instanceof Failure && error.code === 'file-unwritable' && error.message.includes(name) && !!error.hint,
    );
  }
  assert.deepEqual(readdirSync(root).sort(), ['d.yaml', 'dead.yaml']);
});

test('a write that fails in the middle leaves the old text and no temporary file', {
  skip: process.platform === 'linux' ? false : 'needs a file size limit',
}, async (context) => {
  const root = directory(context);
  const file = join(root, 'm.yaml');
  writeFileSync(file, 'old');
  const program = `import { writeAtomic } from ${JSON.stringify(new URL('write.ts', import.meta.url).href)};
process.on('SIGXFSZ', () => {});
try { writeAtomic(${JSON.stringify(file)}, 'n'.repeat(1_000_000)); } catch (error) { process.exitCode = error.code === 'file-unwritable' ? 7 : 8; }`;
  const child = spawn('/bin/sh', [
    '-c',
    'ulimit -f 16; exec "$0" "$@"',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ]);
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);
  assert.equal(readFileSync(file, 'utf8'), 'old');
  assert.deepEqual(readdirSync(root), ['m.yaml']);
});

test('killed at any moment, the file holds one whole text', async (context) => {
  const root = directory(context);
  const file = join(root, 'm.yaml');
  const [one, other] = ['a'.repeat(300_000), 'b'.repeat(200_000)];
  writeFileSync(file, one);
  const program = `import { writeAtomic } from ${JSON.stringify(new URL('write.ts', import.meta.url).href)};
console.log('ready');
for (let i = 0; ; i++) writeAtomic(${JSON.stringify(file)}, i % 2 ? 'a'.repeat(300_000) : 'b'.repeat(200_000));`;
  for (const wait of [0, 3, 11]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await sleep(wait);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok([one, other].includes(readFileSync(file, 'utf8')));
  }
});

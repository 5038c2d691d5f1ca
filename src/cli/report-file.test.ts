/** The file of a report: whole or not at all; what is no regular file is never replaced. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  lstatSync,
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
import { after, test } from 'node:test';
import { Failure } from '../failure.ts';
import { reportFile } from './report-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-report-'));
after(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  const report = reportFile(file);
  report.print(text);
  report.keep();
}

test('a regular file is replaced as a whole, and stays as it was where the report is dropped', () => {
  const file = join(folder, 'a.txt');
  write(file, 'one');
  const dropped = reportFile(file);
  dropped.print('two');
  dropped.drop();
  assert.equal(readFileSync(file, 'utf8'), 'one');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('petrify-')),
    [],
  );
});

test('a link stays one, and its file is written', () => {
  const [file, link] = [join(folder, 'b.txt'), join(folder, 'link')];
  writeFileSync(file, 'old');
  symlinkSync('b.txt', link);
  write(link, 'new');
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(file, 'utf8'), 'new');
});

test('a device or a pipe is written to, and stays what it is', { skip: process.platform === 'win32' }, () => {
  write('/dev/null', 'gone');
  assert.ok(statSync('/dev/null').isCharacterDevice());
  const pipe = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const module = new URL('./report-file.ts', import.meta.url).href;
  const script = `const { reportFile } = await import(${JSON.stringify(module)}); const r = reportFile(${JSON.stringify(pipe)}); r.print('through'); r.keep();`;
  const done = spawnSync('sh', [
    '-c',
    `"$0" --input-type=module -e "$1" & cat "$2"; wait`,
    process.execPath,
    script,
    pipe,
  ]);
  assert.equal(done.stdout.toString(), 'through');
  assert.ok(statSync(pipe).isFIFO());
});

test('a place that cannot be written is named', () => {
  assert.throws(
    () => reportFile(join(folder, 'a.txt', 'b')),
    (error: unknown) => error instanceof Failure && error.code === 'file-unwritable',
  );
});

/** What was run is recalled as it was, whatever the file has gone through. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { recordedLayout } from '../observe/layout-snapshot.ts';
import type { Observation } from '../observe/observe.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { fileMemory, keyOf } from './memory.ts';

const observation = (text: string) =>
  ({
    outcome: { ready: true, readyMs: 5 },
    differences: [],
    answered: [],
    later: [],
    containers: [
      {
        name: 'app',
        logs: text,
        layout: recordedLayout({ links: { '/var/run': '/run' }, directories: { '/run': shippedDirectory(2) } }),
      },
    ],
  }) as unknown as Observation;

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'memory-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'trials');
}

test('an observation comes back whole, its layout alive', (t) => {
  const path = place(t);
  const memory = fileMemory(path);
  assert.equal(memory.recall('a'), undefined);
  memory.remember('a', observation('two\nlines 𝒳'));
  memory.remember('b', observation('other'));
  assert.equal(memory.recall('a')!.containers[0]!.logs, 'two\nlines 𝒳');
  const again = fileMemory(path);
  const recalled = again.recall('a')!;
  assert.equal(JSON.stringify(recalled), JSON.stringify(observation('two\nlines 𝒳')));
  const { layout } = recalled.containers[0]!;
  assert.deepEqual([layout.resolve('/var/run'), layout.resolve('/x')], ['/run', '/x']);
  assert.deepEqual([layout.directory('/run'), layout.directory('/x')], [shippedDirectory(2), undefined]);
  assert.equal(layout.directory('constructor'), undefined);
  assert.equal(again.recall('b')!.containers[0]!.logs, 'other');
});

test('a last line that was broken off is run again, and the rest is known', (t) => {
  const path = place(t);
  const memory = fileMemory(path);
  memory.remember('a', observation('a'));
  memory.remember('b', observation('b'));
  truncateSync(path, readFileSync(path).length - 20);
  const broken = fileMemory(path);
  assert.ok(broken.recall('a'));
  assert.equal(broken.recall('b'), undefined);
  broken.remember('c', observation('c'));
  broken.remember('d', observation('d'));
  const mended = fileMemory(path);
  assert.ok(mended.recall('a'));
  assert.ok(mended.recall('c'), 'what is written behind a broken line is a line of its own');
  assert.ok(mended.recall('d'));
});

test('lines of another version, or of anything else, are passed over', (t) => {
  const path = place(t);
  fileMemory(path).remember('a', observation('a'));
  const other = readFileSync(path, 'utf8').replaceAll('v1alpha1', 'v0');
  writeFileSync(path, other);
  appendFileSync(path, '\n[]\nnull\n7\n{"format":"petrify.dev/trials/v1alpha1","key":"x"}\n\u0000\n');
  const memory = fileMemory(path);
  assert.equal(memory.recall('a'), undefined);
  assert.equal(memory.recall('x'), undefined);
});

test('a file that nobody wrote for this, or that cannot be written, is said', (t) => {
  const path = place(t);
  writeFileSync(path, '');
  truncateSync(path, 257 * 1024 * 1024);
  assert.throws(() => fileMemory(path), { code: 'file-unreadable' });
  const folder = place(t);
  mkdirSync(folder);
  assert.throws(() => fileMemory(folder), { code: 'file-unreadable' });
  assert.throws(() => fileMemory(join(place(t), 'no', 'where')).remember('a', observation('a')), {
    code: 'file-unwritable',
  });
});

test('the key changes with everything that it is made of, and with nothing else', () => {
  assert.equal(keyOf([1, { a: 1 }]), keyOf([1, { a: 1 }]));
  const keys = [keyOf([1, { a: 1 }]), keyOf([1, { a: 2 }]), keyOf([1]), keyOf([[1], { a: 1 }]), keyOf(['1', { a: 1 }])];
  assert.equal(new Set(keys).size, keys.length);
});

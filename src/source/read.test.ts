/** Sources: every manifest below a directory once, in order; what cannot be read is said and hides nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { readSources } from './read.ts';

const NO_INPUT = { stdin: Readable.from([]) };

/** A directory with the given files, removed after the test. A value that begins with `-> ` is a link. */
function directory(context: test.TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'petrify-source-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), join(root, name));
    else writeFileSync(join(root, name), content);
  }
  return root;
}

test('a directory gives its manifests, sorted, however deep; not those of others', async (context) => {
  const root = directory(context, {
    'b.yaml': 'b: 1',
    'a.yml': 'a: 1',
    'deep/er/c.JSON': '{}',
    'notes.txt': 'no',
    'node_modules/x/d.yaml': 'no',
    '.git/e.yaml': 'no',
  });
  const { texts, unreadable } = await readSources([root], NO_INPUT);
  assert.deepEqual(unreadable, []);
  assert.deepEqual(
    texts.map(({ file }) => file),
    ['a.yml', 'b.yaml', 'deep/er/c.JSON'].map((name) => join(root, name)),
  );
});

test('links are followed once, loops and all; a dead link is said', async (context) => {
  const root = directory(context, {
    'a/m.yaml': 'm: 1',
    'a/loop': '-> ..',
    b: '-> a',
    'again.yaml': '-> a/m.yaml',
    'dead.yaml': '-> gone',
  });
  const { texts, unreadable } = await readSources([root, join(root, 'a/m.yaml')], NO_INPUT);
  assert.equal(texts.length, 1);
  assert.deepEqual(
    unreadable.map(({ file, message }) => [file, message]),
    [[join(root, 'dead.yaml'), 'no such file or directory']],
  );
});

test('a file is read whatever its name, and a byte order mark stays', async (context) => {
  const root = directory(context, { manifest: '\uFEFFa: 1' });
  const { texts } = await readSources([join(root, 'manifest')], NO_INPUT);
  assert.equal(texts[0]!.text, '\uFEFFa: 1');
});

test('standard input, once', async () => {
  const { texts } = await readSources(['-', '-'], {
    stdin: Readable.from([Buffer.from('a: é').subarray(0, 4), Buffer.from('a: é').subarray(4)]),
  });
  assert.deepEqual(texts, [{ file: '-', text: 'a: é' }]);
});

test('bad input is said and hides nothing', async (context) => {
  const root = directory(context, {
    'good.yaml': 'a: 1',
    'bad.yaml': Buffer.from('a: 1\nb: \xff\n', 'latin1'),
    'empty/readme.md': '',
  });
  const { texts, unreadable } = await readSources([join(root, 'missing.yaml'), join(root, 'empty'), root], NO_INPUT);
  assert.equal(texts.length, 1);
  assert.deepEqual(
    unreadable.map(({ file, line, message }) => [file.slice(root.length + 1), line, message]),
    [
      ['missing.yaml', 1, 'no such file or directory'],
      ['empty', 1, 'holds no .yaml, .yml or .json file'],
      ['bad.yaml', 2, 'is not UTF-8 text'],
    ],
  );
  assert.ok(unreadable.every(({ hint }) => hint !== undefined));
});

test('endless input is cut off, not swallowed', async () => {
  let given = 0;
  const endless = async function* () {
    for (;;) {
      given += 1024 * 1024;
      yield Buffer.alloc(1024 * 1024, 0x20);
    }
  };
  const { texts, unreadable } = await readSources(['-'], { stdin: Readable.from(endless()) });
  assert.deepEqual(texts, []);
  assert.match(unreadable[0]!.message, /^is larger than 64 MiB$/);
  assert.ok(given < 100 * 1024 * 1024);
});

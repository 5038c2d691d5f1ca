/** Streams: everything at the paths in a stable order; what is hostile, broken or endless is said and hides nothing. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import fc from 'fast-check';
import { anyDocument, anyStyle, write } from '../../test/written.ts';
import type { ManifestText, Notice, Unreadable } from '../manifest/document.ts';
import { eachDocument } from '../manifest/read.ts';
import { bytesOfFile } from './bytes.ts';
import { type StreamOptions, streamSources } from './stream.ts';

const NO_TOOLS = { PATH: '' };

interface Streamed {
  readonly texts: ManifestText[];
  readonly unreadable: Unreadable[];
  readonly notices: Notice[];
}

async function stream(paths: readonly string[], options: Partial<StreamOptions> = {}): Promise<Streamed> {
  const streamed: Streamed = { texts: [], unreadable: [], notices: [] };
  const all = { stdin: Readable.from([]), allowNetwork: false, env: NO_TOOLS, ...options };
  for await (const item of streamSources(paths, all)) {
    if ('text' in item) streamed.texts.push(item.text);
    else if ('notice' in item) streamed.notices.push(item.notice);
    else streamed.unreadable.push(item.unreadable);
  }
  return streamed;
}

/** A directory with the given files, removed after the test. A value that begins with `-> ` is a link. */
function directory(context: test.TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'petrify-stream-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), join(root, name));
    else writeFileSync(join(root, name), content);
  }
  return root;
}

const names = (root: string, { texts }: Streamed) => texts.map(({ file }) => relative(root, file));

test('globs that no shell expanded, exclusions, and what is never looked into', async (context) => {
  const root = directory(context, {
    'a/x.yaml': 'a: 1',
    'a/deep/y.yml': 'a: 1',
    'a/notes.md': 'no',
    'a/node_modules/z.yaml': 'no',
    'b/test/x.yaml': 'a: 1',
  });
  assert.deepEqual(names(root, await stream([join(root, '**/*.yaml')])), ['a/x.yaml', 'b/test/x.yaml']);
  assert.deepEqual(names(root, await stream([join(root, 'a/**')])), ['a/deep/y.yml', 'a/x.yaml']);
  assert.deepEqual(names(root, await stream([root], { exclude: ['test', 'a/deep/**'] })), ['a/x.yaml']);
  const { unreadable } = await stream([join(root, '*.json')]);
  assert.match(unreadable[0]!.message, /^matches no .yaml, .yml or .json file$/);
});

test('devices are refused, pipes in folders passed over, named pipes read', async (context) => {
  const root = directory(context, { 'a.yaml': 'a: 1' });
  for (const name of ['b.yaml', 'named']) spawnSync('mkfifo', [join(root, name)]);
  assert.deepEqual(names(root, await stream([root])), ['a.yaml']);
  // What was a file when it was listed may be a pipe when it is opened.
  assert.deepEqual([...bytesOfFile(join(root, 'b.yaml')), ...bytesOfFile('/dev/zero')], []);
  const { unreadable } = await stream(['/dev/zero', '/dev/null']);
  assert.deepEqual(
    unreadable.map(({ message }) => message),
    ['is a device, no file', 'is a device, no file'],
  );
  const writer = spawn('/bin/sh', ['-c', 'echo "b: 2" > "$0"', join(root, 'named')]);
  context.after(() => writer.kill());
  const { texts } = await stream([join(root, 'named')]);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ['b: 2\n'],
  );
});

test('UTF-16 with a byte order mark is read; what is no text is said at its line', async (context) => {
  const utf16 = Buffer.from('\uFEFFname: é\n', 'utf16le');
  const root = directory(context, {
    'a.yaml': utf16,
    'b.yaml': Buffer.from(utf16).swap16(),
    'c.yaml': Buffer.from('a: 1\nb: \xff\n', 'latin1'),
    'd.yaml': Buffer.from([0xc3]),
    'e.yaml': '',
    'f.yaml': 'x',
  });
  const { texts, unreadable } = await stream([root]);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ['\uFEFFname: é\n', '\uFEFFname: é\n', '', 'x'],
  );
  assert.deepEqual(
    unreadable.map(({ line, message }) => [line, message]),
    [
      [2, 'is not UTF-8 text'],
      [1, 'is not UTF-8 text'],
    ],
  );
});

test('a file that goes away between listing and reading is said', async (context) => {
  const root = directory(context, { 'a.yaml': 'a: 1', 'b.yaml': 'b: 1', 'c.yaml': 'c: 1' });
  const seen: string[] = [];
  for await (const item of streamSources([root], { stdin: Readable.from([]), allowNetwork: false, env: NO_TOOLS })) {
    if (seen.length === 0) rmSync(join(root, 'b.yaml'));
    seen.push('text' in item ? item.text.text : 'unreadable' in item ? item.unreadable.message : '');
  }
  assert.deepEqual(seen, ['a: 1', 'no such file or directory', 'c: 1']);
});

test('without the tools charts and kustomizations are notices in a walk, and errors where they were named', async (context) => {
  const root = directory(context, {
    'chart/Chart.yaml': 'name: x',
    'chart/templates/x.yaml': 'a: {{ x }}',
    'k/kustomization.yaml': 'resources: [web.yaml]\npatches: [{path: patch.yaml}]',
    'k/web.yaml': 'web: 1',
    'k/patch.yaml': 'no object',
  });
  const walked = await stream([root]);
  assert.deepEqual(names(root, walked), ['k/web.yaml']);
  assert.deepEqual(walked.unreadable, []);
  assert.deepEqual(
    walked.notices.map(({ file, message }) => [relative(root, file), message.split(',')[0]]),
    [
      ['chart', 'is a Helm chart'],
      ['k/kustomization.yaml', 'is a kustomization'],
    ],
  );
  const named = await stream([join(root, 'chart'), join(root, 'k')]);
  assert.deepEqual([named.notices.length, named.unreadable.length], [0, 2]);
  assert.ok(named.unreadable.every(({ hint }) => hint !== undefined));
});

test('a long stream is read as it is asked for, never ahead', async () => {
  const document = `---\nkind: ConfigMap\ndata: {text: "${'x'.repeat(1000)}"}\n`.repeat(256);
  let given = 0;
  const endless = function* () {
    for (;;) {
      given++;
      yield Buffer.from(document);
    }
  };
  let parts = 0;
  let documents = 0;
  for await (const item of streamSources(['-'], { stdin: Readable.from(endless()), allowNetwork: false })) {
    assert.ok('text' in item && item.text.before);
    assert.equal(item.text.before.documents, documents);
    assert.equal(item.text.before.lines, 3 * documents);
    for (const _ of eachDocument(item.text, ({ message }) => assert.fail(message))) documents++;
    if (++parts === 20) break;
  }
  assert.ok(given * document.length < 25 * 600 * 1024, `${given} pieces were taken`);
});

test('no bytes make a stream throw', async () => {
  const mutated = fc
    .tuple(anyDocument, anyStyle, fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 6 })), { maxLength: 5 }))
    .map(([value, style, cuts]) => {
      let bytes = Buffer.from(write(value, style));
      for (const [at, put] of cuts) {
        const start = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + put.length)]);
      }
      return bytes;
    });
  const bytes = fc.oneof(mutated, fc.uint8Array({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 64 }), async (all, size) => {
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
        Buffer.from(all.subarray(at * size, (at + 1) * size)),
      );
      const { texts, unreadable } = await stream(['-'], { stdin: Readable.from(chunks) });
      assert.ok(texts.length + unreadable.length > 0);
      for (const text of texts) for (const one of eachDocument(text, () => {})) JSON.stringify(one.value);
    }),
    { numRuns: 1_500 },
  );
});

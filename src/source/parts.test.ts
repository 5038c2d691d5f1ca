/** A text in parts is the text: the same documents at the same lines, the same problems, in bounded memory. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ManifestText } from '../manifest/document.ts';
import { positionAt } from '../manifest/position.ts';
import { eachDocument } from '../manifest/read.ts';
import { type PartLimits, partsOf } from './parts.ts';

const SMALL: PartLimits = { part: 40, document: 10_000, passedOver: 10_000 };

type Parts = { texts: ManifestText[]; said: unknown[] };

async function cut(text: string, sizes: readonly number[], limits: PartLimits): Promise<Parts> {
  const chunks: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(text.slice(at, at + size));
    at += size;
  }
  const parts: Parts = { texts: [], said: [] };
  for await (const part of partsOf({ file: 'f' }, chunks, limits)) {
    if ('text' in part) parts.texts.push(part.text);
    else parts.said.push(part.unreadable);
  }
  return parts;
}

/** Everything that can be told of the documents of a text, or of its parts one after the other. */
function told(texts: readonly ManifestText[]): { documents: unknown[]; problems: unknown[] } {
  const problems: unknown[] = [];
  const documents: unknown[] = [];
  for (const text of texts) {
    for (const { index, value, start, end, root } of eachDocument(text, (problem) => problems.push(problem))) {
      const { line, column } = positionAt(text, root.start);
      const last = positionAt(text, root.end).line;
      documents.push({ index, value, line, column, last, text: text.text.slice(start, end) });
    }
  }
  return { documents, problems };
}

const piece = fc.constantFrom(
  '---',
  '--- ',
  '--- # said',
  '--- {a: 1}',
  '...',
  '... # end',
  '... a: 1',
  '---x',
  '# a comment',
  '%YAML 1.2',
  '',
  ' ',
  '\uFEFF',
  '\uFEFF---',
  'a: 1',
  'b: [',
  ']',
  'c: {{ x }}',
  'd: |\n  ---',
  '  text',
  '{"a": 1}',
  '{',
  '  "b": {"c": 2}',
  '}',
  '} ',
  'name: "{{ x }}"',
  'long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'e: \0',
);
const stream = fc
  .tuple(fc.array(fc.tuple(piece, fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')), { maxLength: 40 }), fc.boolean())
  .map(([lines, isClosed]) => lines.map(([line, end]) => line + end).join('') + (isClosed ? '' : 'z: 1'));
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

test('law: documents, indexes, lines, columns and problems of the parts are those of the whole', async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(stream, sizes, async (text, sizes) => {
      const { texts, said } = await cut(text, sizes, SMALL);
      assert.equal(
        texts.map((part) => part.text).join(''),
        text.slice(0, texts.map((part) => part.text).join('').length),
      );
      if (texts.length > 1) cuts++;
      const parts = told(texts);
      const whole = told([{ file: 'f', text }]);
      assert.deepEqual(parts.documents, whole.documents);
      assert.deepEqual([...parts.problems, ...said], whole.problems);
    }),
    {
      numRuns: 1_500,
      // Found by chance once: nothing is in these but what cannot be read.
      examples: [
        ['# a comment\n\uFEFF---\n# a comment\n--- # said\n', [1]],
        ['--- # said\n---\n%YAML 1.2\n---\n# a comment\n', [1]],
      ],
    },
  );
  assert.ok(cuts > 250, `${cuts} texts were cut`);
});

test('a long text that says nothing is reported once, however many parts it has', async () => {
  const { texts, said } = await cut(`# nothing\n${'--- # nothing\n'.repeat(50)}`, [7], SMALL);
  assert.ok(texts.length > 3);
  assert.deepEqual([told(texts).problems, said], [[], [{ file: 'f', line: 1, message: 'holds no document' }]]);
});

test('JSON values one after the other are documents, in one part or in many', async () => {
  const text = Array.from({ length: 100 }, (_, index) => `{\n  "kind": "K",\n  "index": ${index}\n}\n`).join('');
  const { texts } = await cut(text, [7], SMALL);
  assert.ok(texts.length > 50);
  const { documents, problems } = told(texts);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    documents.map((document) => (document as { value: unknown }).value),
    Array.from({ length: 100 }, (_, index) => ({ kind: 'K', index })),
  );
});

test('a document that is too long is said once and passed over; what follows keeps its lines', async () => {
  const limits: PartLimits = { part: 50, document: 200, passedOver: 5_000 };
  for (const [open, next] of [
    ['a:\n', '---\n'],
    ['{"a":\n', ''],
  ]) {
    const long = `${open}${'  - x\n'.repeat(300)}${open === 'a:\n' ? '' : '}\n'}`;
    const good = open === 'a:\n' ? 'b: 1\n' : '{"b": 1}\n';
    const { texts, said } = await cut(`${good}${next}${long}${next}${good}`, [30], limits);
    const { documents } = told(texts);
    const lines = long.split('\n').length - 1;
    assert.deepEqual(
      documents.map((one) => [(one as { index: number }).index, (one as { line: number }).line]),
      [
        [0, 1],
        [2, 2 + lines + (next === '' ? 0 : 2)],
      ],
    );
    assert.equal(said.length, 1);
    assert.match((said[0] as { message: string }).message, /^the document is longer than 200 characters$/);
    assert.equal((said[0] as { line: number }).line, 2);
  }
});

test('a document without an end is given up', async () => {
  let given = 0;
  const endless = function* () {
    for (;;) {
      given += 1000;
      yield 'x'.repeat(1000);
    }
  };
  const said: unknown[] = [];
  for await (const part of partsOf({ file: '-' }, endless(), { part: 50, document: 2_000, passedOver: 20_000 }))
    said.push(part);
  assert.equal(said.length, 2);
  assert.ok(given < 40_000);
});

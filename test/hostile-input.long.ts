/** A hundred thousand random and mutated inputs through the whole way from bytes to documents: no throw, no hang, no growth. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { eachDocument } from '../src/manifest/read.ts';
import { decoded } from '../src/source/decode.ts';
import { partsOf } from '../src/source/parts.ts';
import { streamSources } from '../src/source/stream.ts';
import { anyDocument, anyStyle, write } from './written.ts';

const RUNS = 100_000;
/** What may stay in memory afterwards, in MiB: the test's own generators keep a little. */
const MAX_KEPT = 50;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Memory that is really in use. */
const inUse = () => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const odd = fc.constantFrom(
  '---',
  '\n---\n',
  '\n...\n',
  '{{ x }}',
  '&a',
  '*a',
  '<<:',
  '|\n',
  '"',
  "'",
  '[',
  '}',
  ': ',
  '- ',
  '\t',
  '\r',
  '\0',
  '\uFEFF',
  '#',
  '{"a":1}\n{',
);

/** Valid streams of one to three documents, cut, patched and broken at random places. */
const mutated = fc
  .tuple(
    fc.array(fc.tuple(anyDocument, anyStyle), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 3 }))), {
      maxLength: 6,
    }),
  )
  .map(([documents, cuts]) => {
    let text = documents.map(([value, style]) => write(value, style)).join('\n---\n');
    for (const [at, length, put] of cuts) {
      const start = at % (text.length + 1);
      text = text.slice(0, start) + put + text.slice(start + length);
    }
    return Buffer.from(text);
  });
const input = fc.oneof(
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all)) },
);

test('no stream of bytes makes the reader throw, hang or grow', async () => {
  const before = inUse();
  let documents = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(input, async (bytes) => {
      runs++;
      const source = streamSources(['-'], { stdin: Readable.from([bytes]), allowNetwork: false, env: { PATH: '' } });
      for await (const item of source) {
        if (!('text' in item)) continue;
        for (const { value } of eachDocument(item.text, () => {})) if (value !== undefined) documents++;
      }
      // The same in tiny parts.
      const limits = { part: 30, document: 500, passedOver: 2_000 };
      try {
        for await (const part of partsOf({ file: '-' }, decoded([bytes]), limits))
          if ('text' in part) for (const _ of eachDocument(part.text, () => {}));
      } catch (error) {
        assert.equal((error as Error).message, 'is not UTF-8 text');
      }
    }),
    { numRuns: RUNS, seed: Date.now() & 0x7fffffff },
  );
  const grown = (inUse() - before) / 1024 / 1024;
  process.stderr.write(`${runs} inputs, ${documents} documents read, ${grown.toFixed(0)} MiB more\n`);
  assert.equal(runs, RUNS);
  assert.ok(documents > RUNS / 4);
  assert.ok(grown < MAX_KEPT, `${grown} MiB`);
});

/** Lines are wrapped, counted and made visible without losing a word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { columnWidth, count, tally, wrap } from './lines.ts';
import { visible, visibleJson } from './visible.ts';

test('wrap keeps every word, in order, and no line is longer than its width but for a longer word', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^\S{1,12}$/)), fc.integer({ min: 1, max: 40 }), (words, width) => {
      const lines = wrap(words.join(' '), width);
      assert.deepEqual(
        lines.flatMap((line) => line.split(' ')),
        words,
      );
      for (const line of lines) assert.ok(line.length <= width || !line.includes(' '));
    }),
  );
});

test('numbers and names', () => {
  assert.equal(count(1, 'finding'), '1 finding');
  assert.equal(count(0, 'finding'), '0 findings');
  assert.equal(tally(['b', 'a', 'b'], ['a', 'b', 'c']), '1 a, 2 b');
  assert.equal(columnWidth(['a', 'abc'], 2), 2);
  assert.equal(columnWidth([], 9), 0);
});

test('visible leaves readable text alone, of any script', () => {
  for (const text of ['web', 'größe', 'データ', '🙂 ok', 'a\\u001b']) assert.equal(visible(text), text);
  assert.equal(visible('a\nb\tc'), 'a\\u000ab\\u0009c');
});

test('visible json is the same json', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = JSON.stringify(value, null, 2);
      assert.deepEqual(JSON.parse(visibleJson(json)), JSON.parse(json));
    }),
  );
});

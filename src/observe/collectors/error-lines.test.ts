/** Errors in logs: excerpts of two runs of many programs, and which errors only the second one has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { errorLines, newErrors } from './error-lines.ts';

const programs = readFileSync(new URL('../fixtures/error-lines.txt', import.meta.url), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((block) => {
    const name = block.slice(0, block.indexOf('\n'));
    const [before = '', after = '', expected = ''] = block.slice(name.length + 1).split(/^---\n/m);
    return { name, before, after, expected: expected.split('\n').filter((line) => line !== '') };
  });

for (const { name, before, after, expected } of programs) {
  test(`${name}: what only the second run reports`, () => {
    assert.deepEqual(newErrors(before, after), expected);
  });
}

test('a run compared with itself has nothing new', () => {
  for (const { before, after } of programs) {
    assert.deepEqual(newErrors(after, after), []);
    assert.deepEqual(newErrors(`${before}${after}`, after), []);
  }
});

test('every program but the last has an error that both runs report', () => {
  for (const { name, before, after } of programs.slice(0, -1)) {
    const both = errorLines(before).filter((line) => errorLines(after).includes(line));
    assert.ok(both.length > 0 || name === 'PHP-FPM', name);
  }
});

test('what tells errors apart stays', () => {
  for (const [one, other] of [
    ['open /a: permission denied', 'open /b: permission denied'],
    ['failed (13: Permission denied)', 'failed (30: Read-only file system)'],
    ['error: exit status 1', 'error: exit status 2'],
    ['cannot bind to port 80', 'cannot bind to port 443'],
    ['panic: index 3', 'panic: index 4'],
  ] as const) {
    assert.deepEqual(newErrors(one, other), [other]);
  }
});

test('no line takes long, and the result is bounded', () => {
  for (const piece of [
    '1',
    '1.',
    '1:',
    'a-',
    'ab-',
    '[',
    '/tmp/',
    'error ',
    '0x',
    '2026-',
    ':',
    'error=',
    '/error',
    'f',
    '.a1',
  ]) {
    const text = `${`${piece.repeat(2000)} error\n`.repeat(300)}`;
    const start = performance.now();
    errorLines(text);
    assert.ok(performance.now() - start < 3000, piece);
  }
  const many = Array.from(
    { length: 20_000 },
    (_, index) => `error: ${'x'.repeat(1 + (index % 200))}${'y'.repeat(index / 200)}`,
  );
  assert.equal(errorLines(many.join('\n')).length, 5000);
  assert.equal(newErrors('', many.join('\n')).length, 100);
});

test('any text is survived; nothing is new in a run that repeats itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (one, other) => {
      assert.deepEqual(newErrors(`${one}\n${other}`, other), []);
      for (const line of newErrors('', `${one} error`)) assert.doesNotMatch(line, /\p{Cc}/u);
    }),
  );
});

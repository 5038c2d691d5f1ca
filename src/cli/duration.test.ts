/** Durations as people write them, and what is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, secondsOf } from './duration.ts';

for (const [text, seconds] of [
  ['45s', 45],
  ['5m', 300],
  ['90', 90],
  ['0.5s', 0.5],
  ['1.5m', 90],
  ['250ms', 0.25],
  [' 10s ', 10],
  ['45m', 2700],
  ['0.75h', 2700],
] as const)
  test(`${text} is ${seconds} s`, () => assert.equal(secondsOf(text), seconds));

for (const text of ['', 's', '-5s', '0', '0s', '5 m', '5d', '1h30m', '1e3', 'NaN', 'Infinity', '5S', '.5s', '٣s'])
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => secondsOf(text), /a duration is 45s, 5m or 1h/));

for (const text of ['2701s', '46m', '1h', '9'.repeat(400)])
  test(`${text.slice(0, 20)} is too long`, () => assert.throws(() => secondsOf(text), /longer than 45 minutes/));

test('ages are hours, days or weeks', () => {
  assert.deepEqual(['12h', '30d', ' 2w '].map(ageOf), [12 * 3_600_000, 30 * 86_400_000, 14 * 86_400_000]);
  for (const text of ['', '30', '0d', '-1d', '1.5d', '30m', '9999999d', 'd'])
    assert.throws(() => ageOf(text), /an age is/);
});

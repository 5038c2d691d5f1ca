/** A journal is followed only where it is one that Petrify writes; the doing is tested in test/prove. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherValue, SETTING_PATH, valueInJournal } from './host.ts';

const OTHER = '/proc/sys/kernel/core_pattern';

const CASES: readonly [string, string | undefined][] = [
  [JSON.stringify({ path: SETTING_PATH, value: '60' }), '60'],
  [JSON.stringify({ path: OTHER, value: '60' }), undefined],
  [JSON.stringify({ path: SETTING_PATH, value: '|/evil' }), undefined],
  [JSON.stringify({ path: SETTING_PATH, value: '60\n1' }), undefined],
  [JSON.stringify({ path: SETTING_PATH, value: 60 }), undefined],
  [JSON.stringify({ path: SETTING_PATH }), undefined],
  ['null', undefined],
  ['[]', undefined],
  ['{"path":', undefined],
  ['', undefined],
];

for (const [journal, value] of CASES) {
  test(`the journal ${journal || '(empty)'} says ${value ?? 'nothing'}`, () =>
    assert.equal(valueInJournal(journal), value));
}

test('what is written is another value than the one that is there, and one that a journal may hold', () => {
  for (const value of ['60', '75', '0']) {
    const other = otherValue(value);
    assert.notEqual(other, value);
    assert.equal(valueInJournal(JSON.stringify({ path: SETTING_PATH, value: other })), other);
  }
});

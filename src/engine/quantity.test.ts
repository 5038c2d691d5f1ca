/** Quantities as Kubernetes reads them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseQuantity } from './quantity.ts';

it('reads every suffix, and nothing else', () => {
  const table: [unknown, number | undefined][] = [
    ['128Mi', 134217728],
    ['1G', 1e9],
    ['500m', 0.5],
    ['0.5', 0.5],
    ['.5Ki', 512],
    ['1e3', 1000],
    ['2E', 2e18],
    [64, 64],
    ['', undefined],
    ['1KB', undefined],
    ['Mi', undefined],
    ['1 Mi', undefined],
    ['__proto__', undefined],
    [null, undefined],
    [Number.NaN, undefined],
    ['9'.repeat(100), undefined],
  ];
  for (const [text, expected] of table) assert.equal(parseQuantity(text), expected, String(text));
});

/** Names are DNS labels that nobody has, whatever the path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { freeLabel } from './labels.ts';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

test('what it was made of can be read', () => {
  assert.equal(freeLabel('/var/cache/nginx', 'volume', new Set()), 'var-cache-nginx');
  assert.equal(freeLabel('/var/cache/nginx', 'volume', new Set(['var-cache-nginx'])), 'var-cache-nginx-2');
  assert.equal(freeLabel('/A_b.c/', 'volume', new Set()), 'a-b-c');
  assert.equal(freeLabel('/…/é', 'volume', new Set()), 'volume');
  assert.equal(freeLabel('/…', 'volume', new Set(['volume'])), 'volume-2');
  assert.equal(
    freeLabel(`seed-${'x'.repeat(57)}-y`, 'seed', new Set()),
    `seed-${'x'.repeat(57)}`,
    'no hyphen at the end',
  );
});

test('law: always a label, never one that is taken', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-c/-]{55,70}$/));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), (wanted) => {
      const taken = new Set<string>();
      for (const one of [...wanted, ...wanted]) {
        const name = freeLabel(one, 'volume', taken);
        assert.match(name, LABEL);
        assert.ok(!taken.has(name));
        taken.add(name);
      }
    }),
  );
});

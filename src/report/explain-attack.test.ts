/** The explanation of an attack holds all of it, and the list has each of them once, by family. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { FAMILIES } from '../prove/attack.ts';
import { attacks } from '../prove/attacks/index.ts';
import { describeAttack } from '../prove/describe.ts';
import { FAMILY_NAMES, renderAttack, renderAttackList } from './explain-attack.ts';
import { styleFor } from './style.ts';

const all = attacks.map(describeAttack);

test('families are listed in the order of the attacks', () => {
  assert.deepEqual(FAMILY_NAMES, FAMILIES);
});

for (const attack of all) {
  test(`${attack.id}: the explanation holds all of it`, () => {
    const text = renderAttack(attack, styleFor(false));
    const flat = text.replace(/\s+/g, ' ');
    const { id, title, why, technique, stoppedBy, opens } = attack;
    const parts = [id, title, why, technique.id, technique.name, technique.url, ...stoppedBy, opens?.why ?? ''];
    for (const part of parts) assert.ok(flat.includes(part.replace(/\s+/g, ' ')), part);
    assert.equal(flat.includes('Nothing in a manifest stops it.'), stoppedBy.length === 0);
    assert.equal(flat.includes('Not harmless'), !attack.harmless);
    assert.equal(flat.includes('--host-attacks'), attack.touchesHost);
    for (const line of text.split('\n')) assert.ok(line.length <= 96, line);
    assert.equal(stripVTControlCharacters(renderAttack(attack, styleFor(true))), text);
  });
}

test('the list has every attack once, with technique, title and what stops it', () => {
  const text = renderAttackList(all, styleFor(false));
  for (const { id, technique, title } of all) {
    const lines = text.split('\n').filter((line) => line.startsWith(`  ${id} `));
    assert.equal(lines.length, 1, id);
    assert.ok(lines[0]!.includes(technique.id) && lines[0]!.includes(title), id);
  }
  const families = text.split('\n').flatMap((line) => /^(\w+) {2}\d+ attack/.exec(line)?.[1] ?? []);
  assert.deepEqual(
    families,
    FAMILIES.filter((family) => all.some((attack) => attack.family === family)),
  );
  assert.equal(text.match(/Stopped by|Nothing in a manifest/g)!.length, all.length);
});

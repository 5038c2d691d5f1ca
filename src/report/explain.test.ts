/** An explanation holds everything that its control says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { controls } from '../controls/index.ts';
import { renderControl, renderControlList } from './explain.ts';
import { styleFor } from './style.ts';

for (const control of controls) {
  test(`${control.id}: the explanation holds all of it`, () => {
    const text = renderControl(control, styleFor(false));
    const flat = text.replace(/\s+/g, ' ');
    const parts = [
      control.title,
      control.why,
      control.bad,
      control.good,
      ...control.aliases,
      ...control.references.map(({ title }) => title),
    ];
    for (const part of [...parts, typeof control.cel === 'string' ? control.cel : control.cel.impossible]) {
      assert.ok(flat.includes(part.replace(/\s+/g, ' ').trim()), part);
    }
    assert.doesNotMatch(text, /undefined/);
    assert.equal(stripVTControlCharacters(renderControl(control, styleFor(true))), text);
  });
}

test('the list has a line for each control, in columns', () => {
  const lines = renderControlList(controls, styleFor(false)).trimEnd().split('\n');
  assert.equal(lines.length, controls.length);
  assert.match(
    lines.find((line) => line.startsWith('privileged '))!,
    / bypassable {2}The container is not privileged$/,
  );
  for (const [index, line] of lines.entries()) assert.ok(line.startsWith(`${controls[index]!.id} `));
});

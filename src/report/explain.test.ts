/** An explanation holds everything that its control says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { explain } from '../cli/commands/explain.ts';
import type { Io } from '../cli/io.ts';
import { controls } from '../controls/index.ts';
import { Failure } from '../failure.ts';
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

test('the list has a line for each control, in columns, by level and then by name', () => {
  const lines = renderControlList(controls, styleFor(false)).trimEnd().split('\n');
  assert.equal(lines.length, controls.length);
  const columns = lines.map((line) => line.split(/ {2,}/));
  assert.deepEqual(columns[0], ['privileged', 'minimal', 'bypassable', 'The container is not privileged']);
  const order = ['minimal', 'standard', 'strict'];
  const levels = columns.map(([, level]) => order.indexOf(level!));
  assert.deepEqual(
    levels,
    levels.toSorted((a, b) => a - b),
  );
  const sorted = [...controls].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  assert.deepEqual(
    columns,
    sorted.map(({ id, level, verdict, title }) => [id, level, verdict, title]),
  );
});

/** What the command prints, and what it fails with. */
async function explained(name: string | undefined): Promise<string> {
  let text = '';
  const io = { out: (more: string) => (text += more), colour: { out: false } } as unknown as Io;
  try {
    await explain(name, {}, io);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message} ${error.hint}`;
  }
  return text;
}

test('the command takes the ids of other tools, however they are written', async () => {
  const own = await explained('read-only-root-filesystem');
  assert.match(own, /^The root filesystem is read-only\n/);
  for (const name of [
    'CKV_K8S_22',
    'c-0017',
    'KSV-0014',
    'KSV014',
    'AVD-KSV-0014',
    'no-read-only-root-fs',
    'require-ro-rootfs',
  ])
    assert.equal(await explained(name), own, name);
});

test('several controls behind one id are a list; all of them without a name', async () => {
  assert.equal(
    await explained('CIS 5.2.2'),
    renderControlList(
      controls.filter(({ id }) => id === 'namespace-enforcement' || id === 'privileged'),
      styleFor(false),
    ),
  );
  assert.equal(await explained(undefined), renderControlList(controls, styleFor(false)));
});

test('an unknown name fails with a near one; what is left out says why', async () => {
  assert.equal(
    await explained('privleged'),
    'There is no control privleged, and no attack. did you mean privileged? petrify explain lists them all',
  );
  assert.equal(
    await explained('CKV_K8S_9999'),
    'There is no control CKV_K8S_9999, and no attack. petrify explain lists them all',
  );
  assert.match(
    await explained('ckv_k8s_40'),
    /^Petrify has no control for ckv_k8s_40, on purpose\. A uid or gid above/,
  );
});

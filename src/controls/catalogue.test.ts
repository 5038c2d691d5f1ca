/** The catalogue is complete: every control has its texts, and examples that it is held to. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { findObjects } from '../workload/objects.ts';
import type { Control, Finding } from './control.ts';
import { controls } from './index.ts';
import { LATEST } from './kubernetes-version.ts';
import { compareVerdicts, JUDGED_KINDS, judge, judgeObject } from './verdict.ts';

function exampleImage(control: Control): ImageFacts | undefined {
  return control.on === 'container' ? control.exampleImage : undefined;
}

/** Everything that is found in an example: of its workloads, then of its objects. */
function findings(yaml: string, { exampleTarget: target = LATEST, ...control }: Control): readonly Finding[] {
  const image = exampleImage(control as Control);
  const { documents, unreadable } = readDocuments({ file: 'example.yaml', text: yaml });
  assert.deepEqual(unreadable, []);
  const workloads = documents.flatMap((document) => findWorkloads(document));
  const objects = documents.flatMap((document) => findObjects(document, JUDGED_KINDS));
  assert.ok(workloads.length <= 1 && workloads.length + objects.length > 0, 'an example is at most one workload');
  const name = workloads[0]?.containers[0]?.image;
  const images = new Map(image === undefined || name === undefined ? [] : [[name, image]]);
  const mountedBy = workloads.map((workload) => `${workload.kind} ${workload.name}`);
  return [
    ...workloads.flatMap((workload) => {
      const judged = judge(workload, { images, target, today: '2026-11-24' });
      return [...judged.findings, ...judged.containers.flatMap((container) => container.findings)];
    }),
    ...objects.flatMap((object) => judgeObject(object, { target, mountedBy }).findings),
  ];
}

const marked = (yaml: string): number => yaml.split('\n').findIndex((line) => line.includes('# <-')) + 1;

test('the catalogue is the folder: every file with a default export, sorted, named as its id', async () => {
  const folder = new URL('.', import.meta.url);
  const ids: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const module = (await import(new URL(file, folder).href)) as { default?: Control };
    if (module.default === undefined) continue;
    assert.equal(`${module.default.id}.ts`, file);
    ids.push(module.default.id);
  }
  assert.deepEqual(
    controls.map(({ id }) => id),
    ids,
  );
});

for (const control of controls) {
  test(`${control.id}: its texts are complete`, () => {
    assert.match(control.id, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(control.references.length > 0);
    assert.deepEqual(control.aliases, [...control.aliases].sort());
    assert.equal(new Set(control.aliases).size, control.aliases.length);
    for (const text of [control.title, control.why, control.phrase])
      assert.ok(text.length > 0 && !text.includes('undefined'));
    assert.match(control.why, /\.$/);
    assert.ok(control.title.length <= 60 && control.phrase.length <= 42, 'titles and phrases are short');
    if (typeof control.cel === 'string') assert.match(control.cel, /\b(c|spec|object)\./);
    else assert.match(control.cel.impossible, /\.$/);
  });

  test(`${control.id}: the bad example is found at its mark, and is as bad as the control says`, () => {
    const all = findings(control.bad, control);
    const own = all.filter((finding) => finding.control === control.id);
    const [first] = own;
    assert.ok(first, 'the control finds nothing in its own example');
    assert.equal(first.position.line, marked(control.bad));
    assert.equal(first.verdict, control.verdict);
    for (const { args } of own) {
      const message = control.message(args);
      assert.match(message, /^[^\n]{20,300}\.$/);
      assert.doesNotMatch(message, /undefined|NaN|\[object/);
    }
    for (const { verdict } of own) assert.ok(compareVerdicts(verdict, control.verdict) >= 0, 'worse than its worst');
  });

  test(`${control.id}: in the good example it finds nothing, and nothing makes a container worse than immutable`, () => {
    const all = findings(control.good, control);
    assert.deepEqual(
      all.filter(({ control: id, verdict }) => id === control.id || verdict !== 'immutable'),
      [],
    );
  });
}

/** The catalogue is complete: every control has its texts, and examples that it is held to. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import type { Control, Finding } from './control.ts';
import { controls } from './index.ts';
import { compareVerdicts, judge } from './verdict.ts';

function findings(yaml: string, image: ImageFacts | undefined): readonly Finding[] {
  const { documents, unreadable } = readDocuments({ file: 'pod.yaml', text: yaml });
  assert.deepEqual(unreadable, []);
  const [workload, ...others] = documents.flatMap((document) => findWorkloads(document));
  assert.ok(workload && others.length === 0, 'an example is one workload');
  const name = workload.containers[0]!.image!;
  return judge(workload, new Map(image === undefined ? [] : [[name, image]])).containers.flatMap(
    (judged) => judged.findings,
  );
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
    if (typeof control.cel === 'string') assert.match(control.cel, /\b(c|spec)\./);
    else assert.match(control.cel.impossible, /\.$/);
  });

  test(`${control.id}: the bad example is found at its mark, and is as bad as the control says`, () => {
    const all = findings(control.bad, control.exampleImage);
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

  test(`${control.id}: the good example has no fault at all`, () => {
    assert.deepEqual(findings(control.good, control.exampleImage), []);
  });
}

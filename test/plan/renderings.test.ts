/** The law of the renderings: each, applied by a program that is not ours, makes of the object what the spliced text says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import type { Path } from '../../src/manifest/document.ts';
import { valueAt } from '../../src/manifest/position.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { jsonPatch } from '../../src/plan/json-patch.ts';
import { kustomizationFolder, kustomizationText } from '../../src/plan/kustomize.ts';
import { mergeRuleAt } from '../../src/plan/merge-keys.ts';
import { type PatchedObject, patchedObjects } from '../../src/plan/patched-object.ts';
import { renderChanges } from '../../src/plan/render.ts';
import { mergesStrategically, strategicMergePatch } from '../../src/plan/strategic-merge.ts';
import { toolFolder } from '../kubectl.ts';
import { type AnyPlan, anyPlan, workloadIn } from './planned.ts';

const tools = toolFolder();
const skip = 'missing' in tools ? tools.missing : false;
const kubectl = 'folder' in tools ? join(tools.folder, 'kubectl') : '';
/** Each run starts a program: enough to meet every kind of change with every kind of list, and no more. */
const KUBECTL_RUNS = 50;

/** The object as the spliced text has it: the judge. */
function spliced({ text, planned: { workload, changes } }: AnyPlan): unknown {
  return workloadIn(renderChanges(text, [{ document: workload.document, changes }]))[0]!.document.value;
}

const objectsOf = (plan: AnyPlan) => patchedObjects([plan.planned]);

/** The library puts the values of a patch into the object: it gets its own. */
function operationsOf(object: PatchedObject): Parameters<typeof applyPatch>[1] {
  return structuredClone(jsonPatch(object).flatMap(({ operations }) => operations)) as Parameters<typeof applyPatch>[1];
}

function run(args: readonly string[], input?: string): unknown {
  const done = spawnSync(kubectl, args, { encoding: 'utf8', input, env: { HOME: '/nonexistent' } });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
}

/** kubectl leaves out a null; volumes, mounts, ports and the like are sets to Kubernetes. */
function plain(value: unknown, podSpecPaths: readonly Path[], path: Path = []): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => plain(item, podSpecPaths, [...path, index]));
    const rule = mergeRuleAt(path, podSpecPaths);
    if (rule === undefined || rule.ordered) return items;
    const keyOf = (item: unknown) => JSON.stringify([Object(item)[rule.key], item]);
    return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([key, field]) => [key, plain(field, podSpecPaths, [...path, key])]));
}

const same = (actual: unknown, expected: unknown, { podSpecPaths }: PatchedObject) =>
  assert.deepEqual(plain(actual, podSpecPaths), plain(expected, podSpecPaths));

test('what the renderings begin with is what the text says', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      for (const { after } of objectsOf(plan)) assert.deepEqual(after, spliced(plan));
    }),
    { numRuns: 1000 },
  );
});

test('JSON Patch: applied by a library, the same object', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      for (const object of objectsOf(plan)) {
        const value = structuredClone(object.before);
        assert.deepEqual(applyPatch(value, operationsOf(object)).filter(Boolean), []);
        assert.deepEqual(value, spliced(plan));
      }
    }),
    { numRuns: 1000 },
  );
});

test('JSON Patch: an object whose containers stand in another order is refused, not changed in the wrong place', () => {
  let refused = 0;
  fc.assert(
    fc.property(anyPlan, (plan) => {
      for (const object of objectsOf(plan)) {
        const moved = structuredClone(object.before);
        const { containers } = valueAt(moved, object.podSpecPaths[0]!) as { containers: unknown[] };
        containers.push({ name: 'first' });
        containers.unshift(containers.pop());
        const isMeant = object.made.some(({ through }) => through.some(({ path }) => path.includes('containers')));
        const results = applyPatch(moved, operationsOf(object));
        assert.equal(results.some(Boolean), isMeant);
        if (isMeant) refused++;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(refused > 100);
});

test('JSON Patch and strategic merge: applied by kubectl, the same object', { skip }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-plan-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'object.json');
  const patched = (type: string, patch: unknown) =>
    run(['patch', '--local', '--type', type, '-f', file, '-p', JSON.stringify(patch), '-o', 'json']);
  let strategic = 0;
  fc.assert(
    fc.property(anyPlan, (plan) => {
      for (const object of objectsOf(plan)) {
        writeFileSync(file, JSON.stringify(object.before));
        same(
          patched(
            'json',
            jsonPatch(object).flatMap(({ operations }) => operations),
          ),
          spliced(plan),
          object,
        );
        if (!mergesStrategically(object)) continue;
        strategic++;
        same(patched('strategic', strategicMergePatch(object)), spliced(plan), object);
      }
    }),
    { numRuns: KUBECTL_RUNS },
  );
  assert.ok(strategic > KUBECTL_RUNS / 2);
});

test('Kustomize: a folder of many objects, and all in one file, give what the texts say', { skip }, (context) => {
  const plans = fc.sample(anyPlan, { numRuns: 120, seed: 7 }).map((plan, index) => renamed(plan, `app-${index}.x`));
  const objects = patchedObjects(plans.map(({ planned }) => planned));
  assert.ok(objects.length > 100);
  const folder = mkdtempSync(join(tmpdir(), 'petrify-plan-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [index, { text }] of plans.entries()) writeFileSync(join(folder, `${index}.json`), text);
  const resources = plans.map((_, index) => `${index}.json`);
  const built = () => {
    const done = spawnSync(kubectl, ['kustomize', folder], { encoding: 'utf8', maxBuffer: 1 << 26 });
    assert.equal(done.status, 0, done.stderr);
    const { documents } = readDocuments({ file: 'built.yaml', text: done.stdout });
    return new Map(documents.map(({ value }) => [Object(value).metadata.name, value]));
  };
  const compare = (results: ReadonlyMap<string, unknown>) => {
    for (const object of objects) {
      const plan = plans.find(({ planned }) => planned.workload.document === object.document)!;
      same(results.get(object.name!), spliced(plan), object);
    }
  };
  for (const explain of [false, true]) {
    for (const { name, text } of kustomizationFolder(objects, { resources, explain }))
      writeFileSync(join(folder, name), text);
    compare(built());
    writeFileSync(join(folder, 'kustomization.yaml'), kustomizationText(objects, { resources, explain }));
    compare(built());
  }
});

function renamed({ text, planned: { changes } }: AnyPlan, name: string): AnyPlan {
  const own = text.replace('"name": "app"', JSON.stringify({ name }).slice(1, -1));
  return { text: own, planned: { workload: workloadIn(own)[0]!, changes } };
}

/** The result of check, as text and as JSON: golden file, published schema, and hostile input made visible. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { z } from 'zod';
import { check } from '../check/check.ts';
import { benchFor } from '../check/judge-text.ts';
import type { Rules } from '../check/rules.ts';
import { controls } from '../controls/index.ts';
import { LATEST } from '../controls/kubernetes-version.ts';
import type { Unreadable } from '../manifest/document.ts';
import type { Source } from '../source/source.ts';
import { controlsById, type Format } from './check-result.ts';
import { jsonFormat } from './json.ts';
import { closed } from './schema.fixture.ts';
import { type checkSchema, schemaDocuments } from './schema.ts';
import { styleFor } from './style.ts';
import { textFormat } from './text.ts';

const controlOf = controlsById(controls);
const STANDARD: Rules = {
  level: 'standard',
  failOn: 'finding',
  target: LATEST,
  today: '2026-11-24',
  off: new Set(),
  exceptions: [],
  known: undefined,
};

/** A text's report in one format, with what else could not be read. */
async function report(
  format: Format,
  file: string,
  text: string,
  unreadable: readonly Unreadable[] = [],
): Promise<string> {
  async function* source(): Source {
    yield { text: { file, text } };
    for (const one of unreadable) yield { unreadable: one };
  }
  let printed = '';
  await check(source(), benchFor(STANDARD, format, controls, new Map()), (piece) => {
    printed += piece;
  });
  return printed;
}

const plainText = textFormat(controlOf, styleFor(false));

/** The rendered JSON, after its schema agreed. */
async function parsed(file: string, text: string, unreadable: readonly Unreadable[] = []): Promise<CheckJson> {
  const json: unknown = JSON.parse(await report(jsonFormat(controlOf), file, text, unreadable));
  assert.ok(validate(json), JSON.stringify(validate.errors));
  return json as CheckJson;
}

const fixture = async (name: string): Promise<string> => readFile(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
type CheckJson = z.infer<typeof checkSchema>;
const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(
  closed(schemaDocuments().get('check.v1alpha1.json')) as object,
);

/** Escape, C1, line and paragraph separator, right-to-left override, a lone surrogate, delete. */
const HOSTILE = 'a\u001b[31m\u009b2J\u2028\u202eb\ud800\u007f';

test('text: the fixture reads as its golden file', async () => {
  const text = await report(plainText, 'shop.yaml', await fixture('check.yaml'));
  assert.equal(text, await fixture('check.txt'));
  for (const line of text.split('\n')) assert.ok(line.length <= 100, `a long line: ${line}`);
});

test('text: with colours it says the same', async () => {
  const colourful = await report(textFormat(controlOf, styleFor(true)), 'shop.yaml', await fixture('check.yaml'));
  const plain = await report(plainText, 'shop.yaml', await fixture('check.yaml'));
  assert.notEqual(colourful, plain);
  assert.equal(stripVTControlCharacters(colourful), plain);
});

test('json: keeps the published contract, every key of it described', async () => {
  const json = await parsed('shop.yaml', await fixture('check.yaml'));
  assert.deepEqual(Object.keys(json), ['schema', 'workloads', 'objects', 'unreadable', 'notices', 'tally']);
  assert.equal(json.schema, 'petrify.dev/check/v1alpha1');
  const web = json.workloads[0]!;
  assert.deepEqual(
    [web.apiVersion, web.kind, web.namespace, web.name, web.source, web.verdict],
    ['apps/v1', 'Deployment', 'shop', 'web', { file: 'shop.yaml', document: 0, line: 2 }, 'mutable'],
  );
  assert.deepEqual(web.containers[0]!.findings[0], {
    control: 'read-only-root-filesystem',
    verdict: 'mutable',
    path: ['spec', 'template', 'spec', 'initContainers', 0, 'securityContext', 'readOnlyRootFilesystem'],
    line: 13,
    column: 11,
    level: 'minimal',
    phrase: 'root filesystem is writable',
    message:
      '`readOnlyRootFilesystem` is not set, and its default is false: every process can change the root filesystem.',
    fix: {
      kind: 'needs-evidence',
      text: 'Set `readOnlyRootFilesystem: true` and mount a volume at each path that the application writes.',
    },
    standing: { kind: 'counts' },
  });
  assert.deepEqual([web.rendered, web.live], [null, null]);
  assert.ok(web.belowLevel > 0);
  assert.deepEqual(web.containers[1], {
    name: 'web',
    role: 'main',
    image: 'registry.example/web:1',
    verdict: 'immutable',
    findings: [],
    writable: [
      { path: '/run', volume: 'run', kind: 'emptyDir', executable: true, noexecRequested: false, writtenBy: null },
    ],
  });
  assert.deepEqual(
    json.unreadable.map(({ file, line }) => `${file}:${line}`),
    ['shop.yaml:68', 'shop.yaml:76'],
  );
  assert.deepEqual([json.notices.length, json.notices[0]!.line], [1, 46]);
});

test('the writable surface: noexec is a wish, and a neighbour that writes is named', async () => {
  const pod = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: web, volumeMounts: [{ name: a, mountPath: /a, bindMountOptions: [noexec] }, { name: b, mountPath: /b, readOnly: true }] }
    - { name: other, volumeMounts: [{ name: b, mountPath: /b }], terminationMessagePath: /last }
  volumes: [{ name: a, emptyDir: {} }, { name: b, emptyDir: {} }]
`;
  const text = (await report(plainText, 'pod.yaml', pod)).replace(/\s+/g, ' ');
  assert.ok(
    text.includes(
      'writable: /a (emptyDir, noexec if the cluster supports it), /b (emptyDir, executable, written by container other)',
    ),
    text,
  );
  assert.ok(text.includes('/last (terminationMessagePath, executable)'), text);
  assert.equal((await parsed('pod.yaml', pod)).workloads[0]!.containers[0]!.writable[1]!.writtenBy, 'other');
});

test('nothing that a stranger wrote reaches the terminal raw, and the json still means the same', async () => {
  const container = { name: HOSTILE, image: HOSTILE, volumeMounts: [{ name: 'h', mountPath: `/${HOSTILE}` }] };
  const spec = { containers: [container], volumes: [{ name: 'h', hostPath: { path: HOSTILE } }] };
  const pod = { apiVersion: HOSTILE, kind: 'Pod', metadata: { name: HOSTILE, namespace: HOSTILE }, spec };
  const written = JSON.stringify({ ...pod, apiVersion: 'v1' });
  const unreadable = [{ file: HOSTILE, line: 1, column: 2, message: HOSTILE, hint: HOSTILE }];
  for (const format of [plainText, jsonFormat(controlOf)]) {
    const text = await report(format, HOSTILE, written, unreadable);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\ud800]/);
  }
  const json = await parsed(HOSTILE, written, unreadable);
  assert.equal(json.workloads[0]!.name, HOSTILE);
  assert.equal(json.unreadable[0]!.hint, HOSTILE);
  const text = await report(plainText, HOSTILE, written, unreadable);
  assert.ok(text.includes('a\\u001b[31m\\u009b2J\\u2028\\u202eb\\ud800\\u007f'));
});

test('json parses back to what was judged, whatever the names are', async () => {
  const name = fc.string({ unit: 'binary', minLength: 1 });
  await fc.assert(
    fc.asyncProperty(name, name, async (pod, container) => {
      const text = JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: pod },
        spec: { containers: [{ name: container }] },
      });
      const json = await parsed('p.json', text);
      assert.deepEqual([json.workloads[0]!.name, json.workloads[0]!.containers[0]!.name], [pod, container]);
    }),
    { numRuns: 200 },
  );
});

test('nothing at all is a result too', async () => {
  const empty = { file: 'empty.yaml', line: 1, message: 'holds no document' };
  assert.match(await report(plainText, 'empty.yaml', ''), /^Could not be read\n.*\n0 workloads · 0 findings\n/s);
  assert.deepEqual((await parsed('empty.yaml', '')).unreadable, [empty]);
});

test('a finding of no known control is a defect, not a silent line', async () => {
  const none = jsonFormat(controlsById([]));
  await assert.rejects(report(none, 'shop.yaml', await fixture('check.yaml')), /no control/);
});

/** A knob becomes the least change that sets it, and never replaces what the user or the image has set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Knob } from '../catalogue/entry.ts';
import { readDocuments } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { type KnobImage, knobChanges } from './knobs.ts';
import { renderChanges } from './render.ts';

const of = (more: Partial<Knob>): Knob => ({
  id: 'x',
  paths: ['/x'],
  because: 'it does not write',
  confidence: 'A',
  source: ['a document'],
  ...more,
});
const BYTECODE = of({ env: { name: 'PYTHONDONTWRITEBYTECODE', value: '1' } });
const JAVA = of({ env: { name: 'JAVA_TOOL_OPTIONS', value: '-XX:-UsePerfData', append: true } });
const PID_FILE = of({ args: ['-c', 'PidFile /tmp/httpd.pid'] });
const WORKER = of({ args: ['--worker-tmp-dir=/dev/shm'] });
const PLAIN: KnobImage = { env: ['PATH=/bin'], cmd: ['serve', '$(x)'] };

function workloadOf(fields: string): Workload {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: web # keep me
${fields}`;
  const { documents, unreadable } = readDocuments({ file: 'web.yaml', text });
  assert.deepEqual(unreadable, []);
  return documents.flatMap(findWorkloads)[0]!;
}

const changesOf = (fields: string, knob: Knob, image: KnobImage | undefined) =>
  knobChanges(workloadOf(fields).containers[0]!, knob, image);

/** The lines of the container that are new or changed in the text; what was removed stands behind a minus. */
function result(fields: string, knob: Knob, image: KnobImage | undefined): string {
  const workload = workloadOf(fields);
  const { changes, refused } = knobChanges(workload.containers[0]!, knob, image);
  assert.equal(refused === undefined, changes.length > 0, 'either changes or the reason for none');
  if (refused !== undefined) return `refused: ${refused}`;
  const { text } = workload.document.text;
  const after = renderChanges(text, [{ document: workload.document, changes }]);
  const [before, now] = [text.split('\n'), after.split('\n')];
  const gone = before.filter((line) => !now.includes(line)).map((line) => `-${line.trim()}`);
  const come = now.filter((line) => !before.includes(line)).map((line) => line.trim());
  return [...gone, ...come].join('|');
}

const env = (...lines: string[]) => `      env:\n${lines.map((line) => `        - ${line}\n`).join('')}`;

const cases: [string, string, Knob, KnobImage | undefined, string][] = [
  ['a variable', '', BYTECODE, PLAIN, 'env:|- name: PYTHONDONTWRITEBYTECODE|value: "1"'],
  ['without knowing the image', '', BYTECODE, undefined, 'env:|- name: PYTHONDONTWRITEBYTECODE|value: "1"'],
  ['beside others', env('{name: A, value: b}'), BYTECODE, PLAIN, '- name: PYTHONDONTWRITEBYTECODE|value: "1"'],
  [
    'the same value',
    env("{name: PYTHONDONTWRITEBYTECODE, value: '1'}"),
    BYTECODE,
    PLAIN,
    'refused: web sets PYTHONDONTWRITEBYTECODE already',
  ],
  [
    'another value',
    env("{name: PYTHONDONTWRITEBYTECODE, value: ''}"),
    BYTECODE,
    PLAIN,
    'refused: web sets PYTHONDONTWRITEBYTECODE to another value',
  ],
  [
    'the last of two holds',
    env("{name: PYTHONDONTWRITEBYTECODE, value: '1'}", "{name: PYTHONDONTWRITEBYTECODE, value: '0'}"),
    BYTECODE,
    PLAIN,
    'refused: web sets PYTHONDONTWRITEBYTECODE to another value',
  ],
  [
    'a reference',
    env('{name: JAVA_TOOL_OPTIONS, valueFrom: {configMapKeyRef: {name: a, key: b}}}'),
    JAVA,
    PLAIN,
    'refused: web takes JAVA_TOOL_OPTIONS from elsewhere',
  ],
  [
    'envFrom may hold it',
    '      envFrom: [{configMapRef: {name: a}}]\n',
    BYTECODE,
    PLAIN,
    'refused: web may get PYTHONDONTWRITEBYTECODE from a ConfigMap or Secret, which this would hide',
  ],
  [
    'the image has it',
    '',
    BYTECODE,
    { ...PLAIN, env: ['PYTHONDONTWRITEBYTECODE=1'] },
    'refused: the image of web sets PYTHONDONTWRITEBYTECODE already',
  ],
  [
    'the image has another',
    '',
    BYTECODE,
    { ...PLAIN, env: ['PYTHONDONTWRITEBYTECODE=x'] },
    'refused: the image of web sets PYTHONDONTWRITEBYTECODE to another value',
  ],
  ['options', '', JAVA, PLAIN, 'env:|- name: JAVA_TOOL_OPTIONS|value: "-XX:-UsePerfData"'],
  [
    'options behind those of the image, whose $( is no reference',
    '',
    JAVA,
    { ...PLAIN, env: ['JAVA_TOOL_OPTIONS=-Xmx1g -Da=$(b)$$'] },
    'env:|- name: JAVA_TOOL_OPTIONS|value: "-Xmx1g -Da=$$(b)$$$$ -XX:-UsePerfData"',
  ],
  [
    'options behind the manifest’s own',
    env('name: JAVA_TOOL_OPTIONS\n          value: -Xmx1g'),
    JAVA,
    PLAIN,
    '-value: -Xmx1g|value: "-Xmx1g -XX:-UsePerfData"',
  ],
  [
    'options that are there',
    env('{name: JAVA_TOOL_OPTIONS, value: -Xmx1g -XX:-UsePerfData}'),
    JAVA,
    PLAIN,
    'refused: web sets JAVA_TOOL_OPTIONS already',
  ],
  [
    'options that only begin so are others',
    env('{name: JAVA_TOOL_OPTIONS, value: "-XX:-UsePerfDataX"}'),
    JAVA,
    PLAIN,
    '-- {name: JAVA_TOOL_OPTIONS, value: "-XX:-UsePerfDataX"}|- {name: JAVA_TOOL_OPTIONS, value: "-XX:-UsePerfDataX -XX:-UsePerfData"}',
  ],
  [
    'options of an unknown image',
    '',
    JAVA,
    undefined,
    'refused: whether the image of web sets JAVA_TOOL_OPTIONS is not known',
  ],
  ['arguments behind CMD', '', PID_FILE, PLAIN, 'args:|- serve|- "$$(x)"|- "-c"|- "PidFile /tmp/httpd.pid"'],
  [
    'arguments behind own',
    '      args: [a, b]\n',
    PID_FILE,
    PLAIN,
    '-args: [a, b]|args: [a, b, "-c", "PidFile /tmp/httpd.pid"]',
  ],
  ['a command drops CMD', '      command: [httpd]\n', PID_FILE, undefined, 'args:|- "-c"|- "PidFile /tmp/httpd.pid"'],
  ['CMD is not known', '', PID_FILE, undefined, "refused: the command of web's image is not known"],
  ['a shell', '      command: [/bin/sh, -c, httpd]\n', WORKER, PLAIN, 'refused: web is started by a shell'],
  ['a shell in the image', '', WORKER, { env: [], cmd: ['sh', '-c', 'x'] }, 'refused: web is started by a shell'],
  [
    'an option that is there',
    '      args: [--worker-tmp-dir, /tmp]\n',
    WORKER,
    PLAIN,
    'refused: web has --worker-tmp-dir among its arguments',
  ],
];
for (const [name, fields, knob, image, expected] of cases) {
  test(name, () => assert.equal(result(fields, knob, image), expected));
}

test('an item that equals another is not lost', () => {
  const { changes } = changesOf('      args: [a, x]\n', of({ args: ['a'] }), PLAIN);
  assert.deepEqual(
    changes.map(({ value }) => value),
    [['a', 'x', 'a']],
  );
});

test('every change carries the reason of its knob', () => {
  for (const knob of [BYTECODE, JAVA, PID_FILE])
    for (const { because } of changesOf('', knob, PLAIN).changes) assert.equal(because, knob.because);
});

test('whatever stands in the manifest, nothing is thrown, and setting it twice changes nothing', () => {
  const value = fc.anything({ maxDepth: 2 });
  fc.assert(
    fc.property(fc.record({ env: value, envFrom: value, args: value, command: value }), (spec) => {
      for (const knob of [BYTECODE, JAVA, PID_FILE, WORKER]) {
        const container = { ...workloadOf('').containers[0]!, spec };
        const { changes, refused } = knobChanges(container, knob, PLAIN);
        assert.equal(changes.length === 0, refused !== undefined);
      }
    }),
  );
  for (const knob of [BYTECODE, JAVA, PID_FILE, WORKER]) {
    const workload = workloadOf('');
    const { changes } = knobChanges(workload.containers[0]!, knob, PLAIN);
    const text = renderChanges(workload.document.text.text, [{ document: workload.document, changes }]);
    const again = readDocuments({ file: 'web.yaml', text }).documents.flatMap(findWorkloads)[0]!;
    assert.notEqual(knobChanges(again.containers[0]!, knob, PLAIN).refused, undefined, JSON.stringify(knob));
  }
});

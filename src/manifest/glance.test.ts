/** A glance tells a kind only where the reader reads the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { glanceAt } from './glance.ts';
import { readDocuments } from './read.ts';
import { splitDocuments } from './split.ts';

const glanceOf = (text: string) => {
  const glance = glanceAt(text, splitDocuments(text)[0]!);
  return glance && `${glance.apiVersion} ${glance.kind}`;
};

const CERTAIN: Readonly<Record<string, string>> = {
  'apiVersion: v1\nkind: ConfigMap\n': 'v1 ConfigMap',
  'apiVersion: v1\r\nkind: ConfigMap\r\ndata:\r\n  a: b\r\n': 'v1 ConfigMap',
  '# why\n---   # here\nkind: "Service"\napiVersion: \'v1\'   # both\n': 'v1 Service',
  'apiVersion: v1\ndata:\n  a: |\n    kind: Pod\n\n    b\nkind: ConfigMap': 'v1 ConfigMap',
  'apiVersion: v1\nsubsets:\n- a\n- b\nkind: Endpoints\n': 'v1 Endpoints',
  'a: 1\n': ' ',
};

const UNCERTAIN: readonly string[] = [
  'apiVersion: v1\nitems:\n- a\nkind: Endpoints\n',
  '---#x\nkind: ConfigMap\n',
  'kind: ConfigMap\napiVersion: v1\nkind: Pod\n',
  'apiVersion: v1\nkind: ConfigMap\n"kind": Pod\n',
  "apiVersion: v1\nkind: ConfigMap\n'kind': Pod\n",
  'apiVersion: v1\nkind: ConfigMap\n"k\\x69nd": Pod\n',
  'apiVersion: v1\nkind: ConfigMap\n? kind\n: Pod\n',
  'apiVersion: v1\nkind: ConfigMap\n<<: {kind: Pod}\n',
  'apiVersion: v1\nkind: ConfigMap\n&a kind: Pod\n',
  'apiVersion: v1\nkind: ConfigMap\n!!str kind: Pod\n',
  'apiVersion: v1\nkind: ConfigMap\nkind : Pod\n',
  'apiVersion: v1\nkind: ConfigMap\nkind:\tPod\n',
  'apiVersion: v1\nkind: Config\n  List\n',
  'apiVersion: v1\nkind: Config\n\n  List\n',
  'apiVersion: v1\nkind: ConfigMap\rkind: Pod\n',
  'apiVersion: null\nkind: ConfigMap\n',
  'kind: y\n',
  'kind: Foo\nx: "\napiVersion: v1\ny: "\n',
  '{kind: ConfigMap}\n',
  '{"apiVersion": "v1",\n"kind": "ConfigMap"}\n',
  '- kind: ConfigMap\n',
  '  apiVersion: v1\n  kind: Pod\n',
  '  kind: Pod\nkind: ConfigMap\n',
  '\uFEFFkind: ConfigMap\n',
  '%YAML 1.1\n---\nkind: ConfigMap\n',
  '--- !!map\nkind: ConfigMap\n',
  '--- {kind: Pod,\nkind: ConfigMap}\n',
  '--- "\nkind: ConfigMap\n"\n',
  '--- |\nkind: ConfigMap\n',
  'kind: &a ConfigMap\n',
  'kind: *a\n',
  'kind: !!binary UG9k\n',
  'kind: |\n  Pod\n',
  '# nothing\n---\n- a\n',
];

describe('glanceAt', () => {
  for (const [text, expected] of Object.entries(CERTAIN)) {
    test(`tells ${JSON.stringify(text)}`, () => assert.equal(glanceOf(text), expected));
  }
  for (const text of UNCERTAIN) {
    test(`leaves ${JSON.stringify(text)} to the reader`, () => assert.equal(glanceOf(text), undefined));
  }

  const line = fc.constantFrom(
    'kind: ConfigMap',
    'kind: Pod',
    'kind: "Foo"',
    'kind:',
    'kind: y',
    'kind : Pod',
    '"kind": Pod',
    '? kind',
    ': Pod',
    'apiVersion: v1',
    "apiVersion: 'apps/v1'",
    'apiVersion: null',
    'apiVersion: a/b',
    'x: "',
    'y: "',
    "z: '",
    'w: {',
    'v: [',
    'u: |',
    't: >-',
    's: &a {kind: Pod}',
    '<<: *a',
    '  kind: Pod',
    '  apiVersion: v2',
    '  }',
    '  "',
    '}',
    ']',
    '"',
    '- a',
    '- kind: Pod',
    '--- # b',
    '---',
    '# c',
    '',
    '\tkind: Pod',
    'kind: Pod # d',
    'r: "\\',
    '\uFEFFkind: Pod',
    '%TAG ! x',
    'q: !!binary a2luZA==',
    '!!binary a2luZA==: Pod',
  );
  const anyText = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 7 }), fc.constantFrom('\n', '\n', '\n', '\r\n', '\r'))
    .map(([lines, eol]) => lines.join(eol) + eol);

  test('says of every document what the reader says, or less', () => {
    let told = 0;
    fc.assert(
      fc.property(anyText, (text) => {
        const ranges = splitDocuments(text);
        for (const { index, value } of readDocuments({ file: 'a', text }).documents) {
          const glance = glanceAt(text, ranges[index]!);
          if (glance === undefined) continue;
          told += 1;
          assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
          const { apiVersion, kind } = value as Record<string, unknown>;
          assert.equal(glance.apiVersion, typeof apiVersion === 'string' ? apiVersion : '');
          // A line that only looks like the kind, inside quotes, is one of a document without any.
          if (kind !== undefined) assert.equal(glance.kind, kind);
        }
      }),
      { numRuns: 20_000 },
    );
    assert.ok(told > 200, `${told} documents were told`);
  });
});

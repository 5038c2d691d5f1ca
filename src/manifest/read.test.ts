/** Reading: values as Kubernetes sees them, every problem with its line, and never a throw. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { anyDocument, anyStyle, write } from '../../test/written.ts';
import type { ManifestDocument, Node } from './document.ts';
import { documentFromValue, eachDocument, readDocuments } from './read.ts';

function read(text: string) {
  return readDocuments({ file: 'f.yaml', text });
}

function valueOfOnly(text: string): unknown {
  const { documents, unreadable } = read(text);
  assert.deepEqual(unreadable, []);
  assert.equal(documents.length, 1);
  return documents[0]!.value;
}

const VALUES: readonly [text: string, value: unknown][] = [
  [
    'mode: 0644\nro: yes\noff: 1e3\ntime: 1:30\nnone:\n',
    { mode: 420, ro: true, false: 1000, time: '1:30', none: null },
  ],
  ['a: "yes"\nb: \'0644\'\nc: !!str 5\nd: !!int "0x10"\n', { a: 'yes', b: '0644', c: '5', d: 16 }],
  ['a: |\n  x\n   y\n\nb: >-\n  one\n  two\nc: |+\n  z\n\n', { a: 'x\n y\n', b: 'one two', c: 'z\n\n' }],
  ['{"a": {"b": [1, true, null, "x\\u00e9"]}}', { a: { b: [1, true, null, 'xé'] } }],
  ['{\n\t"a": [1,\n\t2]\n}', { a: [1, 2] }],
  ['a: &x {k: [1]}\nb: *x\n', { a: { k: [1] }, b: { k: [1] } }],
  ['base: &b {a: 1, b: 2}\nd:\n  <<: *b\n  b: 3\n', { base: { a: 1, b: 2 }, d: { a: 1, b: 3 } }],
  ['x: &x {a: 1}\nz: &z {a: 2, b: 2}\nd:\n  <<: [*x, *z]\n', { x: { a: 1 }, z: { a: 2, b: 2 }, d: { a: 1, b: 2 } }],
  ['"<<": 1\n', { '<<': 1 }],
  ['1: a\n1.5: b\ntrue: c\n', { 1: 'a', 1.5: 'b', true: 'c' }],
  ['? a\n: b\n? c\n', { a: 'b', c: null }],
  ['- a\n-\n- - b\n', ['a', null, ['b']]],
  ['{a, b: , c: d}', { a: null, b: null, c: 'd' }],
  ['[a: 1, {b: 2}]', [{ a: 1 }, { b: 2 }]],
  [
    'm:\n  labels: {\n    app: web,\n    l: [\n  1\n    ]\n  }\n  q: "a\n b"\n',
    { m: { labels: { app: 'web', l: [1] }, q: 'a b' } },
  ],
  ['\uFEFFa: 1\r\nb:\r\n  - 2\r\n', { a: 1, b: [2] }],
  [
    't: "{{ not a template }}" # {{ nor this }}\nk: |\n  {{ or this }}\n',
    { t: '{{ not a template }}', k: '{{ or this }}\n' },
  ],
];

for (const [text, value] of VALUES) {
  test(`the value of ${JSON.stringify(text)}`, () => assert.deepEqual(valueOfOnly(text), value));
}

test('__proto__ is an ordinary key', () => {
  const value = valueOfOnly('__proto__: {polluted: yes}\n') as object;
  assert.deepEqual(Object.keys(value), ['__proto__']);
  assert.equal((value as { polluted?: boolean }).polluted, undefined);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

const PROBLEMS: readonly [text: string, line: number, message: RegExp][] = [
  ['', 1, /^holds no document$/],
  ['# a\n---\n# b\n', 1, /^holds no document$/],
  ['a: 1\nb: [1,\n', 2, /^is not valid YAML: /],
  ['a: 1\n b: 2\n', 2, /^is not valid YAML: /],
  ['a: 1\nb: 2\na: 3\n', 3, /^the key "a" is written twice/],
  ['yes: 1\n"true": 2\n', 2, /^the key "true" is written twice/],
  ['a: {b: 1, b: 2}\n', 1, /^the key "b" is written twice/],
  ['a: 1\nb: *x\n', 2, /^the alias \*x has no anchor/],
  ['a: &x\n  - *x\n', 2, /^the alias \*x contains itself/],
  ['a: 1\nb: !!int x\n', 2, /does not fit its tag !!int/],
  ['a: .inf\n', 1, /\.inf is a number that JSON/],
  ['a:\n  {x: 1}: 2\n', 2, /a mapping stands where a key should be/],
  ['a: 1\n~: 2\n', 2, /null as a key/],
  ['a: 1\n<<: 2\n', 2, /merge key/],
  ['a: 1\nb: \0\n', 2, /NUL byte/],
  ['replicas: 1\nimage: {{ .Values.image }}\n', 2, /^is a template \(\{\{ … \}\} at line 2\)$/],
  ['{{- if .x }}\na: 1\n{{- end }}\n', 1, /^is a template \(\{\{ … \}\} at line 1\)$/],
  ['a: 1\nlabels:\n  {{- include "x" . | nindent 4 }}\n', 3, /^is a template .* line 3\)$/],
  ['name: {{ .x }}-foo\nb: 2\n', 1, /^is a template .* line 1\)$/],
  ['a: "{{ quoted }}\n', 1, /^is not valid YAML/],
];

for (const [text, line, message] of PROBLEMS) {
  test(`the problem of ${JSON.stringify(text)}`, () => {
    const { documents, unreadable } = read(text);
    assert.deepEqual(documents, []);
    assert.equal(unreadable.length, 1);
    assert.equal(unreadable[0]!.line, line);
    assert.match(unreadable[0]!.message, message);
  });
}

test('a template says how to render it', () => {
  assert.match(read('a: {{ x }}').unreadable[0]!.hint!, /helm template … \| petrify check -/);
});

test('a broken document does not hide its neighbours, nor shift their numbers and lines', () => {
  const { documents, unreadable } = read('a: 1\n---\nb: [\n---\n---\nc: {{ x }}\n---\nd: 4\n');
  assert.deepEqual(
    documents.map(({ index, value }) => [index, value]),
    [
      [0, { a: 1 }],
      [4, { d: 4 }],
    ],
  );
  assert.deepEqual(
    unreadable.map(({ line }) => line),
    [3, 6],
  );
});

test('a YAML bomb is refused quickly, at the alias that goes too far', () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}*a${level}]`,
  );
  const { documents, unreadable } = read(`a0: &a0 [x]\n${levels.join('\n')}\n---\nok: 1\n`);
  assert.equal(documents.length, 1);
  assert.match(unreadable[0]!.message, /aliases expand to more than/);
  assert.equal(unreadable[0]!.line, 6);
});

test('many honest aliases are no bomb', () => {
  const text = `base: &b {cpu: 1, memory: 2}\nlist:\n${'  - *b\n'.repeat(1000)}`;
  assert.equal((valueOfOnly(text) as { list: unknown[] }).list.length, 1000);
});

test('nesting without end is refused, not a stack overflow', () => {
  for (const text of ['['.repeat(100_000), '{a: '.repeat(50_000), '- '.repeat(50_000)]) {
    assert.match(read(text).unreadable[0]!.message, /maxDepth/);
  }
});

test('shared: what an alias repeats, and what is reached through one; nothing else', () => {
  const { documents } = read('a: &x {k: {d: 1}}\nb: *x\nc: &unused {k: 1}\nd:\n  <<: *x\n  own: 1\n');
  const shared: string[] = [];
  const walk = (node: Node, path: string): void => {
    if (node.shared) shared.push(path);
    if (node.kind === 'mapping') for (const entry of node.entries) walk(entry.value, `${path}/${entry.key}`);
  };
  walk(documents[0]!.root, '');
  assert.deepEqual(shared, ['/a', '/a/k', '/a/k/d', '/b', '/b/k', '/b/k/d', '/d/<<', '/d/<</k', '/d/<</k/d']);
});

/** The text of every scalar and bracket lies inside its node, and nodes lie inside their parents. */
function checkRanges(document: ManifestDocument): void {
  const visit = (node: Node, start: number, end: number): void => {
    assert.ok(start <= node.start && node.start <= node.end && node.end <= end, 'a node leaves its parent');
    if (node.kind === 'sequence') for (const item of node.items) visit(item, node.start, node.end);
    if (node.kind !== 'mapping') return;
    for (const entry of node.entries) {
      assert.ok(node.start <= entry.keyStart && entry.keyStart < entry.keyEnd && entry.keyEnd <= entry.value.start);
      visit(entry.value, entry.keyEnd, node.end);
    }
  };
  visit(document.root, document.start, document.end);
}

test('whatever is written in whatever style is read back, with every node in its place', () => {
  fc.assert(
    fc.property(anyDocument, anyStyle, (value, style) => {
      const { documents, unreadable } = read(write(value, style));
      assert.deepEqual(unreadable, []);
      assert.deepEqual(documents[0]!.value, value);
      checkRanges(documents[0]!);
    }),
  );
});

test('line ends make no difference', () => {
  fc.assert(
    fc.property(anyDocument, anyStyle, (value, style) => {
      const text = write(value, { ...style, eol: '\n' });
      for (const eol of ['\r\n', '\r']) assert.deepEqual(read(text.replaceAll('\n', eol)).documents[0]!.value, value);
    }),
  );
});

test('no text makes the reader throw', () => {
  const odd = fc.constantFrom(
    '---',
    '...',
    '{{ x }}',
    '&a',
    '*a',
    '<<:',
    '|',
    '>-',
    '"',
    "'",
    '[',
    '}',
    ': ',
    '- ',
    '? ',
    '\t',
    '\r',
    '\0',
    '!!int',
    '#',
    '\n',
    '\uFEFF',
    '%YAML 1.1\n',
  );
  const cut = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(8), put: odd });
  fc.assert(
    fc.property(anyDocument, anyStyle, fc.array(cut, { maxLength: 6 }), (value, style, cuts) => {
      let text = write(value, style);
      for (const { at, length, put } of cuts) {
        const start = Math.floor(at * text.length);
        text = text.slice(0, start) + put + text.slice(start + length);
      }
      const { documents, unreadable } = read(text);
      for (const document of documents) JSON.stringify(document.value);
      for (const { line, message } of unreadable) assert.ok(line >= 1 && message.length > 0);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)));
});

test('one by one is the same as all at once, and a tree can be asked for late', () => {
  const text = { file: 'f', text: 'a: 1\n---\nb: [\n---\nc: {d: 1}\n' };
  const problems: unknown[] = [];
  const kept = [...eachDocument(text, (problem) => problems.push(problem))];
  const all = readDocuments(text);
  assert.deepEqual(problems, all.unreadable);
  assert.deepEqual(
    kept.map(({ root, value, index }) => ({ root, value, index })),
    all.documents.map(({ root, value, index }) => ({ root, value, index })),
  );
});

test('a document made from a value has that value', () => {
  fc.assert(fc.property(anyDocument, (value) => assert.deepEqual(documentFromValue('f', value).value, value)));
});

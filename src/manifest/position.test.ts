/** A position points at the text of what it names. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { anyDocument, anyStyle, write } from '../../test/written.ts';
import type { ManifestDocument, Path } from './document.ts';
import { nodeAt, positionAt, positionOf, valueAt } from './position.ts';
import { readDocuments } from './read.ts';

function only(text: string): ManifestDocument {
  const { documents, unreadable } = readDocuments({ file: 'f', text });
  assert.deepEqual(unreadable, []);
  return documents[0]!;
}

const TEXT = `# first
spec:
  containers:
    - name: main
      image: x
    -
      name: second
      securityContext:
  "quoted": {a: [1, 2]}
`;

const PLACES: readonly [path: Path, line: number, column: number][] = [
  [[], 2, 1],
  [['spec'], 2, 1],
  [['spec', 'containers'], 3, 3],
  [['spec', 'containers', 0], 4, 7],
  [['spec', 'containers', 0, 'name'], 4, 7],
  [['spec', 'containers', 0, 'image'], 5, 7],
  [['spec', 'containers', 1], 7, 7],
  [['spec', 'containers', 1, 'securityContext'], 8, 7],
  [['spec', 'containers', 1, 'securityContext', 'privileged'], 8, 7],
  [['spec', 'containers', 0, 'securityContext', 'privileged'], 4, 7],
  [['spec', 'containers', 2], 3, 3],
  [['spec', 'quoted'], 9, 3],
  [['spec', 'quoted', 'a', 1], 9, 21],
  [['spec', 'nothing', 'below'], 2, 1],
  [['toString'], 2, 1],
];

for (const [path, line, column] of PLACES) {
  test(`the position of ${path.join('.') || 'the root'}`, () => {
    const position = positionOf(only(TEXT), path);
    assert.deepEqual([position.line, position.column], [line, column]);
  });
}

test('lines count the same with every kind of line end', () => {
  for (const eol of ['\n', '\r\n', '\r']) {
    const { line, column } = positionOf(only(TEXT.replaceAll('\n', eol)), ['spec', 'containers', 0, 'image']);
    assert.deepEqual([line, column], [5, 7]);
  }
});

test('a merged key stands where the anchor has it', () => {
  const document = only('base: &b\n  a: 1\nuse:\n  <<: *b\n');
  assert.equal(positionOf(document, ['use', 'a']).line, 2);
  assert.equal(nodeAt(document, ['use', 'a'])?.shared, true);
  assert.equal(nodeAt(document, ['use', 'b']), undefined);
});

test('valueAt sees own keys only, and list items by number only', () => {
  const value = { a: [{ b: null }], length: 5 };
  assert.equal(valueAt(value, ['a', 0, 'b']), null);
  for (const path of [['a', 'length'], ['a', '0'], ['toString'], ['a', 1], ['a', 0, 'b', 'c'], ['__proto__']]) {
    assert.equal(valueAt(value, path), undefined, path.join('.'));
  }
});

/** Every path of a value, deepest last. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item, index) => pathsOf(item, [...path, index]))];
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, field]) => pathsOf(field, [...path, key]))];
}

test('a position points at the text of its key, and a node is as long as its text', () => {
  fc.assert(
    fc.property(anyDocument, anyStyle, (value, style) => {
      const text = write(value, style);
      const document = only(text);
      for (const path of pathsOf(value).slice(1)) {
        const { offset, line, column } = positionOf(document, path);
        const key = path.at(-1)!;
        if (typeof key === 'string')
          assert.ok([key, `'${key}'`, JSON.stringify(key)].some((written) => text.startsWith(written, offset)));
        assert.deepEqual(positionAt(document.text, offset), { offset, line, column });
        assert.equal(text.slice(0, offset).split('\n').length, line);
        const node = nodeAt(document, path)!;
        const again = node.kind === 'scalar' ? valueAt(value, path) : undefined;
        if (node.kind === 'scalar') assert.deepEqual(node.value, again);
        else if (node.flow) assert.match(text.slice(node.start, node.end), /^(?:\{.*\}|\[.*\])$/s);
      }
    }),
  );
});

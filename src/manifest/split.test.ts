/** Documents are cut exactly where YAML cuts them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { splitDocuments } from './split.ts';

const CASES: readonly [what: string, text: string, documents: string[]][] = [
  ['nothing', '', []],
  ['only comments', '# a\n\n  # b\n', []],
  ['one without a marker', 'a: 1\n', ['a: 1\n']],
  ['a marker first', '---\na: 1\n', ['---\na: 1\n']],
  ['comments belong to the document that they precede', '# licence\n---\na: 1\n', ['# licence\n---\na: 1\n']],
  ['directives too', '%YAML 1.2\n---\na: 1\n', ['%YAML 1.2\n---\na: 1\n']],
  ['two', 'a: 1\n---\nb: 2\n', ['a: 1\n', '---\nb: 2\n']],
  ['an empty one between', 'a: 1\n---\n# nothing\n---\nb: 2', ['a: 1\n', '---\n# nothing\n', '---\nb: 2']],
  ['an end marker', 'a: 1\n...\n# next\n---\nb: 2\n...\n', ['a: 1\n', '\n# next\n---\nb: 2\n']],
  ['a document after an end marker', 'a: 1\n...\nb: 2\n', ['a: 1\n', '\nb: 2\n']],
  ['a value on the marker line', '--- a\n--- b', ['--- a\n', '--- b']],
  ['CRLF', 'a: 1\r\n---\r\nb: 2\r\n', ['a: 1\r\n', '---\r\nb: 2\r\n']],
  ['lone carriage returns', 'a: 1\r---\rb: 2', ['a: 1\r', '---\rb: 2']],
  ['a byte order mark', '\uFEFF---\na: 1\n---\nb: 2', ['\uFEFF---\na: 1\n', '---\nb: 2']],
  ['no marker: indented', 'a: |\n  ---\n  x\n', ['a: |\n  ---\n  x\n']],
  ['no marker: text behind', 'a: 1\n---b\n', ['a: 1\n---b\n']],
  ['a marker even in a block scalar', 'a: |\n---\nb: 2\n', ['a: |\n', '---\nb: 2\n']],
  ['no marker after U+2028', 'a: "x\u2028--- y"\n', ['a: "x\u2028--- y"\n']],
];

for (const [what, text, documents] of CASES) {
  test(`split: ${what}`, () => {
    assert.deepEqual(
      splitDocuments(text).map(({ start, end }) => text.slice(start, end)),
      documents,
    );
  });
}

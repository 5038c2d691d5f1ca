/** Texts of several lines: readable as literal blocks where YAML can hold them so, quoted where not, and always the same text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { anyDocument, anyStyle, write } from '../../test/written.ts';
import { readDocuments } from './read.ts';
import { renderField, renderItem, type Style } from './render.ts';
import { applySplices, editSplices } from './splice.ts';

const STYLE: Style = { unit: 2, dash: 0, eol: '\n' };
const field = (value: string, style = STYLE) => renderField('run', value, 2, style).join('\n');

const table: readonly (readonly [string, string, string])[] = [
  ['two lines', 'a\nb\n', '  run: |\n    a\n    b'],
  ['without an end', 'a\nb', '  run: |-\n    a\n    b'],
  ['empty lines and deeper ones', 'a\n\n  b\nc\n', '  run: |\n    a\n\n      b\n    c'],
  ['what looks like YAML', 'a: b\n# no\n---\n- x\n', '  run: |\n    a: b\n    # no\n    ---\n    - x'],
  ['umlauts', 'für\nç\n', '  run: |\n    für\n    ç'],
  ['one line with its end', 'a\n', '  run: |\n    a'],
  ['one line', 'a b', '  run: "a b"'],
  ['a deeper first line', '  a\nb\n', '  run: "  a\\nb\\n"'],
  ['an empty first line', '\na\n', '  run: "\\na\\n"'],
  ['several ends', 'a\n\n', '  run: "a\\n\\n"'],
  ['a tabulator', 'a\n\tb\n', '  run: "a\\n\\tb\\n"'],
  ['a carriage return', 'a\r\nb\n', '  run: "a\\r\\nb\\n"'],
  ['a line separator', 'a\n\u2028b\n', '  run: "a\\n\\u2028b\\n"'],
];
for (const [name, value, expected] of table) test(`a field: ${name}`, () => assert.equal(field(value), expected));

test('an item of a list, and nothing but one line where something follows in it', () => {
  assert.deepEqual(renderItem('a\nb\n', 4, STYLE), ['    - |', '      a', '      b']);
  assert.deepEqual(renderItem('a\nb\n', 4, { ...STYLE, oneLine: true }), ['    - "a\\nb\\n"']);
  assert.equal(field('a\nb\n', { ...STYLE, oneLine: true }), '  run: "a\\nb\\n"');
});

test('JSON that is read as YAML holds no character that YAML takes for another', () => {
  const [document] = readDocuments({ file: 'f.yaml', text: '{"a": {}}' }).documents;
  const edits = [{ op: 'add', path: ['a', 'b'], value: 'x\u0085\ufeff\n' }] as const;
  const text = applySplices(document!.text.text, editSplices(document!, edits));
  assert.equal(text, '{"a": {"b":"x\\u0085\\ufeff\\n"}}');
  assert.deepEqual(load(text), { a: { b: 'x\u0085\ufeff\n' } });
});

/** Lines that YAML reads in its own way, and anything else. */
const line = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '  ',
    'a',
    ' a',
    'a ',
    '\ta',
    '---',
    '...',
    '# x',
    'a: b',
    '- a',
    '%YAML',
    '"',
    "'",
    '|',
    '&a',
    '*a',
    '\r',
    '\u0085',
    '\u00a0',
    '\ufeff',
    '\u2028',
    '😀',
    '\u0000',
    '{{ x }}',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()),
);
const anyText = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n'));

test('law: any text, added anywhere to any document, reads as it was, by another reader as well', () => {
  fc.assert(
    fc.property(anyDocument, anyStyle, anyText, anyText, (value, style, inField, inItem) => {
      const [document] = readDocuments({ file: 'f.yaml', text: write({ ...value, spec: {} }, style) }).documents;
      const edits = [
        { op: 'add', path: ['spec', 'script'], value: inField },
        { op: 'add', path: ['spec', 'command', '-'], value: 'sh' },
        { op: 'add', path: ['spec', 'command', '-'], value: inItem },
        { op: 'add', path: ['spec', 'nested'], value: { deeper: [{ text: inItem }, inField] } },
      ] as const;
      const text = applySplices(document!.text.text, editSplices(document!, edits));
      const expected = {
        script: inField,
        command: inItem === 'sh' ? ['sh'] : ['sh', inItem],
        nested: { deeper: [{ text: inItem }, inField] },
      };
      const [after] = readDocuments({ file: 'f.yaml', text }).documents;
      assert.deepEqual((after!.value as { spec: unknown }).spec, expected);
      const key = Object.keys(value).find((one) => one === '<<');
      if (key === undefined) assert.deepEqual((load(text) as { spec: unknown }).spec, expected);
    }),
    { numRuns: 500 },
  );
});

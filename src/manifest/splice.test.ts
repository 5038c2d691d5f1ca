/** Edits change what they say and nothing else: laws, and fixtures (`before.yaml` + `edits.json` → `after.yaml`). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { anyDocument, anyStyle, anyValue, write } from '../../test/written.ts';
import { Failure } from '../failure.ts';
import type { Edit, ManifestDocument, Path } from './document.ts';
import { isEqual } from './draft.ts';
import { valueAt } from './position.ts';
import { readDocuments } from './read.ts';
import { applySplices, editSplices } from './splice.ts';

function documentsOf(text: string): ManifestDocument[] {
  const { documents, unreadable } = readDocuments({ file: 'f.yaml', text });
  assert.deepEqual(unreadable, []);
  return documents;
}

function edit(text: string, edits: readonly Edit[], index = 0): string {
  return applySplices(text, editSplices(documentsOf(text)[index]!, edits));
}

const fixtures = new URL('fixtures/splice/', import.meta.url);
for (const name of readdirSync(fixtures).sort()) {
  test(`fixture: ${name}`, () => {
    const read = (file: string) => readFileSync(new URL(`${name}/${file}`, fixtures), 'utf8');
    const edits = JSON.parse(read('edits.json')) as Edit[];
    const after = read('after.yaml');
    assert.equal(edit(read('before.yaml'), edits), after);
    assert.equal(edit(after, edits), after, 'a second time changes nothing');
  });
}

test('a place that an alias repeats is refused with its line', () => {
  const text = 'a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 2\n';
  const refused: Edit[] = [
    { op: 'add', path: ['a', 'n'], value: 1 },
    { op: 'replace', path: ['a', 'b'], value: 2 },
    { op: 'add', path: ['c', 'n'], value: 1 },
    { op: 'replace', path: ['d', 'b'], value: 2 },
    { op: 'remove', path: ['d', 'b'] },
    { op: 'replace', path: ['c'], value: 1 },
  ];
  for (const one of refused) {
    assert.throws(
      () => edit(text, [one]),
      (error) =>
        error instanceof Failure &&
        error.code === 'bad-manifest' &&
        /^f\.yaml:[123]: /.test(error.message) &&
        !!error.hint,
      JSON.stringify(one),
    );
  }
  assert.equal(edit(text, [{ op: 'add', path: ['d', 'f'], value: 3 }]), `${text}  f: 3\n`);
  assert.equal(edit(text, [{ op: 'replace', path: ['a', 'b'], value: 1 }]), text);
});

test('a path through another kind of value is refused', () => {
  for (const path of [
    ['a', 'b'],
    ['l', 'x'],
    ['m', 0],
    ['m', '-'],
    ['l', 7, 'x'],
  ]) {
    assert.throws(
      () => edit('a: 1\nl: [1]\nm: {x: 1}\n', [{ op: 'add', path, value: 1 }]),
      { code: 'bad-manifest' },
      path.join('.'),
    );
  }
  assert.throws(() => edit('a: 1\n', [{ op: 'replace', path: ['b'], value: 1 }]), { code: 'bad-manifest' });
});

test('what cannot be edited safely is refused rather than damaged', () => {
  assert.throws(() => edit('? a\n: 1\n', [{ op: 'add', path: ['b'], value: 2 }]), { code: 'bad-manifest' });
});

test('what is new goes behind all that belongs to a block scalar', () => {
  const add: Edit[] = [{ op: 'add', path: ['m', 'new'], value: 1 }];
  assert.equal(edit('m:\n  a: |\n    x\n       \n\nb: 1\n', add), 'm:\n  a: |\n    x\n       \n  new: 1\n\nb: 1\n');
  assert.equal(edit('m:\n  a: |\n    x\n    \n\nb: 1\n', add), 'm:\n  a: |\n    x\n  new: 1\n    \n\nb: 1\n');
  assert.equal(edit('m:\n  a: |+ # all\n    x\n\n\nb: 1\n', add), 'm:\n  a: |+ # all\n    x\n\n\n  new: 1\nb: 1\n');
  assert.equal(edit('m:\n  a: >-\n\nb: 1\n', add), 'm:\n  a: >-\n  new: 1\n\nb: 1\n');
});

test('a literal block swallows no comment of what was removed', () => {
  const edits: Edit[] = [
    { op: 'remove', path: ['a', 'c'] },
    { op: 'add', path: ['fresh'], value: 'one\ntwo\n' },
  ];
  assert.equal(
    edit('a:\n  b: x\n\n  # about c\n  c: []\n', edits),
    'a:\n  b: x\nfresh: "one\\ntwo\\n"\n\n  # about c\n',
  );
  assert.equal(edit('a:\n  b: x\n  c: []\n# the end\n', edits), 'a:\n  b: x\nfresh: |\n  one\n  two\n# the end\n');
});

test('only its own document of the file changes', () => {
  const text = '# c\na: 1\n---\na: 1\n...\n---\na: 1';
  assert.equal(edit(text, [{ op: 'add', path: ['b'], value: 2 }], 1), '# c\na: 1\n---\na: 1\nb: 2\n...\n---\na: 1');
  assert.equal(edit(text, [{ op: 'add', path: ['b'], value: 2 }], 2), `${text}\nb: 2`);
});

test('overlapping splices are a defect', () => {
  const overlapping = [
    { start: 0, end: 2, text: '' },
    { start: 1, end: 3, text: '' },
  ];
  assert.throws(() => applySplices('abc', overlapping), /overlap/);
});

/** The meaning of an edit, on a plain value; the judge of the laws below. */
function applied(value: unknown, { op, path, value: added }: Edit): void {
  const parents = path.slice(0, -1);
  const last = path.at(-1)!;
  let at = value as Record<string | number, unknown>;
  for (const [depth, step] of parents.entries()) {
    const next = path[depth + 1]!;
    if (!Object.hasOwn(at, step) || at[step] === null) {
      if (op === 'remove') return;
      put(at, step, next === '-' ? [] : {});
    }
    at = at[step] as Record<string | number, unknown>;
  }
  if (Array.isArray(at)) {
    if (op === 'remove') at.splice(last as number, 1);
    else if (op === 'replace') at[last as number] = added;
    else if (last !== '-') at.splice(last as number, 0, added);
    else if (!at.some((item) => isEqual(item, added))) at.push(added);
  } else if (op === 'remove') delete at[last];
  else put(at, last, added);
}

function put(object: Record<string | number, unknown>, key: string | number, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** An edit that fits the value: of something that is there, or of something new below it. */
function anyEditOf(value: unknown): fc.Arbitrary<Edit> {
  const places = placesOf(value);
  return fc.constantFrom(...places).chain(({ path, at }): fc.Arbitrary<Edit> => {
    const news: fc.Arbitrary<Edit>[] = [];
    if (Array.isArray(at)) {
      news.push(anyValue.map((added) => ({ op: 'add', path: [...path, '-'], value: added })));
      news.push(
        fc
          .tuple(fc.nat(at.length), anyValue)
          .map(([index, added]) => ({ op: 'add', path: [...path, index], value: added })),
      );
    } else if ((typeof at === 'object' && path.length > 0) || path.length === 0) {
      const key = fc.constantFrom('fresh', 'securityContext', 'yes', 'x: y');
      news.push(fc.tuple(key, anyValue).map(([name, added]) => ({ op: 'add', path: [...path, name], value: added })));
      const deep = fc.constantFrom<Path>(['fresh', 'deeper', 'drop'], ['fresh', 'list', '-']);
      if (at === null || !Object.hasOwn(at as object, 'fresh')) {
        news.push(
          fc.tuple(deep, anyValue).map(([below, added]) => ({ op: 'add', path: [...path, ...below], value: added })),
        );
      }
    }
    if (path.length > 0) {
      news.push(anyValue.map((added) => ({ op: 'replace', path, value: added })));
      news.push(fc.constant({ op: 'remove', path }));
    }
    return fc.oneof(...news);
  });
}

function placesOf(at: unknown, path: Path = []): { path: Path; at: unknown }[] {
  if (typeof at !== 'object' || at === null) return [{ path, at }];
  const children: [string | number, unknown][] = Array.isArray(at) ? [...at.entries()] : Object.entries(at);
  return [{ path, at }, ...children.flatMap(([key, child]) => placesOf(child, [...path, key]))];
}

interface Case {
  readonly value: Record<string, unknown>;
  readonly text: string;
  readonly edits: Edit[];
  readonly after: unknown;
}

/** A document, its text, some edits in order, and the value they must lead to. */
const anyCase: fc.Arbitrary<Case> = fc
  .tuple(anyDocument, anyStyle, fc.integer({ min: 1, max: 4 }))
  .chain(([value, style, count]) => {
    const grow = (edits: Edit[], after: unknown, left: number): fc.Arbitrary<Case> => {
      if (left === 0) return fc.constant({ value, text: write(value, style), edits, after });
      return anyEditOf(after).chain((one) => {
        const next = structuredClone(after);
        applied(next, structuredClone(one));
        return grow([...edits, one], next, left - 1);
      });
    };
    return grow([], value, count);
  });

test('law: the new text reads as the old value with the edits applied', () => {
  fc.assert(
    fc.property(anyCase, ({ text, edits, after }) => {
      assert.deepEqual(documentsOf(edit(text, edits))[0]!.value, after);
    }),
    { numRuns: 2000 },
  );
});

test('law: an edit that is in effect already changes nothing', () => {
  fc.assert(
    fc.property(anyCase, ({ text, edits, after }) => {
      const [document] = documentsOf(edit(text, edits));
      const again = edits.filter(({ op, path, value }) => {
        const list = path.at(-1) === '-' ? valueAt(after, path.slice(0, -1)) : undefined;
        if (Array.isArray(list)) return list.some((item) => isEqual(item, value));
        return op !== 'remove' && typeof path.at(-1) === 'string' && isEqual(valueAt(after, path), value);
      });
      assert.deepEqual(editSplices(document!, again), []);
    }),
  );
});

test('law: additions keep every byte of the text, comments and all, in order', () => {
  fc.assert(
    fc.property(anyCase, ({ text, edits: [first], value }) => {
      if (first?.op !== 'add' || isOccupied(value, first.path)) return;
      for (const splice of editSplices(documentsOf(text)[0]!, [first])) {
        assert.match(text.slice(splice.start, splice.end), /^\s*(?:null|~|\{\}|\[ {2}\]|)\s*$/);
      }
    }),
  );
});

function isOccupied(value: unknown, path: Path): boolean {
  let at = value;
  for (const step of path) {
    if (at === null || at === undefined) return false;
    if (typeof at !== 'object') return true;
    at = Object.hasOwn(at, step) ? at[step as keyof typeof at] : undefined;
  }
  return at !== undefined;
}

/**
 * The table of refused writes. `recorded-refusals.tsv` is what programs printed on a read-only root (Debian 12, Node,
 * Python); `refused-writes.tsv` holds a line for every form, most of them written after the program's message format.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { LOG_FORMS } from './log-forms.ts';
import { refusedWrites } from './log-lines.ts';

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const fixtures = read('refused-writes.tsv').map((row) => {
  const [form = '', paths = '', errno = '', ...line] = row.split('\t');
  return { form, paths: paths.split(' '), errno, line: line.join('\t') };
});
const here = { workingDir: '/app' };

for (const { form, paths, errno, line } of fixtures) {
  test(`${form}: ${line}`, () => {
    const found = refusedWrites(`started\n${line}\r\nstopped\n`, here);
    assert.deepEqual(
      found.map((evidence) => evidence.path),
      paths,
    );
    for (const evidence of found) {
      assert.equal(evidence.errno ?? '-', errno);
      assert.equal(evidence.what, 'refused');
      assert.equal(evidence.type === 'directory', /directory|mkdir|not-writable/.test(form));
    }
  });
}

test('what programs printed on a read-only root is read', () => {
  const rows = read('recorded-refusals.tsv').map((row) => row.split('\t'));
  assert.ok(rows.length >= 20);
  for (const [program, paths = '', line = ''] of rows) {
    const found = refusedWrites(line, { workingDir: '/etc' });
    assert.deepEqual(
      found.map(({ path, errno }) => `${path} ${errno}`),
      paths.split(' ').map((path) => `${path} EROFS`),
      String(program),
    );
  }
});

test('every form has a fixture line that it is the first to match', () => {
  const matched = new Set(
    fixtures.map(
      ({ line }) =>
        LOG_FORMS.find(({ pattern }) => pattern.test(line.replaceAll('\\"', '"').replace(/[‘’]/g, "'")))?.name,
    ),
  );
  assert.deepEqual(
    LOG_FORMS.filter(({ name }) => !matched.has(name)).map(({ name }) => name),
    [],
  );
});

test('lines that only look like a refused write give nothing', () => {
  for (const line of read('not-refused-writes.txt')) assert.deepEqual(refusedWrites(line, here), [], line);
});

test('the same refusal is reported once, and control characters do not survive', () => {
  const line = 'app: /run/app.pid: Read-only file system \u0007\u001b]0;title';
  const found = refusedWrites(`${line}\n${line}\n`, here);
  assert.equal(found.length, 1);
  assert.ok(!/\p{Cc}/u.test(found[0]!.detail));
});

test('no line takes long: matching is linear', () => {
  const pieces = ['/', "'", '"', '(', ' ', 'a', '/a', ': ', 'mkdir(/', 'open ', '[', "directory '", 'file ', './'];
  for (const piece of pieces) {
    const line = `${piece.repeat(100_000)} Read-only file system`;
    const short = `${piece.repeat(500)}: Read-only file system`;
    const start = performance.now();
    refusedWrites(`${line}\n${`${short}\n`.repeat(2000)}`, here);
    const took = performance.now() - start;
    assert.ok(took < 3000, `${piece}: ${Math.round(took)} ms for 2000 lines`);
  }
});

test('any text is survived, and every path is absolute and plain', () => {
  const word = fc.constantFrom(
    ': Read-only file system',
    'open() "',
    '" failed (30: Read-only file system)',
    '../',
    '/',
    '\0',
    "'",
    'x',
    ' ',
    '\n',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }), (words) => {
      for (const { path } of refusedWrites(words.join(''), here)) {
        assert.match(path, /^\//);
        assert.doesNotMatch(path, /\0|\/\.\.?(\/|$)|\/\/|.\/$/);
      }
    }),
  );
});

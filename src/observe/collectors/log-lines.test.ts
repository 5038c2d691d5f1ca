/**
 * The table of refused writes. `recorded-refusals.tsv` is what programs printed on a read-only root (Debian 12, Node,
 * Python); `refused-writes.tsv` holds a line for every form, most of them written after the program's message format.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { LOG_FORMS } from './log-forms.ts';
import { readLog, refusedWrites } from './log-lines.ts';

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const fixtures = read('refused-writes.tsv').map((row) => {
  const [form = '', paths = '', errno = '', ...line] = row.split('\t');
  return { form, paths: paths.split(' '), errno, line: line.join('\t') };
});
/** Names of forms whose path is a directory that could not be made or used. */
const DIRECTORIES = /directory|mkdir|not-writable/;
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
      assert.equal(evidence.type === 'directory', DIRECTORIES.test(form));
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
  const lines = [...fixtures.map(({ line }) => line), ...read('unplaced-refusals.txt')];
  const matched = new Set(
    lines.map(
      (line) => LOG_FORMS.find(({ pattern }) => pattern.test(line.replaceAll('\\"', '"').replace(/[‘’]/g, "'")))?.name,
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

test('a refusal without a place is counted, and never guessed at', () => {
  for (const line of read('unplaced-refusals.txt')) {
    const { evidence, unplaced } = readLog(`started\n${line}\n`, here);
    assert.deepEqual(evidence, [], line);
    assert.equal(unplaced.length, 1, line);
  }
  for (const line of read('not-refused-writes.txt')) assert.deepEqual(readLog(line, here).unplaced, [], line);
});

test('a relative path without a working directory is said, not resolved', () => {
  const line = 'bash: line 1: out.txt: Read-only file system';
  assert.deepEqual(readLog(line, { workingDir: undefined }), { evidence: [], unplaced: [{ line, path: 'out.txt' }] });
});

test('messages over several lines', () => {
  const over: [string, string, string][] = [
    [
      'redis',
      '/var/log/redis/r.log EROFS',
      `>>> 'logfile "/var/log/redis/r.log"'\nCan't open the log file: Read-only file system`,
    ],
    [
      'cargo',
      '/app/target/.cargo-lock EROFS',
      'error: failed to open: /app/target/.cargo-lock\n\nCaused by:\n  Read-only file system (os error 30)',
    ],
    ['unzip', '/srv/a.txt EROFS', 'error:  cannot create /srv/a.txt\n        Read-only file system'],
    [
      'npm',
      '/.npm EACCES',
      'npm error code EACCES\nnpm error syscall mkdir\nnpm error path /.npm\nnpm error errno -13',
    ],
    [
      'npm 2',
      '/home/u EROFS',
      'npm ERR! path /home/u\nnpm ERR! code EROFS\nnpm ERR! errno -30\nnpm ERR! syscall mkdir',
    ],
    ['npm reads', '', 'npm error code EACCES\nnpm error syscall scandir\nnpm error path /root'],
    ['another before', '/srv/a EACCES', 'sh: 1: cannot create /srv/a: Permission denied\nRead-only file system'],
    ['far apart', '', `>>> 'logfile "/a/b"'\n${'x\n'.repeat(9)}Can't open the log file: Read-only file system`],
  ];
  for (const [what, expected, log] of over) {
    const found = refusedWrites(log, here).map(({ path, errno }) => `${path} ${errno}`);
    assert.deepEqual(found, expected === '' ? [] : [expected], what);
  }
});

test('the same refusal is reported once, and control characters do not survive', () => {
  const line = 'app: /run/app.pid: Read-only file system \u0007\u001b]0;title';
  const found = refusedWrites(`${line}\n${line}\n`, here);
  assert.equal(found.length, 1);
  assert.ok(!/\p{Cc}/u.test(found[0]!.detail));
});

test('no line takes long: matching is linear', () => {
  const pieces = [
    '/',
    "'",
    '"',
    '(',
    ' ',
    'a',
    '/a',
    ': ',
    'mkdir(/',
    'open ',
    '[',
    "directory '",
    'file ',
    './',
    '"path":"/',
    'dir=/',
    'unable to create the ',
    'unable to create directory /',
    ' cannot create ',
    '["',
    '`/',
    'file is read-only: ',
    'open /',
    'cat: ',
    'npm error ',
    '[error] ',
    'sh: 1: ',
  ];
  for (const piece of pieces) {
    const line = `${piece.repeat(100_000)} Read-only file system`;
    const short = `${piece.repeat(500)}: Read-only file system`;
    const start = performance.now();
    refusedWrites(`${line}\n${`${short}\n`.repeat(2000)}`, here);
    const took = performance.now() - start;
    assert.ok(took < 15_000, `${piece}: ${Math.round(took)} ms for 2000 lines`);
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

/** What a directory ships: counted, bounded, and told apart into programs, outputs and the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countShipped, MAX_NAMED, type ShippedEntry } from './shipped.ts';

const owner = { uid: 0, gid: 0, mode: 0o755 };
const file = (path: string, mode = 0o644): ShippedEntry => ({
  path,
  type: 'file',
  mode,
  size: 1,
  linkTarget: undefined,
});
const link = (path: string, linkTarget: string): ShippedEntry => ({
  path,
  type: 'symlink',
  mode: 0o777,
  size: 0,
  linkTarget,
});

function describe(...entries: ShippedEntry[]) {
  const count = countShipped();
  for (const entry of entries) count.add(entry);
  return count.of(owner);
}

const programs: [ShippedEntry, boolean][] = [
  [file('run', 0o755), true],
  [file('only-for-owner', 0o700), true],
  [file('libssl.so'), true],
  [file('libssl.so.1.1'), true],
  [file('a/b/app.jar'), true],
  [file('mod.ko.xz'), true],
  [file('index.php'), true],
  [file('main.mjs'), true],
  [file('App.DLL'), true],
  [file('cache.pyc'), true],
  [file('index.html'), false],
  [file('nginx.conf'), false],
  [file('notes.txt'), false],
  [file('soon'), false],
  [file('x.sock'), false],
  [link('data', 'other'), false],
  [link('libc.so.6', 'libc-2.31.so'), true],
  [{ ...file('hard', 0o755), type: 'link', linkTarget: 'run' }, true],
  [{ ...file('pipe', 0o755), type: 'fifo' }, false],
  [{ ...file('lib.so', 0o755), type: 'directory' }, false],
];

for (const [entry, expected] of programs) {
  test(`${entry.type} ${entry.path} ${entry.mode.toString(8)} is ${expected ? 'run or loaded' : 'data'}`, () => {
    assert.deepEqual(describe(entry).programs, expected ? [entry.path] : []);
  });
}

test('links to the streams of the process are outputs; other links are none', () => {
  const targets = ['/dev/stdout', '/dev/stderr', '/dev/null', '/proc/self/fd/2', '/dev/fd/1', '/proc/1/fd/1'];
  const outputs = targets.map((target, at) => link(`log${at}`, target));
  const others = [link('x', '/dev/sda'), link('y', '/proc/self/environ'), link('z', 'dev/stdout'), file('w')];
  assert.deepEqual(
    describe(...others, ...outputs).outputs,
    targets.map((_, at) => `log${at}`),
  );
});

test('bytes are those of regular files; directories are no names', () => {
  const entries = [
    file('b'),
    { ...file('a'), size: 41 },
    { ...file('d'), type: 'directory', size: 4096 },
    link('l', 'a'),
  ];
  const { names, bytes, shippedFiles } = describe(...entries);
  assert.deepEqual([names, bytes, shippedFiles], [['a', 'b', 'l'], 42, 3]);
});

test('names are sorted and bounded, and counting ends', () => {
  const count = countShipped();
  const more = Array.from({ length: 3000 }, (_, at) => count.add(file(String(5000 - at), 0o755)));
  assert.equal(more.indexOf(false), 999);
  assert.equal(countShipped().add({ ...file('huge'), size: 2 ** 40 }), false);
  const { names, programs } = describe(...Array.from({ length: 900 }, (_, at) => file(String(5000 - at), 0o755)));
  assert.deepEqual([names.length, names[0], programs], [MAX_NAMED, '4101', names]);
});

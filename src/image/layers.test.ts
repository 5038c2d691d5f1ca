/** Layers become one tree: whiteouts, links, replaced types, compression, and tars that want to break out. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { Failure } from '../failure.ts';
import { filesOf, layer, type Packed, treeOf } from './layers.fixture.ts';
import { indexLayers } from './layers.ts';

const file = (name: string, body = name): Packed => ({ name, body });
const directory = (name: string, more: Partial<Packed> = {}): Packed => ({ name, type: 'directory', ...more });
const link = (name: string, linkname: string): Packed => ({ name, type: 'symlink', linkname });

const cases: readonly (readonly [string, readonly (readonly Packed[])[], readonly string[]])[] = [
  [
    'later layers add and replace',
    [
      [file('a'), file('b')],
      [file('a', 'new'), file('c')],
    ],
    ['a', 'b', 'c'],
  ],
  ['a whiteout removes a file', [[file('d/a'), file('d/b')], [file('d/.wh.a')]], ['d/b']],
  ['a whiteout removes a directory with all of it', [[file('d/a/x'), file('d/b')], [file('d/.wh.a')]], ['d/b']],
  ['a whiteout of nothing is nothing', [[file('a')], [file('.wh.b')]], ['a']],
  ['a whiteout spares its own layer, before it', [[file('d/a/old')], [file('d/a/new'), file('d/.wh.a')]], ['d/a/new']],
  ['a whiteout spares its own layer, behind it', [[file('d/a/old')], [file('d/.wh.a'), file('d/a/new')]], ['d/a/new']],
  [
    'an opaque directory has only what its own layer brings',
    [
      [file('d/a'), file('d/e/b')],
      [file('d/c'), directory('d'), file('d/.wh..wh..opq')],
    ],
    ['d/c'],
  ],
  ['AUFS’ own files are none', [[file('.wh..wh.plnk'), file('.wh..wh.aufs'), file('a')]], ['a']],
  ['a directory over a directory keeps its files', [[file('d/a')], [directory('d/')]], ['d/a']],
  ['a file over a directory replaces it', [[file('d/a')], [file('d')]], ['d']],
  ['a directory over a file replaces it', [[file('d')], [file('d/a')]], ['d/a']],
  ['a link over a directory replaces it', [[file('d/a')], [link('d', 'e')]], ['d']],
  [
    'files land behind links of directories',
    [[directory('usr/lib'), link('lib', 'usr/lib')], [file('lib/x')]],
    ['lib', 'usr/lib/x'],
  ],
  ['whiteouts look behind links as well', [[file('usr/lib/x'), link('lib', '/usr/lib')], [file('lib/.wh.x')]], ['lib']],
  ['names cannot lead out', [[file('../../a'), file('/b'), file('./c'), file('x/../../d')]], ['a', 'b', 'c', 'd']],
  [
    'nor can links',
    [[link('up', '../../..'), file('up/a'), link('root', '/'), file('root/b')]],
    ['a', 'b', 'root', 'up'],
  ],
  ['a loop of links takes nothing in', [[link('a', 'b'), link('b', 'a'), file('a/x'), file('c')]], ['a', 'b', 'c']],
  ['a hard link to nothing is none', [[{ name: 'h', type: 'link', linkname: 'no/where' }, file('a')]], ['a']],
  [
    'pipes and devices are files',
    [
      [
        { name: 'p', type: 'fifo' },
        { name: 'n', type: 'character-device' },
      ],
    ],
    ['n', 'p'],
  ],
  [
    'names longer than any file system takes are left out',
    [[file('y'.repeat(256)), file('z'.repeat(255))]],
    ['z'.repeat(255)],
  ],
  ['long paths come whole', [[file(`${'long/'.repeat(60)}x`)]], [`${'long/'.repeat(60)}x`]],
];
for (const [title, layers, expected] of cases) {
  test(title, async () => {
    const tree = await treeOf(...(await Promise.all(layers.map((entries) => layer(...entries)))));
    assert.deepEqual(await filesOf(tree), expected);
  });
}

test('owners, modes, sizes and targets come from the last layer that has the path', async () => {
  const tree = await treeOf(
    await layer(
      directory('srv', { uid: 1 }),
      { ...file('srv/a', 'xx'), mode: 0o4755, uid: 7, gid: 8 },
      link('l', 'srv/a'),
    ),
    await layer(directory('srv/', { uid: 33, gid: 3_000_000, mode: 0o2770 }), directory('./', { mode: 0o711, uid: 5 })),
  );
  assert.deepEqual(await tree.stat('/srv'), { type: 'directory', mode: 0o2770, uid: 33, gid: 3_000_000, size: 0 });
  assert.deepEqual(await tree.stat('/srv/a'), { type: 'file', mode: 0o4755, uid: 7, gid: 8, size: 2 });
  assert.deepEqual(await tree.stat('/'), { type: 'directory', mode: 0o711, uid: 5, gid: 0, size: 0 });
  assert.equal((await tree.stat('/l'))?.type, 'symlink');
  assert.equal(await tree.resolve('/l'), '/srv/a');
  assert.equal(await tree.stat('/none'), undefined);
  assert.equal(await tree.stat('/srv/a/below'), undefined);
  assert.deepEqual((await tree.directory('/srv'))?.programs, ['a']);
});

test('contents: kept ones, others by reading the layer again, hard links too, at most what is asked for', async () => {
  const script: Packed = { ...file('run.sh', '#!/bin/sh\nexec true\n'), mode: 0o755 };
  const layers = [
    await layer(file('etc/passwd', 'old'), script, file('data', 'first')),
    await layer(file('etc/passwd', 'new'), { name: 'same', type: 'link', linkname: '/data' }, file('data', 'second')),
  ].map((bytes) => gzipSync(bytes));
  let opened = 0;
  const open = async (at: number) => {
    opened++;
    return { bytes: Readable.from([layers[at]!], { objectMode: false }) };
  };
  const { tree, skipped } = await indexLayers(2, open, 'test');
  const read = async (path: string, limit = 100) => (await tree.read(path, limit))?.toString();
  assert.deepEqual([await read('/etc/passwd'), await read('/run.sh', 9), opened], ['new', '#!/bin/sh', 2]);
  assert.deepEqual([await read('/same'), await read('/data', 3), opened], ['first', 'sec', 4]);
  assert.deepEqual([await read('/etc'), await read('/none'), skipped], [undefined, undefined, 0]);
});

test('gzip, zstd and no compression are told by their bytes', async () => {
  const bytes = await layer(file('a'), file('b', 'x'.repeat(100_000)));
  for (const one of [bytes, gzipSync(bytes), zstdCompressSync(bytes)]) {
    assert.deepEqual(await filesOf(await treeOf(one)), ['a', 'b']);
  }
});

test('broken and hostile layers end in one sentence', async () => {
  const good = gzipSync(await layer(file('a', 'x'.repeat(5000))));
  const broken = [good.subarray(0, good.length - 20), Buffer.concat([good.subarray(0, 10), Buffer.alloc(50, 7)])];
  for (const bytes of broken) {
    await assert.rejects(treeOf(bytes), (error) => error instanceof Failure && error.code === 'image-missing');
  }
  await assert.rejects(
    indexLayers(1000, async () => ({ bytes: Readable.from([]) }), 'many'),
    /1000 layers/,
  );
});

test('bombs of entries and of bytes end', async () => {
  const one = (await layer({ name: 'x', type: 'directory' })).subarray(0, 512);
  const many = Buffer.concat(Array(200).fill(one));
  const entries = function* () {
    for (;;) yield many;
  };
  const endless = async () => ({ bytes: Readable.from(entries(), { objectMode: false }) });
  await assert.rejects(indexLayers(1, endless, 'bomb', { entries: 5_000, bytes: 2 ** 30 }), /more than 5000 files/);
  const zeros = gzipSync(await layer(file('zeros', '0'.repeat(8 * 1024 * 1024))));
  const bomb = async () => ({ bytes: Readable.from([zeros], { objectMode: false }) });
  assert.ok(zeros.length < 20_000);
  await assert.rejects(indexLayers(2, bomb, 'bomb', { entries: 10, bytes: 10 * 2 ** 20 }), /more than 10485760 bytes/);
});

test('no bytes make it do anything but end', async () => {
  const valid = await layer(file('a/b'), link('c', 'a'), file('.wh.a'), file('c/d'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), async (changes) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        await filesOf(await treeOf(bytes));
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
      }
    }),
    { numRuns: 100 },
  );
});

/** Directories are d0–d1, files f0–f2, so that no path changes its type. */
const directories = fc.array(fc.constantFrom('d0', 'd1'), { maxLength: 3 });
const operation = fc.record({
  at: directories,
  what: fc.oneof(
    fc.record({ put: fc.constantFrom('f0', 'f1', 'f2') }),
    fc.record({ hide: fc.constantFrom('f0', 'f1', 'd0', 'd1') }),
    fc.record({ opaque: fc.constant(true) }),
  ),
});
type Operation = { at: string[]; what: { put: string } | { hide: string } | { opaque: boolean } };

/** Files after these layers, by the specification's own words: first what is hidden of the lower, then what is added. */
function model(layers: readonly (readonly Operation[])[]): Map<string, string> {
  let files = new Map<string, string>();
  for (const [number, operations] of layers.entries()) {
    const hidden = operations.flatMap(({ at, what }) =>
      'hide' in what ? [[...at, what.hide].join('/')] : 'opaque' in what ? [at.join('/')] : [],
    );
    const isHidden = (path: string) => hidden.some((one) => one === '' || path === one || path.startsWith(`${one}/`));
    files = new Map([...files].filter(([path]) => !isHidden(path)));
    for (const { at, what } of operations) if ('put' in what) files.set([...at, what.put].join('/'), String(number));
  }
  return files;
}

test('random layers give what the specification says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 6 }), { maxLength: 5 }), async (layers) => {
      const packed = await Promise.all(
        layers.map((operations, number) =>
          layer(
            ...operations.map(({ at, what }): Packed => {
              const name = 'put' in what ? what.put : 'hide' in what ? `.wh.${what.hide}` : '.wh..wh..opq';
              return { name: [...at, name].join('/'), body: 'put' in what ? String(number) : '' };
            }),
          ),
        ),
      );
      const tree = await treeOf(...packed);
      const expected = model(layers as Operation[][]);
      assert.deepEqual(await filesOf(tree), [...expected.keys()].sort().slice(0, 50));
      for (const [path, body] of expected) assert.equal(String(await tree.read(`/${path}`, 10)), body, path);
    }),
    { numRuns: 100 },
  );
});

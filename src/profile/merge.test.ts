/** Evidence becomes the narrowest directories that work, whatever its order. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Evidence } from './evidence.ts';
import { mergeEvidence, mergeMounted } from './merge.ts';
import { type ImageLayout, isBelow, type PlacedMount, placeEvidence } from './placement.ts';
import { shippedDirectory } from './shipped.fixture.ts';

const owner = { uid: 0, gid: 0, mode: 0o755 };
/** Directories of a small image with the files below each. */
const shipped: Record<string, number> = {
  '/': 1000,
  '/etc': 100,
  '/etc/app': 3,
  '/etc/app/empty': 0,
  '/run': 0,
  '/run/lock': 0,
  '/tmp': 0,
  '/var': 200,
  '/var/cache': 99,
  '/var/cache/nginx': 0,
  '/var/lib': 80,
  '/var/log': 2,
  '/home': 0,
  '/usr': 900,
  '/usr/bin': 300,
};
const links: Record<string, string> = { '/var/run': '/run', '/var/lock': '/run/lock' };
const layout: ImageLayout = {
  resolve(path) {
    const link = Object.keys(links).find((from) => isBelow(path, from));
    return link === undefined ? path : `${links[link]}${path.slice(link.length)}`;
  },
  directory: (path) => (Object.hasOwn(shipped, path) ? shippedDirectory(shipped[path]!, { owner }) : undefined),
};
const saw = (what: Evidence['what'], path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what,
  detail: 'seen',
  ...(what === 'mkdir' ? { type: 'directory' } : {}),
  ...more,
});
const paths = (evidence: Evidence[], mounts: PlacedMount[] = []) =>
  mergeEvidence(evidence, layout, mounts).map(({ path, shippedFiles }) => `${path} ${shippedFiles}`);

const cases: [string, Evidence[], string[]][] = [
  ['a file needs its directory', [saw('create', '/run/nginx.pid')], ['/run 0']],
  ['a symlinked directory is where it leads', [saw('create', '/var/run/nginx.pid')], ['/run 0']],
  [
    'a directory in an empty one needs that one',
    [saw('mkdir', '/var/cache/nginx/client_temp')],
    ['/var/cache/nginx 0'],
  ],
  ['a directory beside shipped files is enough itself', [saw('mkdir', '/var/cache/app')], ['/var/cache/app 0']],
  ['a directory below /', [saw('mkdir', '/data'), saw('create', '/data/x')], ['/data 0']],
  [
    'a file beside shipped files shows that they would be hidden',
    [saw('create', '/etc/app/generated')],
    ['/etc/app 3'],
  ],
  ['a file directly in / is an obstacle', [saw('create', '/core')], ['/ 1000']],
  ['a shipped file that is changed', [saw('modify', '/etc/app/app.conf')], ['/etc/app 3']],
  ['a shipped file whose owner is changed', [saw('attributes', '/etc/app/app.conf', { type: 'file' })], ['/etc/app 3']],
  [
    'a shipped directory whose owner is changed',
    [saw('attributes', '/var/cache/nginx', { type: 'directory' })],
    ['/var/cache/nginx 0'],
  ],
  ['a shipped file that is deleted', [saw('delete', '/etc/app/app.conf')], ['/etc/app 3']],
  ['a shipped directory that is deleted', [saw('delete', '/run/lock', { type: 'directory' })], ['/run 0']],
  [
    'directories made below each other need one volume',
    [saw('mkdir', '/var/lib/a'), saw('mkdir', '/var/lib/a/b'), saw('create', '/var/lib/a/b/c')],
    ['/var/lib/a 0'],
  ],
  [
    '/run covers what is made in it',
    [saw('create', '/run/x.pid'), saw('mkdir', '/run/nginx'), saw('create', '/run/nginx/y')],
    ['/run 0'],
  ],
  [
    'but not a directory that the image has in it',
    [saw('create', '/run/x.pid'), saw('create', '/run/lock/y')],
    ['/run 0', '/run/lock 0'],
  ],
  ['only a file deep below is known', [saw('create', '/var/lib/a/b/c')], ['/var/lib/a 0']],
  [
    'a refused directory',
    [saw('refused', '/var/cache/nginx/client_temp', { collector: 'log-lines', type: 'directory' })],
    ['/var/cache/nginx 0'],
  ],
  ['a refused file', [saw('refused', '/var/run/app.pid', { collector: 'log-lines' })], ['/run 0']],
  [
    'a refused file, by EACCES',
    [saw('refused', '/var/log/app.log', { collector: 'log-lines', errno: 'EACCES' })],
    ['/var/log 2'],
  ],
  [
    'a directory that "is not writable"',
    [saw('refused', '/etc/app/empty', { collector: 'log-lines', type: 'directory' })],
    ['/etc/app/empty 0'],
  ],
  [
    'VOLUME is a writable path, WORKDIR is none',
    [
      saw('declared', '/data', { collector: 'image-config', detail: 'VOLUME' }),
      saw('declared', '/usr', { collector: 'image-config', detail: 'WORKDIR' }),
    ],
    ['/data 0'],
  ],
  [
    'the catalogue names directories',
    [saw('declared', '/var/run', { collector: 'catalogue', kind: 'scratch' })],
    ['/run 0'],
  ],
  [
    'kernel interfaces and the runtime’s files',
    ['/dev/null', '/proc/self/x', '/sys/x', '/etc/hosts', '/etc/resolv.conf', '/dev/termination-log'].map((path) =>
      saw('modify', path),
    ),
    [],
  ],
  ['paths are cleaned', [saw('create', '//run/../run/./x/')], ['/run 0']],
];
for (const [name, evidence, expected] of cases) test(name, () => assert.deepEqual(paths(evidence), expected));

test('what lies on a volume of the manifest is no new path, but is known to be written', () => {
  const mounts = [
    { mountPath: '/var/run', readOnly: false },
    { mountPath: '/etc/app', readOnly: true },
    { mountPath: '/home/', readOnly: false },
  ];
  const evidence = [
    saw('create', '/run/x', { bytes: 5 }),
    saw('create', '/etc/app/y'),
    saw('mkdir', '/var/cache/nginx/z'),
  ];
  assert.deepEqual(paths(evidence, mounts), ['/var/cache/nginx 0']);
  const mounted = mergeMounted(evidence, layout, mounts);
  assert.deepEqual(
    mounted.map(({ path, evidence: own, bytes }) => [path, own.length, bytes]),
    [
      ['/home', 0, 0],
      ['/run', 1, 5],
    ],
  );
  assert.equal((placeEvidence(evidence[1]!, layout, mounts) as { because: string }).because, 'read-only-volume');
});

test('a path of / is never without shipped files, even where nobody counted them', () => {
  const uncounted = { ...layout, directory: (path: string) => (path === '/' ? undefined : layout.directory(path)) };
  assert.deepEqual(
    mergeEvidence([saw('create', '/core'), saw('mkdir', '/data')], uncounted, []).map(({ path, shippedFiles }) => [
      path,
      shippedFiles,
    ]),
    [
      ['/', 1],
      ['/data', 0],
    ],
  );
});

test('bytes are the sum of the largest size of each file', () => {
  const evidence = [
    saw('create', '/run/a', { bytes: 3 }),
    saw('modify', '/run/a', { bytes: 9 }),
    saw('create', '/run/b', { bytes: 1 }),
  ];
  assert.equal(mergeEvidence(evidence, layout, [])[0]!.bytes, 10);
});

const name = fc.constantFrom(
  'etc',
  'app',
  'empty',
  'run',
  'lock',
  'tmp',
  'var',
  'cache',
  'nginx',
  'lib',
  'log',
  'home',
  'x',
  'y',
  '__proto__',
  '..',
  'dev',
);
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
const anyEvidence: fc.Arbitrary<Evidence> = fc.record(
  {
    collector: fc.constantFrom('engine-changes', 'kernel-events', 'log-lines', 'image-config', 'catalogue'),
    path,
    what: fc.constantFrom('create', 'mkdir', 'modify', 'delete', 'rename', 'attributes', 'refused', 'declared'),
    detail: fc.constantFrom('VOLUME', 'WORKDIR', 'a', 'b'),
    atMs: fc.nat(3),
    type: fc.constantFrom('file', 'directory', 'socket'),
    bytes: fc.nat(9),
  },
  { requiredKeys: ['collector', 'path', 'what', 'detail'] },
) as fc.Arbitrary<Evidence>;
const anyMounts = fc.array(fc.record({ mountPath: path, readOnly: fc.boolean() }), { maxLength: 2 });

test('the order of the evidence does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(anyEvidence, { maxLength: 12 }),
      anyMounts,
      fc.infiniteStream(fc.nat()),
      (evidence, mounts, random) => {
        const keyed = evidence.map((piece) => [random.next().value as number, piece] as const);
        const shuffled = keyed.sort(([a], [b]) => a - b).map(([, piece]) => piece);
        assert.deepEqual(mergeEvidence(shuffled, layout, mounts), mergeEvidence(evidence, layout, mounts));
      },
    ),
  );
});

test('merging what was merged changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyEvidence, { maxLength: 12 }), anyMounts, (evidence, mounts) => {
      const once = mergeEvidence(evidence, layout, mounts);
      assert.deepEqual(
        mergeEvidence(
          once.flatMap((writable) => writable.evidence),
          layout,
          mounts,
        ),
        once,
      );
    }),
  );
});

test('all evidence is covered by exactly the path that lists it, or is explained; nothing else comes out', () => {
  fc.assert(
    fc.property(fc.array(anyEvidence, { maxLength: 12 }), anyMounts, (evidence, mounts) => {
      const merged = mergeEvidence(evidence, layout, mounts);
      for (const piece of evidence) {
        const placement = placeEvidence(piece, layout, mounts);
        const holders = merged.filter((writable) =>
          writable.evidence.some((own) => own === piece || JSON.stringify(own) === JSON.stringify(piece)),
        );
        assert.equal(holders.length, placement.directory === undefined ? 0 : 1);
        for (const { path: directory } of holders)
          assert.ok(isBelow(placement.path, directory), `${placement.path} in ${directory}`);
      }
      for (const { path: directory, evidence: own, shippedFiles } of merged) {
        assert.ok(own.length > 0);
        assert.ok(!/^\/(dev|proc|sys)(\/|$)/.test(directory));
        if (directory === '/') assert.ok(shippedFiles > 0);
      }
    }),
  );
});

/** The image's own symlinks, users and ports, from text. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { packTar } from 'modern-tar';
import { archiveEntries } from '../engine/archive.ts';
import { exposedTcpPorts } from './config.ts';
import { resolvePath } from './resolve.ts';
import { resolveUser } from './user.ts';

const links: Record<string, string> = {
  '/var/run': '/run',
  '/bin': 'usr/bin',
  '/usr/bin/sh': 'dash',
  '/a': '/b',
  '/b': '/a',
  '/up': '../../etc',
  '/lib/deep': '../usr/lib/x',
};
const directories = new Set([
  '/var',
  '/run',
  '/usr',
  '/usr/bin',
  '/usr/bin/dash',
  '/etc',
  '/lib',
  '/usr/lib',
  '/usr/lib/x',
]);
const asked: string[] = [];
const statOf = async (path: string) => {
  asked.push(path);
  if (Object.hasOwn(links, path)) return { type: 'symlink' as const, linkTarget: links[path] };
  return directories.has(path) ? { type: 'directory' as const, linkTarget: undefined } : undefined;
};

test('each component is resolved inside the image', async () => {
  const cases: Record<string, string> = {
    '/var/run/nginx.pid': '/run/nginx.pid',
    '/bin/sh': '/usr/bin/dash',
    '/up/passwd': '/etc/passwd',
    '/lib/deep/y': '/usr/lib/x/y',
    '/missing/./x/../y': '/missing/y',
    '/missing/../var/run/x': '/run/x',
    '/../../etc': '/etc',
    '/': '/',
  };
  for (const [path, expected] of Object.entries(cases)) assert.equal(await resolvePath(path, statOf), expected, path);
});

test('below what is missing nothing is asked, and a loop of links ends', async () => {
  asked.length = 0;
  await resolvePath('/missing/a/b/c', statOf);
  assert.deepEqual(asked, ['/missing']);
  await resolvePath('/a/x', statOf);
  assert.ok(asked.length < 100);
});

test('users are resolved as a runtime does', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:34::/:\nbroken\nbad:x:-1:5\n';
  const group = 'root:x:0:\nadm:x:4:\n';
  const cases: [string, { uid: number; gid: number } | undefined][] = [
    ['', { uid: 0, gid: 0 }],
    ['www-data', { uid: 33, gid: 34 }],
    ['33', { uid: 33, gid: 34 }],
    ['101', { uid: 101, gid: 0 }],
    ['101:102', { uid: 101, gid: 102 }],
    ['www-data:adm', { uid: 33, gid: 4 }],
    ['www-data:nobody', undefined],
    ['nobody', undefined],
    ['bad', undefined],
    ['__proto__', undefined],
    ['99999999999', undefined],
  ];
  for (const [user, expected] of cases) assert.deepEqual(resolveUser(user, passwd, group), expected, user);
});

test('exposed ports: TCP only, a range gives its first', () => {
  assert.deepEqual(
    exposedTcpPorts(['8080', '80/tcp', '53/udp', '9000-9010/tcp', 'x', '0/tcp', '70000']),
    [80, 8080, 9000],
  );
});

test('an archive is read entry by entry, and no further than wanted', async () => {
  const tar = await packTar([
    { header: { name: 'd/', type: 'directory', size: 0, mode: 0o1777, uid: 3, gid: 4 } },
    { header: { name: 'd/a', size: 5 }, body: 'hello' },
    { header: { name: 'd/b', size: 3 }, body: 'you' },
  ]);
  const stream = Readable.from([Buffer.from(tar)]);
  const seen: unknown[] = [];
  for await (const entry of archiveEntries(stream)) {
    seen.push([entry.name, entry.type, entry.mode, entry.uid, entry.gid]);
    if (entry.name === 'd/a') {
      seen.push((await entry.content(4)).toString());
      break;
    }
  }
  assert.deepEqual(seen, [['d/', 'directory', 0o1777, 3, 4], ['d/a', 'file', 0o644, 0, 0], 'hell']);
  assert.ok(stream.destroyed);
});

test('an entry that is passed over does not take the next one’s content with it', async () => {
  const big = 'x'.repeat(200_000);
  const tar = Buffer.from(
    await packTar([
      { header: { name: 'small', size: 5 }, body: 'hello' },
      { header: { name: 'big', size: big.length }, body: big },
      { header: { name: 'last', size: 3 }, body: 'you' },
    ]),
  );
  const pieces = Array.from({ length: Math.ceil(tar.length / 16_384) }, (_, at) =>
    tar.subarray(at * 16_384, (at + 1) * 16_384),
  );
  const sizes: [string, number][] = [];
  for await (const entry of archiveEntries(Readable.from(pieces, { objectMode: false }))) {
    if (entry.name !== 'small') sizes.push([entry.name, (await entry.content(2 ** 20)).length]);
  }
  assert.deepEqual(sizes, [
    ['big', 200_000],
    ['last', 3],
  ]);
});

/** The engine's list, freed of what the engine itself has made. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { FilesystemChange } from '../../engine/engine.ts';
import { changeEvidence, ownChanges } from './engine-changes.ts';

const list = (text: string): FilesystemChange[] =>
  text.split(' ').map((entry) => {
    const kinds = { A: 'added', C: 'modified', D: 'deleted' } as const;
    return { kind: kinds[entry[0] as 'A'], path: entry.slice(2) };
  });
const texts = (changes: readonly FilesystemChange[]) => changes.map(({ kind, path }) => `${kind} ${path}`);
const nothing = { baseline: [], mountPaths: [] };

test('what Podman lists for nginx is reduced to what nginx did', () => {
  const listed = list(
    'C:/etc A:/etc/mtab C:/run A:/run/.containerenv A:/run/nginx.pid C:/var C:/var/cache C:/var/cache/nginx A:/var/cache/nginx/client_temp',
  );
  assert.deepEqual(texts(ownChanges(listed, nothing)), ['added /run/nginx.pid', 'added /var/cache/nginx/client_temp']);
});

test('a directory that the engine had changed before the start is not evidence, one that changed later is', () => {
  const listed = list('C:/etc C:/tmp');
  assert.deepEqual(texts(ownChanges(listed, { baseline: list('C:/etc'), mountPaths: [] })), ['modified /tmp']);
});

test('mount points and the directories made for them are the engine’s', () => {
  const listed = list('A:/data A:/data/deep A:/data/deep/volume A:/other A:/other/file');
  const made = { baseline: [], mountPaths: ['/data/deep/volume', '/other/volume'] };
  assert.deepEqual(texts(ownChanges(listed, made)), ['added /other', 'added /other/file']);
});

test('each change is evidence once, at the first list, with its type', async () => {
  const lists = [
    { phase: 'steady', atMs: 900, changes: list('C:/srv A:/srv/a A:/srv/a/b') },
    { phase: 'shutdown', atMs: 1900, changes: list('C:/srv A:/srv/a A:/srv/a/b D:/etc/motd C:/etc/issue C:/opt') },
  ] as const;
  const asked: string[] = [];
  const evidence = await changeEvidence(lists, nothing, async (path) => {
    asked.push(path);
    if (path === '/etc/issue') throw new Error('gone');
    return { type: path === '/opt' ? 'directory' : 'file', mode: 0o644, size: 7, linkTarget: undefined };
  });
  assert.deepEqual(asked.sort(), ['/etc/issue', '/opt', '/srv/a/b']);
  assert.deepEqual(
    evidence.map(({ path, what, type, bytes, atMs, phase }) => [path, what, type, bytes, atMs, phase]),
    [
      ['/srv/a', 'mkdir', 'directory', undefined, 900, 'steady'],
      ['/srv/a/b', 'create', 'file', 7, 900, 'steady'],
      ['/etc/motd', 'delete', undefined, undefined, 1900, 'shutdown'],
      ['/etc/issue', 'modify', undefined, undefined, 1900, 'shutdown'],
      ['/opt', 'attributes', 'directory', undefined, 1900, 'shutdown'],
    ],
  );
});

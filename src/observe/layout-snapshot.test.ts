/** The snapshot asks an image's tree for little, and merging needs no more. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ImageTree } from '../image/layout.ts';
import type { Evidence } from '../profile/evidence.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { snapshotLayout } from './layout-snapshot.ts';

const shipped: Record<string, number> = {
  '/srv': 0,
  '/var': 9,
  '/var/cache': 5,
  '/var/cache/app': 0,
  '/run': 0,
  '/etc': 7,
};

function treeOf(asked: string[]): ImageTree {
  return {
    resolve: async (path) => {
      asked.push(`resolve ${path}`);
      return path.replace(/^\/var\/run(?=\/|$)/, '/run');
    },
    isDirectory: async (path) => {
      asked.push(`isDirectory ${path}`);
      return Object.hasOwn(shipped, path);
    },
    directory: async (path) => {
      asked.push(`directory ${path}`);
      return Object.hasOwn(shipped, path) ? shippedDirectory(shipped[path]!) : undefined;
    },
    stat: async () => undefined,
    read: async () => undefined,
    close: async () => {},
  };
}
const saw = (what: Evidence['what'], path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what,
  detail: '',
  ...more,
});

test('ten thousand new files below one directory need one look at it', async () => {
  const asked: string[] = [];
  const evidence = Array.from({ length: 10_000 }, (_, index) => saw('create', `/srv/new/${index}`));
  const layout = await snapshotLayout(treeOf(asked), [saw('mkdir', '/srv/new'), ...evidence], []);
  assert.deepEqual(asked.sort(), ['directory /srv', 'isDirectory /srv', 'isDirectory /srv/new']);
  assert.deepEqual(
    mergeEvidence(evidence, layout, []).map(({ path }) => path),
    ['/srv'],
  );
});

test('it knows what merging asks: links, mount points, directories of the image, and never the kernel’s', async () => {
  const asked: string[] = [];
  const evidence = [
    saw('refused', '/var/run/app.pid', { collector: 'log-lines' }),
    saw('attributes', '/var/cache/app', { type: 'directory' }),
    saw('modify', '/etc/app.conf', { type: 'file' }),
    saw('create', '/proc/self/x'),
    saw('create', '/core'),
  ];
  const layout = await snapshotLayout(treeOf(asked), evidence, ['/var/run/sub']);
  assert.deepEqual(
    mergeEvidence(evidence, layout, []).map(({ path, shippedFiles }) => [path, shippedFiles]),
    [
      ['/', 1],
      ['/etc', 7],
      ['/run', 0],
      ['/var/cache/app', 0],
    ],
  );
  assert.equal(layout.resolve('/var/run/sub'), '/run/sub');
  assert.deepEqual(
    asked.filter((question) => /\/proc|directory \/$/i.test(question)),
    [],
  );
});

test('the number of questions is bounded, whatever the evidence', async () => {
  const asked: string[] = [];
  const evidence = Array.from({ length: 2000 }, (_, index) => [
    saw('refused', `/a${index}/b`, { collector: 'log-lines' }),
    saw('attributes', `/c${index}`, { type: 'directory' }),
  ]).flat();
  await snapshotLayout(treeOf(asked), evidence, []);
  assert.ok(asked.length <= 2 * 256, String(asked.length));
});

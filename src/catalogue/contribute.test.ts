/** What is contributed is a valid file of the catalogue that says again what was observed, however hostile the names. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../profile/evidence.ts';
import type { ContainerProfile, WritablePath } from '../profile/profile.ts';
import { contributedEntry, type Observed, renderEntry } from './contribute.ts';
import { findEntry } from './find.ts';
import { parseEntry } from './read.ts';

const OBSERVED: Observed = { version: '9.8.7', date: '2026-11-24', coverage: ['coverage: became ready'] };
const SOURCE = 'observed by petrify 9.8.7 on 2026-11-24, image digest sha256:0a';

const saw = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what: 'create',
  detail: 'CREATE by web',
  ...more,
});
const writable = (path: string, evidence: Evidence[], more: Partial<WritablePath> = {}): WritablePath =>
  ({ path, kind: 'scratch', shippedFiles: 0, bytes: 0, evidence, ...more }) as WritablePath;
const container = (paths: readonly WritablePath[], more: Partial<ContainerProfile> = {}): ContainerProfile => ({
  name: 'web',
  image: 'registry.example:5000/team/web:1',
  imageId: 'team/web@sha256:0a',
  user: { uid: 101, gid: 101, from: 'image' },
  capabilities: [],
  writable: paths,
  residual: [],
  coverage: { ready: true, requests: 1, seconds: 2, shutdown: true, collectors: [] },
  ...more,
});

test('each written path with its kind, its reason, what is shipped there, and the run that saw it', () => {
  const entry = contributedEntry(
    container([
      writable(
        '/run',
        ['a', 'b', 'c', 'd', 'd'].map((name) => saw(`/run/${name}`)),
      ),
      writable('/etc/web', [saw('/etc/web/x', { what: 'refused' })], { kind: 'configuration', shippedFiles: 3 }),
      writable('/data', [saw('/data', { collector: 'image-config', what: 'declared', detail: 'VOLUME' })], {
        kind: 'state',
      }),
      writable('/untouched', []),
    ]),
    OBSERVED,
  );
  const founded = { confidence: 'C', source: [SOURCE] };
  assert.deepEqual(entry, {
    image: 'web',
    names: ['team/web'],
    paths: [
      { path: '/run', kind: 'scratch', why: 'writes a, b, c and 1 more', ...founded },
      { path: '/etc/web', kind: 'configuration', why: 'was refused x', shipsFiles: true, ...founded },
      { path: '/data', kind: 'state', why: 'declared by the image: VOLUME', ...founded },
    ],
    notes: ['coverage: became ready', 'as uid 101; another user may write elsewhere'],
  });
  const text = renderEntry(entry);
  assert.equal(text.split('\n', 1)[0], '# catalog/team-web.yaml');
  assert.deepEqual(parseEntry({ name: 'team-web.yaml', text }), entry);
});

test('an image that was not seen to write says so with its source; an engine’s id is called one', () => {
  const entry = contributedEntry(container([], { imageId: 'sha256:ff' }), OBSERVED);
  assert.deepEqual(entry.writesNothing?.source, ['observed by petrify 9.8.7 on 2026-11-24, image id sha256:ff']);
  assert.deepEqual(parseEntry({ name: 'x.yaml', text: renderEntry(entry) }), entry);
});

test('what only writes into / can be no entry', () => {
  const entry = contributedEntry(container([writable('/', [saw('/core')])]), OBSERVED);
  assert.ok(entry.notes?.includes('it writes directly into /, where no volume can be'));
  assert.throws(() => parseEntry({ name: 'x.yaml', text: renderEntry(entry) }), /either paths/);
});

const part = fc.oneof(
  fc
    .string({ minLength: 1, unit: 'binary', maxLength: 200 })
    .map((text) => text.replace(/[/\0]|^\.{1,2}$/g, '_') || '_'),
  fc.constantFrom('__proto__', '- a', '"', "'", '#', '\n', '\u2028', ': ', '---', '!!js', '&a', '*a', '{{', ' '),
);
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

test('whatever the paths are, the text is a valid entry with exactly them', () => {
  const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(paths, fc.string(), (seen, detail) => {
      const profile = container(seen.map((one) => writable(one, [saw(`${one}/x`, { detail }), saw(one, { detail })])));
      const text = renderEntry(contributedEntry(profile, OBSERVED));
      const entry = parseEntry({ name: 'x.yaml', text });
      assert.deepEqual(
        entry.paths.map((one) => one.path),
        seen,
      );
      assert.equal(findEntry('docker.io/team/web:2', [entry]), entry);
    }),
  );
});

/** Settings take the place of volumes only where they save one, together, and can be set. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { coversPath } from '../catalogue/knobs.ts';
import { documentFromValue } from '../manifest/read.ts';
import type { Evidence } from '../profile/evidence.ts';
import { mergeEvidence } from '../profile/merge.ts';
import type { ImageLayout } from '../profile/placement.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Container } from '../workload/workload.ts';
import { useKnobs } from './use-knobs.ts';

const shipped: Readonly<Record<string, number>> = { '/srv/app': 2, '/tmp': 0, '/root': 2, '/run': 0, '/usr': 99 };
const layout: ImageLayout = {
  resolve: (path) => path,
  directory: (path) => (Object.hasOwn(shipped, path) ? shippedDirectory(shipped[path]!) : undefined),
};
const IMAGE = { name: 'team/app:1', config: { env: ['PATH=/bin'], cmd: ['serve'] } };

function container(fields: object = {}): Container {
  const spec = { containers: [{ name: 'app', image: 'team/app:1', ...fields }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  return findWorkloads(documentFromValue('app.yaml', pod))[0]!.containers[0]!;
}

const isFile = (path: string) => /\.(?:bin|db|log|pid|pyc)$|\d$|\/e5wv3e9q$/.test(path);
const saw = (path: string): Evidence => ({
  collector: 'kernel-events',
  path,
  what: isFile(path) ? 'create' : 'mkdir',
  type: isFile(path) ? 'file' : 'directory',
  detail: 'CREATE by app',
});
const used = (paths: readonly string[], fields: object = {}) =>
  useKnobs(container(fields), IMAGE, { evidence: paths.map(saw), layout });
const ids = (paths: readonly string[], fields: object = {}) => used(paths, fields).knobs.map(({ id }) => id);
const volumes = (evidence: readonly Evidence[]) => mergeEvidence(evidence, layout, []).map(({ path }) => path);

const BYTECODE = ['/srv/app/__pycache__', '/srv/app/__pycache__/app.pyc'];

test('one that saves a volume, of two that would the one that writes nowhere', () => {
  assert.deepEqual(ids(BYTECODE), ['python-bytecode']);
  assert.deepEqual(volumes(used(BYTECODE).evidence), []);
});

test('what the engine only calls changed because files came and went there needs no volume', () => {
  const shadow: Evidence = { collector: 'engine-changes', path: '/tmp', what: 'attributes', detail: 'changed' };
  const use = (...paths: string[]) =>
    useKnobs(container(), IMAGE, { evidence: [shadow, ...paths.map(saw)], layout }).evidence;
  assert.deepEqual(volumes(use('/tmp/wgunicorn-a1', '/tmp/e5wv3e9q')), []);
  assert.deepEqual(volumes(use('/tmp/wgunicorn-a1', '/tmp/upload.bin')), ['/tmp']);
  assert.deepEqual(volumes(use()), ['/tmp'], 'nothing else was seen: then it may be a change of its own');
});

test('a directory that was made for what needs not be written needs not be made', () => {
  const logs = ['/opt/app', '/opt/app/.npm', '/opt/app/.npm/_logs', '/opt/app/.npm/_logs/1.log'];
  assert.deepEqual(ids(logs), ['npm-logs']);
  assert.deepEqual(volumes(used(logs).evidence), []);
  assert.deepEqual(ids([...logs, '/opt/app/state.db']), []);
});

test('none where the volume is needed all the same', () => {
  assert.deepEqual(ids(['/tmp/hsperfdata_root', '/tmp/upload.bin']), []);
  assert.deepEqual(ids(['/run/app.pid']), []);
});

test('two that save a volume only together', () => {
  assert.deepEqual(ids(['/tmp/hsperfdata_root', '/tmp/wgunicorn-a1']).sort(), [
    'gunicorn-worker-tmp-dir',
    'java-perf-data',
  ]);
});

test('a knob that moves a write needs its new place, and is used only where that saves a volume', () => {
  assert.deepEqual(ids(['/root/.cache/pip2/x.bin']), []);
  const paths = ['/root/.cache/fontconfig/x.bin', '/tmp/upload.bin'];
  assert.deepEqual(ids(paths), ['xdg-cache-home']);
  assert.deepEqual(volumes(used(paths).evidence), ['/tmp']);
});

test('two that move writes are not used where they only exchange one place for another', () => {
  const file: Evidence = { ...saw('/root/.npm'), what: 'create', type: 'file' };
  const evidence = [file, saw('/root/.cache/matplotlib')];
  assert.deepEqual(volumes(evidence), ['/root']);
  assert.deepEqual(useKnobs(container(), IMAGE, { evidence, layout }).knobs, []);
});

test('what the user set stays, the next best is taken, and the reason is said', () => {
  const env = [{ name: 'PYTHONDONTWRITEBYTECODE', value: '' }];
  const { knobs, refused } = used([...BYTECODE, '/tmp/x.bin'], { env });
  assert.deepEqual(
    knobs.map(({ id }) => id),
    ['python-bytecode-elsewhere'],
  );
  assert.deepEqual(refused, []);
  const alone = used(BYTECODE, { env });
  assert.deepEqual(alone.knobs, []);
  assert.deepEqual(alone.refused, ['app sets PYTHONDONTWRITEBYTECODE to another value']);
});

test('without a catalogue there is nothing to use', () => {
  const evidence = BYTECODE.map(saw);
  const none = useKnobs(container(), IMAGE, { evidence, layout }, { images: [], runtimes: [] });
  assert.deepEqual(none, { knobs: [], evidence, refused: [] });
});

const anyPath = fc.constantFrom(
  ...BYTECODE,
  '/tmp/hsperfdata_root',
  '/tmp/wgunicorn-a1',
  '/tmp/upload.bin',
  '/root/.cache/pip/x.bin',
  '/root/.cache/matplotlib',
  '/root/.npm',
  '/root/.npm/_logs/1.log',
  '/root/.npm/_cacache',
  '/run/app.pid',
  '/usr/x.pyc',
);

test('never more volumes than without, each knob saves one, and nothing that was seen is forgotten', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyPath), (paths) => {
      const evidence = paths.map(saw);
      const { knobs, evidence: needed } = useKnobs(container(), IMAGE, { evidence, layout });
      const saved = volumes(evidence).length - volumes(needed).length;
      assert.ok(saved >= 0);
      assert.equal(saved > 0, knobs.length > 0, `${paths}`);
      const own = needed.filter(({ collector }) => collector !== 'catalogue');
      const gone = evidence.filter((piece) => !own.includes(piece));
      for (const { path } of gone)
        assert.ok(
          gone.some((piece) => piece.path.startsWith(path) && knobs.some((knob) => coversPath(knob, piece.path))),
          path,
        );
      assert.deepEqual(ids([...paths].reverse()), ids(paths));
    }),
  );
});

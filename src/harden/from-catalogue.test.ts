/** What the catalogue alone plans: the known paths, each by its kind; never over programs, and nothing for an unknown image. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { hardenFromCatalogue } from './from-catalogue.ts';

function planFor(image: string) {
  const spec = { containers: [{ name: 'app', image }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  const { changes, obstacles, unknown, profile } = hardenFromCatalogue(
    findWorkloads(documentFromValue('a.yaml', pod))[0]!,
  );
  const mounts = changes
    .filter(({ path }) => path.includes('volumeMounts') && path.includes('containers'))
    .map(({ value }) => (value as { mountPath: string }).mountPath);
  return { mounts, obstacles, unknown, changes, coverage: profile.spec.containers[0]!.coverage };
}

test('what is always written gets its volume, what is written only in some cases does not', () => {
  const { mounts, obstacles } = planFor('nginx:1.27');
  assert.deepEqual([mounts, obstacles], [['/run', '/var/cache/nginx'], []]);
});

test('nothing is a plan too: the root becomes read-only without any volume', () => {
  const { mounts, changes } = planFor('registry.k8s.io/coredns/coredns:v1.12.0');
  assert.deepEqual(mounts, []);
  assert.ok(changes.some(({ path }) => path.at(-1) === 'readOnlyRootFilesystem'));
});

test('where the image ships programs, no volume', () => {
  const { changes, obstacles } = planFor('jboss/keycloak:16');
  assert.deepEqual(changes, []);
  assert.match(obstacles.join(), /\/opt\/jboss\/keycloak\/bin.*programs/);
});

test('an unknown image is said, and nothing is changed; the result is never called ready', () => {
  const { changes, unknown } = planFor('team/unheard-of:1');
  assert.deepEqual(changes, []);
  assert.deepEqual(unknown, ['app: the catalogue does not know the image team/unheard-of:1']);
  assert.deepEqual([planFor('nginx').coverage.ready, planFor('nginx').coverage.seconds], [false, 0]);
});

test('two kinds of file: single ones are mounted by themselves or stand in the way, never hidden', () => {
  const { mounts, obstacles } = planFor('bitnami/airflow:2');
  assert.ok(!mounts.includes('/opt/bitnami/airflow'), `${mounts}`);
  assert.ok(obstacles.length > 0 || mounts.includes('/opt/bitnami/airflow/airflow.cfg'), `${mounts} ${obstacles}`);
});

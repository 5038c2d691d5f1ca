/** The pod is what the controller of each kind would make. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { type Pod, podOf } from './pod.ts';

const pod = (value: unknown): Pod => podOf(findWorkloads(documentFromValue('test.json', value))[0]!);
const spec = { containers: [{ name: 'web', image: 'a' }] };

test("a Deployment's pod has the template's labels and spec", () => {
  const template = { metadata: { labels: { app: 'web' }, annotations: { note: 'x' } }, spec };
  assert.deepEqual(
    pod({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { template },
    }),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: { note: 'x' } },
      spec,
    },
  );
});

test("a Pod's own metadata is the pod's own", () => {
  const made = pod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', labels: { app: 'web' } }, spec });
  assert.deepEqual(made.metadata, { name: 'web', namespace: 'default', labels: { app: 'web' }, annotations: {} });
});

test("a StatefulSet's first pod has claims in place of its templates", () => {
  const volumes = [
    { name: 'data', emptyDir: {} },
    { name: 'run', emptyDir: {} },
  ];
  const made = pod({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { template: { spec: { ...spec, volumes } }, volumeClaimTemplates: [{ metadata: { name: 'data' } }, 7] },
  });
  assert.equal(made.metadata.name, 'db-0');
  assert.deepEqual(made.spec.volumes, [
    { name: 'run', emptyDir: {} },
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
  ]);
});

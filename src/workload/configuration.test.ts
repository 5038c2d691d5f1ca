/** Which ConfigMaps and Secrets reach running containers when they change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { followedConfiguration } from './configuration.ts';
import { findWorkloads } from './find.ts';

function followed(spec: object): string {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' }, spec };
  return followedConfiguration(findWorkloads(documentFromValue('p.json', pod))[0]!)
    .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)
    .join(', ');
}

const mounts = (...names: string[]) => names.map((name) => ({ name, mountPath: `/${name}` }));
const volumes = [
  { name: 'a', configMap: { name: 'settings', optional: true } },
  { name: 'b', secret: { secretName: 'keys' } },
  {
    name: 'c',
    projected: {
      sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'more' } }, { serviceAccountToken: {} }, null],
    },
  },
  { name: 'd', configMap: { name: 'nobody' } },
  { name: 'e', configMap: { name: 7 } },
];

test('configMap, secret and projected volumes that some container mounts, each once', () => {
  const containers = [{ name: 'x', volumeMounts: mounts('a', 'b') }];
  const initContainers = [{ name: 'i', volumeMounts: mounts('c', 'e') }];
  assert.equal(
    followed({ volumes, containers, initContainers }),
    'ConfigMap shop/settings, Secret shop/more, Secret shop/keys',
  );
});

test('neither what is mounted with a subPath, nor the environment, nor what nobody mounts', () => {
  const [mount] = mounts('a');
  const env = { envFrom: [{ configMapRef: { name: 'settings' } }] };
  const with_ = (more: object): object => ({ volumes, containers: [{ name: 'x', ...more }] });
  assert.equal(followed(with_(env)), '');
  assert.equal(followed(with_({ volumeMounts: [{ ...mount, subPath: 'one' }] })), '');
  assert.equal(followed(with_({ volumeMounts: [{ ...mount, subPathExpr: '$(A)' }] })), '');
  assert.equal(
    followed(with_({ volumeMounts: [{ ...mount, subPath: 'one' }, ...mounts('a')] })),
    'ConfigMap shop/settings',
  );
});

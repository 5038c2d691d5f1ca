/** Mounts know their volumes, and what of them can be written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { writableSurface } from './surface.ts';
import type { Container } from './workload.ts';

function container(volumes: unknown, volumeMounts: unknown, more: object = {}): Container {
  const spec = { containers: [{ name: 'web', image: 'a', volumeMounts }], volumes };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web' },
    spec: { template: { spec }, ...more },
  };
  return findWorkloads(documentFromValue('test.json', object))[0]!.containers[0]!;
}

test('a mount knows its volume', () => {
  const { mounts } = container(
    [
      { name: 'run', emptyDir: {} },
      { name: 'host', hostPath: { path: '/srv' } },
    ],
    [
      { name: 'host', mountPath: '/host', readOnly: true, subPath: 'a' },
      { name: 'run', mountPath: '/run' },
      { name: 'gone', mountPath: '/gone' },
    ],
  );
  assert.deepEqual(mounts[0], {
    path: ['spec', 'template', 'spec', 'containers', 0, 'volumeMounts', 0],
    volumeName: 'host',
    mountPath: '/host',
    subPath: 'a',
    readOnly: true,
    volumeKind: 'hostPath',
    volume: { name: 'host', hostPath: { path: '/srv' } },
    volumePath: ['spec', 'template', 'spec', 'volumes', 1],
  });
  assert.deepEqual(
    mounts.map(({ volumeName, volumeKind, readOnly }) => [volumeName, volumeKind, readOnly]),
    [
      ['host', 'hostPath', true],
      ['run', 'emptyDir', false],
      ['gone', undefined, false],
    ],
  );
});

test('read-only is what the kubelet makes of it', () => {
  const volumes = [
    { name: 'secret', secret: {} },
    { name: 'config', configMap: {} },
    { name: 'token', projected: {} },
    { name: 'claim', persistentVolumeClaim: { claimName: 'x', readOnly: true } },
    { name: 'open', persistentVolumeClaim: { claimName: 'y' } },
    { name: 'host', hostPath: { path: '/srv', readOnly: true } },
    { name: 'bare' },
  ];
  const { mounts } = container(
    volumes,
    volumes.map(({ name }) => ({ name, mountPath: `/${name}`, readOnly: name === 'bare' ? 'true' : false })),
  );
  assert.deepEqual(
    mounts.map(({ volumeName, volumeKind, readOnly }) => `${volumeName} ${volumeKind} ${readOnly}`),
    [
      'secret secret true',
      'config configMap true',
      'token projected true',
      'claim persistentVolumeClaim true',
      'open persistentVolumeClaim false',
      'host hostPath false',
      'bare emptyDir false',
    ],
  );
});

test('a claim template of a StatefulSet is a volume, and hides one of the same name', () => {
  const { mounts } = container([{ name: 'data', emptyDir: {} }], [{ name: 'data', mountPath: '/data' }], {
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
  });
  assert.equal(mounts[0]!.volumeKind, 'persistentVolumeClaim');
  assert.deepEqual(mounts[0]!.volumePath, ['spec', 'volumeClaimTemplates', 0]);
});

test('mounts that are none are left out', () => {
  assert.deepEqual(container('x', [7, null, {}, { name: 'a' }, { name: 1, mountPath: '/a' }]).mounts, []);
  assert.deepEqual(container([7, null, { name: 2 }], 'x').mounts, []);
});

test('a kind that Kubernetes knows is not hidden by another key, and the most dangerous one counts', () => {
  const kind = (volume: object): string | undefined =>
    container([{ name: 'v', ...volume }], [{ name: 'v', mountPath: '/v' }]).mounts[0]!.volumeKind;
  assert.equal(kind({ foo: {}, hostPath: { path: '/etc' } }), 'hostPath');
  assert.equal(kind({ secret: {}, emptyDir: {}, hostPath: {} }), 'hostPath');
  assert.equal(kind({ configMap: {}, emptyDir: {} }), 'emptyDir');
  assert.equal(kind({ foo: {}, configMap: null }), 'foo');
  assert.equal(kind({ foo: null }), 'emptyDir');
});

test('the writable surface says what can be executed, and that noexec was asked for', () => {
  const web = container(
    [
      { name: 'run', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
      { name: 'config', configMap: {} },
    ],
    [
      { name: 'config', mountPath: '/etc/web' },
      { name: 'run', mountPath: '/run' },
      { name: 'tmp', mountPath: '/tmp', bindMountOptions: ['noexec'] },
    ],
  );
  const open = { kind: 'emptyDir', executable: true, writtenBy: null };
  assert.deepEqual(writableSurface(web, [web]), [
    { path: '/run', volume: 'run', ...open, noexecRequested: false },
    { path: '/tmp', volume: 'tmp', ...open, noexecRequested: true },
  ]);
});

test('what a claim holds is written through every volume that names it', () => {
  const writtenAt = (read: object, write: object) => {
    const web = container(
      [
        { name: 'read', ...read },
        { name: 'write', ...write },
      ],
      [
        { name: 'read', mountPath: '/usr/local/bin', readOnly: true },
        { name: 'write', mountPath: '/w' },
      ],
    );
    return writableSurface(web, [web]).map(({ path }) => path);
  };
  const claim = (claimName: string, rest: object = {}) => ({ persistentVolumeClaim: { claimName, ...rest } });
  assert.deepEqual(writtenAt(claim('tools', { readOnly: true }), claim('tools')), ['/usr/local/bin', '/w']);
  assert.deepEqual(writtenAt(claim('tools'), claim('state')), ['/w']);
  const nfs = { nfs: { server: 'files', path: '/' } };
  assert.deepEqual(writtenAt(nfs, nfs), ['/usr/local/bin', '/w']);
  assert.deepEqual(writtenAt({ emptyDir: {} }, { emptyDir: {} }), ['/w'], 'each is a directory of its own');
});

/** The twin has every mount of the original and none of its controls, and it does not reach the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectOr } from '../workload/value.ts';
import { HARDENED_POD, workloadOf } from './fixtures/target.ts';
import { weakenedTwin } from './twin.ts';

const NO_FILES = () => false;
const PROGRAMS = { wait: '/.petrify/wait', ready: '/.petrify/ready', capabilities: ['BPF'] };

test('controls are taken away, mounts stay, nothing of the host is left', () => {
  const workload = workloadOf({
    ...HARDENED_POD,
    hostPID: true,
    hostNetwork: true,
    securityContext: { runAsNonRoot: true, runAsUser: 65532 },
    initContainers: [{ name: 'init', image: 'example/init:1' }],
    containers: [
      {
        ...HARDENED_POD.containers[0],
        args: ['serve'],
        terminationMessagePath: '/var/message',
        livenessProbe: { httpGet: { path: '/', port: 80 } },
        securityContext: { privileged: true, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      },
    ],
  });
  const main = workload.containers.filter(({ role }) => role === 'main');
  const twin = weakenedTwin(workload, main, PROGRAMS, NO_FILES);
  const [container] = twin.containers;
  assert.equal(twin.containers.length, 1);
  assert.equal(container!.settings.readOnlyRootFilesystem.value, false);
  assert.equal(container!.settings.privileged.value, false);
  assert.equal(container!.settings.runAsUser.value, 0);
  assert.deepEqual(container!.settings.capabilitiesAdd.value, ['BPF', 'SYS_ADMIN']);
  assert.deepEqual(container!.settings.capabilitiesDrop.value, []);
  assert.equal(container!.settings.runAsNonRoot.value, undefined);
  const { allowPrivilegeEscalation, runAsGroup, seccompProfile, appArmorProfile } = objectOr(
    container!.spec.securityContext,
  );
  assert.deepEqual([allowPrivilegeEscalation, runAsGroup], [true, 0]);
  for (const profile of [seccompProfile, appArmorProfile]) assert.deepEqual(profile, { type: 'Unconfined' });
  assert.equal(twin.podSpec.automountServiceAccountToken, false);
  assert.deepEqual(container!.spec.command, ['/.petrify/wait']);
  assert.equal(container!.spec.args, undefined);
  assert.equal(container!.spec.terminationMessagePath, '/var/message', 'its file is a place of some attacks');
  assert.deepEqual(
    container!.mounts.map(({ mountPath, volumeKind, readOnly }) => [mountPath, volumeKind, readOnly]),
    [
      ['/var/run', 'emptyDir', false],
      ['/host', 'hostPath', false],
      ['/closed', 'emptyDir', false],
    ],
  );
  for (const key of ['hostPID', 'hostNetwork', 'initContainers', 'shareProcessNamespace'])
    assert.equal(twin.podSpec[key], undefined);
});

test('what stands in for a path of the host is writable in the twin, and processes are shared where the pod shares them', () => {
  const spec = {
    shareProcessNamespace: true,
    containers: [
      {
        name: 'web',
        image: 'example/web:1',
        volumeMounts: [
          { name: 'host', mountPath: '/host', readOnly: true },
          { name: 'config', mountPath: '/config', readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'host', hostPath: { path: '/srv' } },
      { name: 'config', configMap: { name: 'config' } },
    ],
  };
  const workload = workloadOf(spec);
  const twin = weakenedTwin(workload, workload.containers, PROGRAMS, NO_FILES);
  assert.deepEqual(
    twin.containers[0]!.mounts.map(({ mountPath, readOnly }) => [mountPath, readOnly]),
    [
      ['/host', false],
      ['/config', true],
    ],
  );
  assert.equal(twin.podSpec.shareProcessNamespace, true);
  const alone = workloadOf({ ...spec, shareProcessNamespace: false });
  const unshared = weakenedTwin(alone, alone.containers, PROGRAMS, NO_FILES);
  assert.equal(unshared.podSpec.shareProcessNamespace, undefined);
});

test('a file that an init container made is not mounted, as the twin has no init containers', () => {
  const workload = workloadOf({
    containers: [
      {
        name: 'web',
        image: 'example/web:1',
        volumeMounts: [
          { name: 'made', mountPath: '/etc/web.conf', subPath: 'web.conf' },
          { name: 'made', mountPath: '/etc/web.d', subPath: 'web.d' },
          { name: 'host', mountPath: '/etc/localtime', readOnly: true },
          { name: 'config', mountPath: '/etc/config', subPath: 'config' },
        ],
      },
    ],
    volumes: [
      { name: 'made', emptyDir: {} },
      { name: 'host', hostPath: { path: '/etc/localtime', type: 'File' } },
      { name: 'config', configMap: { name: 'config' } },
    ],
  });
  const twin = weakenedTwin(workload, workload.containers, PROGRAMS, (_, { mountPath }) => mountPath !== '/etc/web.d');
  const paths = twin.containers[0]!.mounts.map(({ mountPath }) => mountPath);
  assert.deepEqual(paths, ['/etc/web.d', '/etc/localtime', '/etc/config']);
  const [container] = workload.containers;
  const only = { ...container!, mounts: container!.mounts.slice(0, 1), spec: { ...container!.spec } };
  only.spec.volumeMounts = [{ name: 'made', mountPath: '/etc/web.conf', subPath: 'web.conf' }];
  assert.deepEqual(weakenedTwin(workload, [only], PROGRAMS, () => true).containers[0]!.mounts, []);
});

test('what a StatefulSet claims by template is an emptyDir in the twin', () => {
  const podSpec = {
    containers: [{ name: 'db', image: 'example/db:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
  };
  const workload = workloadOf(podSpec, 'StatefulSet');
  const claimed = workload.containers.map((container) => ({
    ...container,
    mounts: container.mounts.map((mount) => ({ ...mount, volumeKind: 'persistentVolumeClaim' })),
  }));
  const twin = weakenedTwin(workload, claimed, PROGRAMS, NO_FILES);
  assert.deepEqual(
    twin.containers[0]!.mounts.map(({ volumeKind }) => volumeKind),
    ['emptyDir'],
  );
});

/** Settings follow Kubernetes' precedence, and a wrong type protects nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveSettings } from './settings.ts';

const settings = (pod: unknown, container: unknown) =>
  effectiveSettings({ securityContext: pod }, ['spec'], { securityContext: container }, ['spec', 'containers', 0]);

test("without a security context everything is Kubernetes' default, and would be written on the container", () => {
  const own = ['spec', 'containers', 0, 'securityContext'];
  assert.deepEqual(settings(undefined, undefined), {
    readOnlyRootFilesystem: { value: false, from: 'default', path: [...own, 'readOnlyRootFilesystem'] },
    privileged: { value: false, from: 'default', path: [...own, 'privileged'] },
    allowPrivilegeEscalation: { value: true, from: 'default', path: [...own, 'allowPrivilegeEscalation'] },
    runAsUser: { value: undefined, from: 'default', path: [...own, 'runAsUser'] },
    runAsGroup: { value: undefined, from: 'default', path: [...own, 'runAsGroup'] },
    runAsNonRoot: { value: undefined, from: 'default', path: [...own, 'runAsNonRoot'] },
    capabilitiesAdd: { value: [], from: 'default', path: [...own, 'capabilities', 'add'] },
    capabilitiesDrop: { value: [], from: 'default', path: [...own, 'capabilities', 'drop'] },
    procMount: { value: 'Default', from: 'default', path: [...own, 'procMount'] },
    seccompProfile: { value: undefined, from: 'default', path: [...own, 'seccompProfile'] },
  });
});

test('the container wins over the pod, and the pod over the default', () => {
  const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile } = settings(
    { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    { runAsUser: 0, runAsNonRoot: false },
  );
  assert.deepEqual(runAsUser, {
    value: 0,
    from: 'container',
    path: ['spec', 'containers', 0, 'securityContext', 'runAsUser'],
  });
  assert.deepEqual(runAsGroup, { value: 1000, from: 'pod', path: ['spec', 'securityContext', 'runAsGroup'] });
  assert.equal(runAsNonRoot.value, false);
  assert.deepEqual([seccompProfile.value, seccompProfile.from], ['RuntimeDefault', 'pod']);
});

test('what a pod cannot set is not taken from it', () => {
  const result = settings(
    { readOnlyRootFilesystem: true, privileged: true, allowPrivilegeEscalation: false, procMount: 'Unmasked' },
    {},
  );
  assert.deepEqual(
    [result.readOnlyRootFilesystem, result.privileged, result.allowPrivilegeEscalation, result.procMount].map(
      ({ from }) => from,
    ),
    ['default', 'default', 'default', 'default'],
  );
});

test('a value of a wrong type protects nothing', () => {
  const wrong = {
    readOnlyRootFilesystem: 'true',
    allowPrivilegeEscalation: 0,
    runAsUser: '1000',
    runAsNonRoot: 'yes',
    capabilities: 'ALL',
  };
  const result = settings({ runAsUser: -1, runAsGroup: 1.5, runAsNonRoot: 1 }, wrong);
  assert.deepEqual(
    Object.values(result).map(({ value }) => value),
    [false, false, true, undefined, undefined, undefined, [], [], 'Default', undefined],
  );
  for (const context of [null, 7, 'text', [], [{}]])
    assert.equal(settings(context, context).readOnlyRootFilesystem.value, false);
});

test("null is the same as absent: the pod's value shows through", () => {
  assert.deepEqual(settings({ runAsUser: 1000 }, { runAsUser: null }).runAsUser.value, 1000);
});

test('capability names are read as a runtime reads them', () => {
  const { capabilitiesAdd } = settings({}, { capabilities: { add: ['CAP_SYS_ADMIN', 'net_admin', 7, 'KILL'] } });
  assert.deepEqual(capabilitiesAdd.value, ['SYS_ADMIN', 'NET_ADMIN', 'KILL']);
});

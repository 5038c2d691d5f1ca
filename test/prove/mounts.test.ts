/** The attacks with mounts and namespaces, on containers that they beat and on others that they fail on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BothWays, bothWays } from './both-ways.ts';
import { missing, nginx } from './nginx.ts';

const READ_ONLY = { readOnlyRootFilesystem: true };
const TIGHT = { ...READ_ONLY, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const NON_ROOT = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
/** A volume that the container may only read. */
const MOUNTS = [{ name: 'closed', mountPath: '/srv', readOnly: true }];

const ARENAS = {
  tight: { workload: nginx({ container: TIGHT, pod: NON_ROOT, mounts: MOUNTS }) },
  /** `CAP_SYS_ADMIN` and nothing else that a container would not have. */
  mounter: { workload: nginx({ container: { ...READ_ONLY, capabilities: { add: ['SYS_ADMIN'] } }, mounts: MOUNTS }) },
  writable: { workload: nginx({ container: {} }) },
  /** Root that may give nobody its rights: no SETFCAP, no SYS_CHROOT. */
  rootTight: {
    workload: nginx({
      container: { ...TIGHT, runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CHOWN', 'SETUID', 'SETGID'] } },
    }),
  },
} as const;

const mounting = { beats: 'mounter', fails: 'tight' } as const satisfies BothWays<keyof typeof ARENAS>;
const podmansProfile =
  'RuntimeDefault is Podman’s profile here, which lets everybody create namespaces; containerd’s does not';

const proofs = bothWays<keyof typeof ARENAS>('mounts', ARENAS, {
  'bind-over-file': mounting,
  'change-root': mounting,
  'mask-directory': mounting,
  'mount-proc': mounting,
  'overlay-root': mounting,
  'remount-root': mounting,
  'remount-volume': mounting,
  'user-namespace': { beats: 'tight', notHere: podmansProfile },
  'write-in-namespace': { beats: 'writable', fails: 'tight', place: /^\/$/ },
});

const outcomesOf = (name: keyof typeof ARENAS, id: string) =>
  proofs
    .get(name)!
    .attempts.filter((each) => each.id === id)
    .map(({ outcome, errno, layer }) => [outcome, errno, layer]);

test('a read-only volume is written by whoever may mount, and by nobody else', { skip: missing }, () => {
  assert.deepEqual(outcomesOf('mounter', 'remount-volume:write:/srv'), [['succeeded', null, null]]);
  assert.deepEqual(outcomesOf('tight', 'remount-volume:write:/srv'), [['blocked', 'EPERM', 'capability']]);
});

test('namespaces of its own give no user the root of the container, and memory to execute in', {
  skip: missing,
}, () => {
  assert.deepEqual(outcomesOf('tight', 'write-in-namespace:/'), [['blocked', 'EPERM', 'user namespace']]);
  assert.deepEqual(outcomesOf('tight', 'write-in-namespace:/usr'), [['residual', null, null]]);
  const { residual, verdict } = proofs.get('tight')!;
  assert.equal(verdict, 'proven');
  for (const what of ['user namespace', 'mount namespace']) {
    assert.equal(residual.filter((each) => each.what === what).length, 1, what);
  }
});

test('root without SETFCAP cannot become root of a namespace, and without SYS_CHROOT has one root', {
  skip: missing,
}, () => {
  for (const place of ['/', '/usr']) {
    assert.deepEqual(outcomesOf('rootTight', `write-in-namespace:${place}`), [['blocked', 'EPERM', 'capability']]);
  }
  assert.deepEqual(outcomesOf('rootTight', 'change-root:chroot'), [['blocked', 'EPERM', 'capability']]);
  assert.deepEqual(outcomesOf('writable', 'change-root:chroot'), [['succeeded', null, null]]);
});

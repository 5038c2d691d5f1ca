/** The attacks on the kernel and the host's devices, on containers that they beat and on others that they fail on. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { diskIn, PARTITIONS, USUAL_DISKS } from '../../src/prove/disks.ts';
import { canRestoreHost } from '../../src/prove/host.ts';
import type { Attempt } from '../../src/prove/proof.ts';
import { bothWays } from './both-ways.ts';
import { missing, nginx } from './nginx.ts';

const READ_ONLY = { readOnlyRootFilesystem: true };
const TIGHT = { ...READ_ONLY, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const NON_ROOT = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
const PRIVILEGED = { ...READ_ONLY, privileged: true };

const mayAttackHost = (await canRestoreHost()) === true;
const ARENAS = {
  tight: { workload: nginx({ container: TIGHT, pod: NON_ROOT }) },
  /** With the capabilities that a runtime gives by default, MKNOD among them. */
  root: { workload: nginx({ container: READ_ONLY }) },
  privileged: { workload: nginx({ container: PRIVILEGED }), options: { hostAttacks: mayAttackHost } },
  privilegedNonRoot: { workload: nginx({ container: PRIVILEGED, pod: NON_ROOT }) },
} as const;

const privilege = { beats: 'privileged', fails: 'tight' } as const;
/** What root may make and may not open. */
const device = { beats: 'privileged', fails: 'root' } as const;
const unless = <T extends object>(there: boolean, claim: T, notHere: string): T | { notHere: string } =>
  there ? claim : { notHere };

const hasDisk = diskIn(readFileSync(PARTITIONS, 'latin1')) !== undefined;
const groupsOfVersion1 = /^[1-9]\d*:[a-z_,]+:/m.test(readFileSync('/proc/self/cgroup', 'latin1'));

const proofs = bothWays('kernel', ARENAS, {
  'enter-namespace': privilege,
  'host-disk': unless(
    USUAL_DISKS.some((path) => existsSync(path)),
    { beats: 'privileged', fails: 'privilegedNonRoot' } as const,
    'this host has no disk of a usual name',
  ),
  'host-sysctl': privilege,
  'inject-process': { beats: 'tight', notHere: 'the sandbox shows no pod the processes of the host' },
  'kernel-helper': privilege,
  'kernel-keyring': { beats: 'root', fails: 'tight' },
  'kernel-log': device,
  'load-bpf': privilege,
  'load-module': unless(existsSync('/proc/modules'), privilege, 'the kernel of this host loads no modules'),
  'loop-device': { ...device, place: /^access$/ },
  'make-device': { beats: 'root', fails: 'tight' },
  'open-by-handle': privilege,
  'read-disk': unless(hasDisk, { ...device, place: /^access$/ }, 'this host has no disk of a known kind'),
  'release-agent': unless(groupsOfVersion1, privilege, 'this host has no control groups of version 1'),
  'trigger-sysrq': unless(existsSync('/proc/sysrq-trigger'), privilege, 'the kernel of this host has no sysrq'),
  'write-sys': privilege,
});

const attemptsOf = (name: keyof typeof ARENAS, id: string) =>
  proofs.get(name)!.attempts.filter((each) => each.id === id);

test('what refuses root a device is the device cgroup, and without the capability mknod itself', {
  skip: missing,
}, () => {
  for (const id of ['kernel-log:kmsg', 'loop-device:access', ...(hasDisk ? ['read-disk:access'] : [])]) {
    const [root] = attemptsOf('root', id);
    assert.deepEqual([root!.errno, root!.layer], ['EPERM', 'device cgroup'], id);
  }
  const [node] = attemptsOf('tight', 'make-device:/dev/shm');
  assert.deepEqual([node!.errno, node!.layer], ['EPERM', 'capability']);
});

test('the devices of the host are opened with permission only, and a privileged container then opens them', {
  skip: missing || (!mayAttackHost && 'this process could not put the host right'),
}, (t) => {
  const { identity, reasons } = proofs.get('privileged')!;
  // Docker asks for every capability, which a restricted host cannot give.
  if (identity === null) return t.skip(reasons.join(' '));
  for (const id of ['loop-device:open', ...(hasDisk ? ['read-disk:open'] : [])]) {
    const [{ outcome, layer }] = attemptsOf('privileged', id) as [Attempt];
    // A host may refuse its disks to everybody, its own root included; no control of the container does.
    assert.ok(
      outcome === 'succeeded' || ['kernel setting', 'LSM'].includes(String(layer)),
      `${id} ${outcome} ${layer}`,
    );
    assert.deepEqual(attemptsOf('root', id), [], id);
    const skipped = proofs.get('root')!.notAttempted.find((each) => each.id === id);
    assert.equal(skipped?.reason, 'needs --host-attacks', id);
  }
});

test('a seccomp filter is told from a missing capability', { skip: missing }, () => {
  const [keyring] = attemptsOf('tight', 'kernel-keyring:add_key');
  assert.equal(keyring!.layer, 'seccomp');
  const [asRoot] = attemptsOf('root', 'load-bpf:socket filter');
  assert.deepEqual([asRoot!.errno, asRoot!.layer], ['EPERM', 'capability']);
});

test('a privileged container as another user wins nothing of the kernel', { skip: missing }, () => {
  const won = proofs
    .get('privilegedNonRoot')!
    .attempts.filter(({ family, outcome }) => family === 'kernel' && outcome === 'succeeded');
  assert.deepEqual(won, []);
});

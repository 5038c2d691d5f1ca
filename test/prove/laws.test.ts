/** The laws of the verdicts, on real containers: what the specification says, the attacks must find. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { directoryOf, newRun } from '../../src/engine/runs.ts';
import { disagreementsOf } from '../../src/prove/agreement.ts';
import type { Attempt, Proof } from '../../src/prove/proof.ts';
import { connected, missing, nginx, proveOne, type Shape } from './nginx.ts';

const TIGHT = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const NON_ROOT = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
const SHAPES = {
  hardened: { container: TIGHT, pod: NON_ROOT },
  closedShm: { container: TIGHT, pod: NON_ROOT, mounts: [{ name: 'shm', mountPath: '/dev/shm', readOnly: true }] },
  writable: { container: {} },
  writableNonRoot: { container: { ...TIGHT, readOnlyRootFilesystem: false }, pod: NON_ROOT },
  rootWithoutCapabilities: {
    container: { ...TIGHT, runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CHOWN', 'SETUID', 'SETGID'] } },
  },
  mounter: { container: { readOnlyRootFilesystem: true, capabilities: { add: ['SYS_ADMIN'] } } },
  privileged: { container: { readOnlyRootFilesystem: true, privileged: true } },
  privilegedNonRoot: { container: { readOnlyRootFilesystem: true, privileged: true }, pod: NON_ROOT },
  privilegedInNamespace: {
    container: { readOnlyRootFilesystem: true, privileged: true },
    spec: { hostUsers: false },
  },
  naive: { container: { readOnlyRootFilesystem: true }, volumes: false },
} satisfies Record<string, Shape>;

type Name = keyof typeof SHAPES;

/** Two cores run two proofs. */
const AT_ONCE = 2;

describe('laws of the verdicts', { skip: missing }, () => {
  const proofs = new Map<Name, Proof>();
  before(async () => {
    const names = Object.keys(SHAPES) as Name[];
    const work = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        proofs.set(name, await proveOne(nginx(SHAPES[name])));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  const attemptsOf = (name: Name, attack: string): readonly Attempt[] =>
    proofs.get(name)!.attempts.filter(({ id }) => id === attack || id.startsWith(`${attack}:`));
  const outcomes = (name: Name, attack: string) => attemptsOf(name, attack).map(({ outcome }) => outcome);
  const succeeded = (name: Name) => proofs.get(name)!.attempts.filter(({ outcome }) => outcome === 'succeeded');

  test('no attempt of any container is unknown, and every blocked one has a positive control', () => {
    for (const [name, { attempts }] of proofs) {
      for (const { id, outcome, detail, control } of attempts) {
        assert.notEqual(outcome, 'unknown', `${name} ${id}: ${detail}`);
        // What only a privileged container has, its twin has not.
        const only = name.startsWith('privileged') && id.startsWith('drop-and-run:/sys/');
        if (outcome === 'blocked' && !only) assert.equal(control, 'succeeded', `${name} ${id}`);
      }
    }
  });

  test('hardened: proven, and what is left writable is said with whether it can be executed', () => {
    const { verdict, reasons, residual, identity } = proofs.get('hardened')!;
    assert.deepEqual([verdict, reasons], ['proven', []]);
    assert.deepEqual(identity, { uid: 65532, gid: 0, capabilities: '0000000000000000' });
    assert.deepEqual(
      residual.map(({ what, executable }) => [what, executable]),
      [
        ['/dev/mqueue', false],
        ['/dev/shm', true],
        ['/dev/termination-log', false],
        ['/dev: devices without memory', false],
        ['/dev: terminals', false],
        ['/proc/pressure', false],
        ['/proc/self', false],
        ['/run', true],
        ['/var/cache/nginx', true],
        ['own processes', true],
        ['dynamic loader', true],
        ['memfd', true],
        ['interpreter', true],
        // Podman's RuntimeDefault lets everybody create namespaces.
        ['user namespace', true],
        ['mount namespace', true],
      ],
    );
  });

  test('the specification and the attacks agree', () => {
    for (const [name, proof] of proofs) {
      if (proof.attempts.length > 0) assert.deepEqual(disagreementsOf(proof), [], name);
    }
    for (const name of ['hardened', 'closedShm'] as const) assert.deepEqual(succeeded(name), []);
  });

  test('shared memory that a read-only volume covers is closed', () => {
    assert.equal(proofs.get('closedShm')!.verdict, 'proven');
    const [shm] = proofs.get('closedShm')!.attempts.filter(({ id }) => id === 'drop-and-run:/dev/shm');
    assert.deepEqual([shm!.outcome, shm!.errno], ['blocked', 'EROFS']);
    assert.equal(
      proofs.get('closedShm')!.residual.some(({ what }) => what === '/dev/shm'),
      false,
    );
  });

  test('mutable: the root is written, by root everywhere, by another user where the image lets everybody', () => {
    assert.equal(proofs.get('writable')!.verdict, 'mutable');
    assert.ok(outcomes('writable', 'write-root').length >= 6);
    assert.ok(outcomes('writable', 'write-root').every((each) => each === 'succeeded'));
    assert.deepEqual(outcomes('writable', 'copy-in'), ['succeeded', 'succeeded']);
    assert.deepEqual(outcomes('writable', 'install-apt'), ['succeeded']);
    assert.equal(proofs.get('writableNonRoot')!.verdict, 'mutable');
    const [tmp] = proofs.get('writableNonRoot')!.attempts.filter(({ id }) => id === 'write-root:/tmp');
    assert.equal(tmp!.outcome, 'succeeded');
    const [etc] = proofs.get('writableNonRoot')!.attempts.filter(({ id }) => id === 'write-root:/etc');
    assert.deepEqual([etc!.outcome, etc!.errno], ['blocked', 'EACCES']);
  });

  test('uid 0 under a read-only root writes and executes in /dev, whatever its capabilities', () => {
    const proof = proofs.get('rootWithoutCapabilities')!;
    assert.equal(proof.verdict, 'bypassable');
    assert.deepEqual(outcomes('rootWithoutCapabilities', 'write-dev'), ['succeeded']);
    assert.equal(proof.residual.find(({ what }) => what === '/dev')?.executable, true);
    for (const attack of ['remount-root', 'write-root', 'make-device', 'replace-binary']) {
      assert.ok(
        outcomes('rootWithoutCapabilities', attack).every((each) => each === 'blocked'),
        attack,
      );
    }
  });

  test('SYS_ADMIN alone remounts the root, and makes /proc/sys writable again', () => {
    assert.equal(proofs.get('mounter')!.verdict, 'bypassable');
    assert.deepEqual(outcomes('mounter', 'remount-root'), ['succeeded', 'succeeded']);
    assert.deepEqual(outcomes('mounter', 'host-sysctl'), ['blocked', 'succeeded']);
    assert.ok(
      outcomes('mounter', 'write-root').every((each) => each === 'blocked'),
      'the remount was undone',
    );
  });

  test('privileged as root: ordinary writes and apt-get are refused with EROFS, the remount succeeds', (t) => {
    const { identity, reasons } = proofs.get('privileged')!;
    // Docker asks for every capability, which a restricted host cannot give; nothing to attack then.
    if (identity === null) return t.skip(reasons.join(' '));
    const reaches = (name: Name) => proofs.get(name)!.differences.filter((each) => each.includes('reaches this host'));
    assert.deepEqual([reaches('privileged').length, reaches('privilegedNonRoot').length], [1, 0]);
    assert.equal(proofs.get('privileged')!.verdict, 'bypassable');
    assert.ok(
      attemptsOf('privileged', 'write-root').every(({ outcome, errno }) => outcome === 'blocked' && errno === 'EROFS'),
    );
    assert.deepEqual(
      attemptsOf('privileged', 'install-apt').map(({ errno }) => errno),
      ['EROFS'],
    );
    assert.deepEqual(outcomes('privileged', 'remount-root'), ['succeeded', 'succeeded']);
    assert.deepEqual(outcomes('privileged', 'host-sysctl'), ['succeeded']);
  });

  test('privileged as root of a user namespace: only the mount’s own flag can be taken away, and /dev/shm stays noexec', (t) => {
    const { differences, identity, reasons } = proofs.get('privilegedInNamespace')!;
    const none = differences.find((each) => each.startsWith('hostUsers:'));
    if (identity === null || none !== undefined) return t.skip(none ?? reasons.join(' '));
    const remounts = attemptsOf('privilegedInNamespace', 'remount-root');
    assert.deepEqual(
      remounts.map(({ id, outcome, layer }) => [id, outcome, layer]),
      [
        ['remount-root:remount,rw', 'blocked', 'user namespace'],
        ['remount-root:remount,bind,rw', 'succeeded', null],
      ],
    );
    const shm = attemptsOf('privilegedInNamespace', 'remount-volume').filter(({ id }) =>
      id.endsWith('execute:/dev/shm'),
    );
    assert.deepEqual(
      shm.map(({ outcome, layer }) => [outcome, layer]),
      [['blocked', 'user namespace']],
    );
    assert.ok(outcomes('privilegedInNamespace', 'host-sysctl').every((each) => each === 'blocked'));
  });

  test('privileged as another user has no effective capability and wins nothing', () => {
    assert.equal(proofs.get('privilegedNonRoot')!.identity!.capabilities, '0000000000000000');
    // But for a way to become root first, which nothing in that pod forbids.
    assert.deepEqual(
      succeeded('privilegedNonRoot').map(({ id }) => id),
      ['escalate-by-setuid:/bin/su'],
    );
  });

  test('a pod that does not become ready is not proven, and the reasons are said', () => {
    const { verdict, reasons, attempts } = proofs.get('naive')!;
    assert.notEqual(verdict, 'proven');
    assert.deepEqual(attempts, []);
    assert.ok(reasons.some((each) => each.includes('did not become ready')));
    assert.ok(reasons.some((each) => each.startsWith('No attack was made: the container does not run (')));
  });

  test('the host attack is not made without permission', () => {
    const { notAttempted } = proofs.get('hardened')!;
    assert.ok(notAttempted.some(({ id, reason }) => id.startsWith('host-sysctl') && reason === 'needs --host-attacks'));
  });

  test('an interrupted proof leaves nothing behind', async () => {
    const run = newRun();
    const stop = new AbortController();
    const proving = proveOne(nginx(SHAPES.hardened), { run, signal: stop.signal, onAttempt: () => stop.abort() });
    await assert.rejects(proving, { code: 'interrupted' });
    assert.deepEqual(await connected!.labelled(run), { containers: [], networks: [] });
    assert.equal(existsSync(directoryOf(run)), false);
  });
});

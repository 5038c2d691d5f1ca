/** What can still be written in real containers: each place with who, where, how much, how long, and whether it is meant so. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { newRun } from '../../src/engine/runs.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { proveWorkload } from '../../src/prove/prove.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { builtImage } from '../engine/images.ts';
import { IMAGE } from '../example.ts';
import { connected, missing } from './nginx.ts';

const TIGHT = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const container = (name: string, uid: number, rest: object = {}) => ({
  ...{ name, image: IMAGE, command: ['sleep', '600'] },
  readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
  securityContext: { ...TIGHT, runAsUser: uid, runAsGroup: uid, seccompProfile: { type: 'RuntimeDefault' } },
  ...rest,
});

/** One pod, one proof a container: a run is dear. */
const podOf = (withVolume: string) => ({
  automountServiceAccountToken: false,
  containers: [
    container('user', 65532, {
      tty: true,
      volumeMounts: [
        { name: 'scratch', mountPath: '/var/run' },
        { name: 'memory', mountPath: '/memory' },
        { name: 'endless', mountPath: '/endless' },
        { name: 'claim', mountPath: '/claim' },
        { name: 'projected', mountPath: '/etc/projected' },
        { name: 'config', mountPath: '/etc/config' },
      ],
    }),
    container('root', 0),
    container('volume', 65532, { image: withVolume }),
    container('writable', 65532, {
      securityContext: { ...TIGHT, readOnlyRootFilesystem: false, runAsUser: 65532 },
    }),
  ],
  volumes: [
    { name: 'scratch', emptyDir: { sizeLimit: '16Mi' } },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
    { name: 'endless', emptyDir: {} },
    { name: 'claim', persistentVolumeClaim: { claimName: 'claim' } },
    {
      name: 'projected',
      projected: {
        sources: [{ downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }],
      },
    },
    { name: 'config', configMap: { name: 'settings' } },
  ],
});
const SETTINGS = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { key: 'value' } };

describe('residual writability', { skip: missing }, () => {
  let proofs: readonly Proof[];
  before(async () => {
    const image = await builtImage(connected!, 'volume', 'VOLUME /data');
    const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'places' }, spec: podOf(image) };
    const workload = findWorkloads(documentFromValue('places.yaml', value))[0]!;
    proofs = await proveWorkload(connected!, workload, {
      run: newRun(),
      petrify: '0.0.0-test',
      documents: [SETTINGS],
      hostAttacks: false,
    });
  });

  const proofOf = (name: string) => proofs.find(({ workload }) => workload.container === name)!;
  const placeOf = (name: string, what: string) => {
    const found = proofOf(name).residual.filter((each) => each.what === what);
    assert.equal(found.length, 1, `${name} ${what}: ${proofOf(name).residual.map((each) => each.what)}`);
    return found[0]!;
  };
  const told = (name: string, what: string) => {
    const { declared, acceptable, executable, writability } = placeOf(name, what);
    const { by, source, sizeLimit, execution, survives } = writability!;
    return { declared, acceptable, executable, by, source, sizeLimit, execution, survives };
  };
  const closedOf = (name: string, path: string) => proofOf(name).closed.find((each) => each.path === path);
  const DECLARED = { declared: true, acceptable: true, executable: true, by: 'everybody', execution: 'ran' };

  test('volumes: their limits, how long they last, and that a program ran there', () => {
    const emptyDir = { ...DECLARED, source: 'emptyDir', survives: { container: true, pod: false } };
    assert.deepEqual(told('user', '/run'), { ...emptyDir, sizeLimit: { bytes: 16 * 2 ** 20, by: 'manifest' } });
    assert.deepEqual(told('user', '/memory'), { ...emptyDir, sizeLimit: { bytes: 8 * 2 ** 20, by: 'mount' } });
    assert.equal(placeOf('user', '/memory').writability!.fileSystem, 'tmpfs');
    assert.deepEqual(told('user', '/endless'), { ...emptyDir, sizeLimit: null });
  });

  test('a claim outlives the pod, and is listed also where this user may not write what stands in for it', () => {
    // The real one may let this user, so it is listed whatever stood in for it.
    const { writability, why } = proofOf('user').residual.find(({ what }) => what === '/claim')!;
    if (writability !== null) assert.deepEqual(writability.survives, { container: true, pod: true });
    else {
      assert.equal(closedOf('user', '/claim')?.source, 'persistentVolumeClaim');
      assert.match(why, /the permissions of the real one decide/);
    }
  });

  test('projected volumes and ConfigMaps are tried, and are read-only', () => {
    for (const [path, source] of [
      ['/etc/projected', 'projected'],
      ['/etc/config', 'configMap'],
    ] as const) {
      const { layer, ...closed } = closedOf('user', path)!;
      assert.deepEqual(closed, { path, source, readOnly: true, errno: 'EROFS' });
      assert.equal(layer, 'read-only mount');
    }
  });

  test('what every container has is acceptable and not declared', () => {
    const runtime = { declared: false, acceptable: true, by: 'everybody', source: 'runtime' };
    const pods = { container: true, pod: false };
    const shm = told('user', '/dev/shm');
    assert.deepEqual(shm, { ...shm, ...runtime, sizeLimit: { bytes: 64 * 2 ** 20, by: 'mount' }, survives: pods });
    const queues = told('user', '/dev/mqueue');
    assert.deepEqual(queues, { ...queues, ...runtime, executable: false, execution: 'noexec', survives: pods });
    const message = told('user', '/dev/termination-log');
    assert.deepEqual([message.source, message.acceptable, message.survives.container], ['kubelet', true, false]);
    assert.equal(placeOf('user', '/dev: devices without memory').acceptable, true);
    assert.equal(told('user', '/proc/self').by, 'this user');
    assert.ok(proofOf('user').residual.every(({ acceptable }) => acceptable));
  });

  test('this user may not write what only root may; root may write and execute in /dev', () => {
    for (const path of ['/dev', '/etc/hosts']) {
      const closed = closedOf('user', path)!;
      assert.deepEqual([closed.errno, closed.readOnly], ['EACCES', false], path);
      const { by, acceptable } = told('root', path);
      assert.deepEqual([by, acceptable], ['only root', false], path);
    }
    assert.equal(told('root', '/dev').execution, 'ran');
    for (const name of ['user', 'root']) {
      assert.equal(closedOf(name, '/etc/resolv.conf')!.readOnly, true, name);
      assert.equal(closedOf(name, '/etc/hostname')!.readOnly, true, name);
    }
    assert.equal(closedOf('root', '/')!.errno, 'EROFS');
    assert.equal(closedOf('root', '/proc/sys/vm/swappiness')!.errno, 'EROFS');
  });

  test('a VOLUME of the image that nobody mounted over is not acceptable', () => {
    const { declared, acceptable, source, sizeLimit, execution } = told('volume', '/data');
    assert.deepEqual(
      [declared, acceptable, source, sizeLimit, execution],
      [...[false, false, 'VOLUME of the image', null, 'ran']],
    );
    assert.match(placeOf('volume', '/data').why, /not acceptable/);
  });

  test('a writable root is one place, also where only parts of it are open to the user', () => {
    const { declared, acceptable, source, survives } = told('writable', '/');
    assert.deepEqual([declared, acceptable, source, survives.container], [false, false, 'root file system', false]);
    assert.match(placeOf('writable', '/').why, /\/tmp/);
  });

  test('a terminal: those that can be opened are asked for, and what the sandbox does not give is said', () => {
    assert.equal(placeOf('user', '/dev: terminals').declared, true);
    assert.equal(placeOf('root', '/dev: terminals').declared, false);
    assert.ok(proofOf('user').notAttempted.some(({ id }) => id === 'writability:/dev/console'));
  });

  test('what is not acceptable has an attack that succeeded, and nothing is left behind', () => {
    for (const { workload, residual, attempts, traces } of proofs) {
      const succeeded = attempts.some(({ outcome }) => outcome === 'succeeded');
      if (residual.some(({ acceptable }) => !acceptable)) assert.ok(succeeded, workload.container);
      if (workload.container !== 'writable') assert.deepEqual(traces, [], workload.container);
    }
  });
});

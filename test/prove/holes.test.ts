/** Pods that look immutable and are not, and pods whose twin is hard to run: each was once called proven wrongly. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { newRun } from '../../src/engine/runs.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { proveWorkload } from '../../src/prove/prove.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { connected, missing } from './nginx.ts';

const image = 'localhost/petrify/nginx:1';
const TIGHT = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const WAIT = ['sleep', '600'];
const SCRIPT = 'cd /v && printf "exec sleep 600\\n" > run';

const READY = { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } };
const tight = (name: string, rest: object) => ({
  ...{ name, image, securityContext: TIGHT, command: WAIT, ...READY },
  ...rest,
});
const init = (command: string, name = 'v') =>
  tight('fill', {
    readinessProbe: undefined,
    command: ['sh', '-c', command],
    volumeMounts: [{ name, mountPath: '/v' }],
  });
const mount = (mountPath: string, rest: object = {}) => ({ volumeMounts: [{ name: 'v', mountPath, ...rest }] });
const EMPTY = { volumes: [{ name: 'v', emptyDir: {} }] };

/** `app` is the container that is looked at. */
const PODS = {
  hostFile: {
    containers: [tight('app', mount('/etc/debian_version', { readOnly: true }))],
    volumes: [{ name: 'v', hostPath: { path: '/etc/debian_version', type: 'File' } }],
  },
  fileOfInit: {
    initContainers: [init('cp /etc/nginx/nginx.conf /v/nginx.conf')],
    containers: [tight('app', mount('/etc/nginx/nginx.conf', { subPath: 'nginx.conf', readOnly: true }))],
    ...EMPTY,
  },
  /** Three holes at once: a run is dear. */
  open: {
    initContainers: [init(SCRIPT)],
    containers: [
      tight('app', {
        command: ['sh', '/app/run'],
        terminationMessagePath: '/etc/ld.so.preload',
        volumeMounts: [
          { name: 'v', mountPath: '/app' },
          { name: 'libraries', mountPath: '/usr/local/lib' },
        ],
      }),
    ],
    volumes: [...EMPTY.volumes, { name: 'libraries', emptyDir: {} }],
  },
  writtenByNeighbour: {
    containers: [tight('app', mount('/srv', { readOnly: true })), tight('writer', mount('/out'))],
    ...EMPTY,
  },
  mutableInit: {
    // Not given in a sandbox, and so not tried.
    hostIPC: true,
    initContainers: [{ name: 'weak', image, command: ['true'], securityContext: { runAsUser: 0 } }],
    containers: [tight('app', {})],
  },
} satisfies Record<string, object>;

async function proofOfApp(name: string, spec: object): Promise<Proof> {
  const value = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { automountServiceAccountToken: false, ...spec },
  };
  const workload = findWorkloads(documentFromValue('hole.yaml', value))[0]!;
  const options = { run: newRun(), petrify: '0.0.0-test', documents: [], hostAttacks: false };
  const proofs = await proveWorkload(connected!, workload, options);
  return proofs.find(({ workload: { container } }) => container === 'app')!;
}

/** Two cores run two proofs. */
const AT_ONCE = 2;

describe('holes', { skip: missing }, () => {
  const proofs = new Map<keyof typeof PODS, Proof>();
  before(async () => {
    const names = Object.keys(PODS) as (keyof typeof PODS)[];
    const work = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        proofs.set(name, await proofOfApp(name.toLowerCase(), PODS[name]));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });

  test('a file over a file of the image does not keep the twin from running', () => {
    for (const name of ['hostFile', 'fileOfInit'] as const) {
      const { verdict, attempts, reasons } = proofs.get(name)!;
      assert.deepEqual([verdict, reasons], ['proven', []], name);
      const blocked = attempts.filter(({ outcome, id }) => outcome === 'blocked' && id.startsWith('write-root:'));
      assert.ok(blocked.length > 0 && blocked.every(({ control }) => control === 'succeeded'), name);
    }
  });

  test('what decides which program runs is no residual: a termination message in /etc, a script, libraries', () => {
    const { verdict, attempts, reasons } = proofs.get('open')!;
    assert.equal(verdict, 'bypassable');
    assert.deepEqual(
      attempts.filter(({ outcome }) => outcome === 'succeeded').map(({ id }) => id),
      ['drop-and-run:/etc/ld.so.preload', 'drop-and-run:/usr/local/lib', 'replace-binary:rename:/app/run'],
    );
    assert.equal(
      reasons.some((each) => each.includes('contradicts')),
      false,
      'the specification says the same',
    );
  });

  test('a volume that is read-only here and written by a neighbour is residual', () => {
    const { verdict, residual, reasons } = proofs.get('writtenByNeighbour')!;
    assert.deepEqual([verdict, reasons], ['proven', []]);
    const app = residual.find(({ what }) => what === '/srv');
    assert.match(app?.why ?? '', /written by container writer/);
  });

  test('what the init containers are by their specification is said, and stands in the way of proven', () => {
    const { verdict, notAttempted, reasons } = proofs.get('mutableInit')!;
    assert.equal(verdict, 'immutable');
    assert.ok(notAttempted.some(({ id, reason }) => id === 'init container weak' && /mutable/.test(reason)));
    assert.ok(reasons.some((each) => /init container weak .*mutable/i.test(each)));
    assert.ok(reasons.some((each) => each.startsWith('hostIPC is not given in a sandbox')));
    const filled = proofs.get('fileOfInit')!.notAttempted;
    assert.ok(filled.some(({ id, reason }) => id === 'init container fill' && /immutable/.test(reason)));
  });
});

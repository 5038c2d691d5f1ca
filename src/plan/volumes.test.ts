/** Which volumes a container gets: what each holds, where it is mounted, how large it may become, and what it stands in for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocuments } from '../manifest/read.ts';
import type { Evidence } from '../profile/evidence.ts';
import type { ShippedDirectory } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { planVolumes, type VolumeDecision, volumeChanges, volumeNames } from './volumes.ts';

const MIB = 1024 * 1024;

function workloadOf(text: string): Workload {
  return readDocuments({ file: 'web.yaml', text }).documents.flatMap(findWorkloads)[0]!;
}

const POD = workloadOf(`apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: web
      volumeMounts: [{ name: data, mountPath: /data }]
  volumes: [{ name: data, emptyDir: {} }, { name: unused, emptyDir: {} }]
`);

const seen = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what: 'create',
  type: 'file',
  detail: 'CREATE by web (pid 7)',
  ...more,
});

const path = (at: string, more: Partial<WritablePath> = {}): WritablePath => ({
  path: at,
  kind: 'scratch',
  shippedFiles: 0,
  bytes: 0,
  evidence: ['a', 'b', 'c'].map((name) => seen(`${at}/${name}`)),
  ...more,
});

function planned(
  writable: readonly WritablePath[],
  shipped: Readonly<Record<string, ShippedDirectory>> = {},
  more: Partial<VolumeDecision> = {},
) {
  const taken = volumeNames(POD);
  const decision: VolumeDecision = {
    writable,
    shipped: (at) => shipped[at],
    code: 'mounted',
    directories: 'plain',
    ...more,
  };
  return { ...planVolumes(POD.containers[0]!, decision, taken), taken };
}

test('an empty volume is mounted whole, and nothing fills it', () => {
  const [volume] = planned([path('/run')]).volumes;
  assert.deepEqual([volume!.name, volume!.mounts, volume!.seed], ['run', [{ mountPath: '/run' }], undefined]);
  assert.match(volume!.because, /^scratch: it creates \/run\/a$/);
});

test('a copy is mounted below its volume, so that it keeps its owner and mode', () => {
  const { volumes } = planned([path('/srv', { shippedFiles: 3 })], { '/srv': shippedDirectory(3) });
  assert.deepEqual(volumes[0]!.mounts, [{ mountPath: '/srv', subPath: 'content' }]);
  assert.deepEqual(volumes[0]!.seed, { volume: 'srv', from: '/srv', files: undefined });
  assert.match(volumes[0]!.because, /the image ships 3 files there, so it is copied first$/);
});

test('single files are mounted one by one, out of one volume; in / as well', () => {
  const files = (at: string) => ({ shippedFiles: 3, evidence: [seen(`${at}/b`), seen(`${at}/a`)] });
  const { volumes } = planned([path('/', files('')), path('/srv', files('/srv'))], {
    '/srv': shippedDirectory(3, { names: ['a', 'b'] }),
  });
  assert.deepEqual(
    volumes.map(({ mounts, seed }) => [mounts, seed]),
    [
      [
        [
          { mountPath: '/a', subPath: 'a' },
          { mountPath: '/b', subPath: 'b' },
        ],
        { volume: 'volume', from: '/', files: ['a', 'b'] },
      ],
      [
        [
          { mountPath: '/srv/a', subPath: 'a' },
          { mountPath: '/srv/b', subPath: 'b' },
        ],
        { volume: 'srv', from: '/srv', files: ['a', 'b'] },
      ],
    ],
  );
});

test('what lies below a copy needs no volume of its own; what lies below an empty one does', () => {
  const copy = planned([path('/srv', { shippedFiles: 3 }), path('/srv/x'), path('/srv2')], {
    '/srv': shippedDirectory(3),
  });
  assert.deepEqual(
    copy.volumes.map(({ name }) => name),
    ['srv', 'srv2'],
  );
  const empty = planned([path('/srv'), path('/srv/x')]);
  assert.deepEqual(
    empty.volumes.map(({ name }) => name),
    ['srv', 'srv-x'],
  );
});

test('a mount that is there already stays alone', () => {
  assert.deepEqual(planned([path('/data')]).volumes, []);
});

test('names of volumes that are there, used or not, are not used again', () => {
  const { volumes, taken } = planned([path('/unused'), path('/data/'), path('/un/used')]);
  assert.deepEqual(
    volumes.map(({ name }) => name),
    ['unused-2', 'data-2', 'un-used'],
  );
  assert.ok(
    volumes.every(({ name }) => taken.has(name)),
    'and the next container knows',
  );
});

test('what gets no volume is left out, with the reason', () => {
  const { volumes, leftOut } = planned([path('/usr/bin', { shippedFiles: 3 }), path('/run')]);
  assert.deepEqual(
    volumes.map(({ name }) => name),
    ['run'],
  );
  assert.deepEqual(leftOut, [
    { container: 'web', path: '/usr/bin', because: 'a volume there would make programs writable' },
  ]);
});

const sizes: readonly (readonly [string, WritablePath, number, string])[] = [
  ['the floor', path('/srv'), 0, '64Mi'],
  [
    'what was declared and never seen has no peak',
    path('/srv', { evidence: [seen('/srv', { what: 'declared' })] }),
    0,
    '1024Mi',
  ],
  ['ten times what was seen, rounded up', path('/srv', { bytes: 20 * MIB }), 0, '256Mi'],
  ['ten times what is copied, where that is more', path('/srv', { bytes: MIB, shippedFiles: 3 }), 100 * MIB, '1024Mi'],
  ['the larger of both, not their sum', path('/srv', { bytes: 12 * MIB, shippedFiles: 3 }), 12 * MIB, '128Mi'],
];
for (const [name, writable, shippedBytes, expected] of sizes) {
  test(`size: ${name}`, () => {
    const { volumes } = planned([writable], {
      '/srv': shippedDirectory(writable.shippedFiles, { bytes: shippedBytes }),
    });
    assert.equal(volumes[0]!.size, expected);
  });
}

const reasons: readonly (readonly [Evidence, string])[] = [
  [seen('/srv/x', { what: 'mkdir' }), 'scratch: it makes the directory /srv/x'],
  [seen('/srv/x', { what: 'modify' }), 'scratch: it changes /srv/x'],
  [seen('/srv/x', { what: 'delete' }), 'scratch: it removes /srv/x'],
  [seen('/srv/x', { what: 'rename' }), 'scratch: it renames /srv/x'],
  [seen('/srv/x', { what: 'attributes' }), 'scratch: it changes the owner or mode of /srv/x'],
  [seen('/srv/x', { what: 'refused' }), 'scratch: it was refused to write /srv/x'],
  [
    seen('/srv/x', { what: 'refused', collector: 'log-lines', detail: 'cannot open x' }),
    'scratch: it was refused to write /srv/x (cannot open x)',
  ],
  [
    seen('/srv', { what: 'declared', collector: 'image-config', detail: 'VOLUME' }),
    'scratch: declared is /srv (VOLUME)',
  ],
];
for (const [evidence, expected] of reasons) {
  test(`reason: ${expected}`, () => {
    assert.equal(planned([path('/srv', { evidence: [evidence] })]).volumes[0]!.because, expected);
  });
}

test('where the content lives: with the pod, in a claim of its own, or in a template', () => {
  const statefulSet = workloadOf(`apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec:
  template: { spec: { containers: [{ name: web, image: web }] } }
`);
  const [volume] = planned([path('/var/lib/web', { kind: 'state', bytes: 200 * MIB })]).volumes;
  const last = (...given: Parameters<typeof volumeChanges>) => {
    const { path: at, value } = volumeChanges(...given).at(-1)!;
    return [at.join('.'), value];
  };
  const [web] = POD.containers;
  assert.deepEqual(last(POD, web!, volume!, { kind: 'emptyDir' }), [
    'spec.volumes.-',
    { name: 'var-lib-web', emptyDir: { sizeLimit: '2048Mi' } },
  ]);
  assert.deepEqual(last(POD, web!, volume!, { kind: 'claim', claimName: 'web-var-lib-web' }), [
    'spec.volumes.-',
    { name: 'var-lib-web', persistentVolumeClaim: { claimName: 'web-var-lib-web' } },
  ]);
  assert.deepEqual(last(statefulSet, statefulSet.containers[0]!, volume!, { kind: 'claimTemplate' }), [
    'spec.volumeClaimTemplates.-',
    {
      metadata: { name: 'var-lib-web' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2048Mi' } } },
    },
  ]);
});

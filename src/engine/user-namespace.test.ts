/** Which pods get a user namespace of their own, what is said where they do not, and whose their files become. */
import assert from 'node:assert/strict';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { workloadsIn } from '../../test/engine/workloads.ts';
import { manifestDifferences } from './differences.ts';
import type { EngineInfo } from './engine.ts';
import { canMap, giveToPod, hostId, POD_IDS, podIdsOf } from './user-namespace.ts';

const podman = { name: 'podman', local: true } as const;
const elsewhere = { name: 'podman', local: false } as const;
const docker = { name: 'docker', local: true } as const;

const podWith = (spec: object, container: object = {}) =>
  workloadsIn(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { ...spec, containers: [{ name: 'c', image: 'i', ...container }] },
    }),
  ).workload;
const said = (spec: object, engine: Pick<EngineInfo, 'name' | 'local'>, container: object = {}) =>
  manifestDifferences(podWith(spec, container), engine, {}).filter((sentence) => /hostUsers|stdout/.test(sentence));

it('only a pod that asks for it, and where it cannot be had, that is said', () => {
  for (const spec of [{}, { hostUsers: true }]) {
    assert.equal(podIdsOf(podWith(spec), podman), undefined);
    assert.deepEqual(said(spec, docker), []);
  }
  for (const engine of [docker, elsewhere]) {
    assert.equal(podIdsOf(podWith({ hostUsers: false }), engine), undefined);
    assert.deepEqual(said({ hostUsers: false }, engine), ['hostUsers: the pod has no user namespace of its own here.']);
  }
});

it('never with a namespace of the host: Kubernetes rejects that', () => {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) {
    const spec = { hostUsers: false, [field]: true };
    assert.equal(podIdsOf(podWith(spec), podman), undefined);
    assert.deepEqual(said(spec, podman), [
      `hostUsers: Kubernetes rejects false together with ${field}; the pod has no user namespace of its own here.`,
    ]);
  }
});

it('needs all of its ids to be there, those of users and of groups, and leave to make a namespace', () => {
  const all = '         0          0 4294967295\n';
  const { first, size } = POD_IDS;
  const can = (users: string, groups = all, most = '31000\n') => canMap({ users, groups, most }, POD_IDS);
  assert.equal(can(all), true);
  assert.equal(can(`0 100000 10\n${first} 5 ${size}\n`), true);
  for (const map of ['0 100000 65536\n', `${first} 5 ${size - 1}\n`, `${first + 1} 5 ${size}\n`, '']) {
    assert.deepEqual([can(map), can(all, map)], [false, false], map);
  }
  for (const most of ['0\n', '']) assert.equal(can(all, all, most), false);
});

it('names what its commands cannot do', { skip: !podIdsOf(podWith({ hostUsers: false }), podman) }, () => {
  const exec = { exec: { command: ['true'] } };
  const sentence = 'Commands of probes and hooks cannot open /dev/stdout and /dev/stderr by name here.';
  assert.deepEqual(said({ hostUsers: false }, podman), []);
  assert.deepEqual(said({ hostUsers: false }, podman, { livenessProbe: exec }), [sentence]);
  assert.deepEqual(said({ hostUsers: false }, podman, { lifecycle: { preStop: exec } }), [sentence]);
  assert.deepEqual(said({}, podman, { livenessProbe: exec }), []);
});

it('shifts every owner once, of links and never of what they point to', {
  skip: process.getuid?.() !== 0,
}, async () => {
  const ids = { first: 1_000_000, size: 65_536 };
  assert.deepEqual([hostId(7, undefined), hostId(7, ids), hostId(1_000_007, ids)], [7, 1_000_007, 1_000_007]);
  const home = mkdtempSync(join(tmpdir(), 'petrify-owners-'));
  try {
    const volume = join(home, 'volume');
    mkdirSync(join(volume, 'sub'), { recursive: true });
    writeFileSync(join(volume, 'sub', 'file'), '');
    writeFileSync(join(home, 'outside'), '');
    chownSync(join(volume, 'sub'), 0, 4242);
    symlinkSync(join(home, 'outside'), join(volume, 'link'));
    const owners = () =>
      ['volume', 'volume/sub', 'volume/sub/file', 'volume/link', 'outside'].map((path) => {
        const { uid, gid } = lstatSync(join(home, path));
        return `${uid}:${gid}`;
      });
    await giveToPod(volume, undefined);
    assert.deepEqual(owners(), ['0:0', '0:4242', '0:0', '0:0', '0:0']);
    const root = '1000000:1000000';
    for (const _ of ['once', 'twice']) {
      await giveToPod(volume, ids);
      assert.deepEqual(owners(), [root, '1000000:1004242', root, root, '0:0']);
    }
  } finally {
    rmSync(home, { recursive: true });
  }
});

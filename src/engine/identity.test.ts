/** Capabilities, users and refusals as containerd and the kubelet decide them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectiveSettings } from '../workload/settings.ts';
import type { Container } from '../workload/workload.ts';
import type { ImageConfig } from './engine.ts';
import { ALL_CAPABILITIES, capabilitiesOf, DEFAULT_CAPABILITIES, groupsOf, refusalOf, userOf } from './identity.ts';

const container = (securityContext: object, podContext: object = {}): Container => {
  const spec = { securityContext };
  const settings = effectiveSettings({ securityContext: podContext }, [], spec, []);
  return { role: 'main', name: 'c', path: [], image: 'i', spec, settings, mounts: [] };
};
const image = (user: string): ImageConfig => ({
  id: '',
  digests: [],
  user,
  volumes: [],
  workingDir: '',
  entrypoint: [],
  cmd: [],
  env: [],
  exposedPorts: [],
});

describe('capabilitiesOf', () => {
  const of = (capabilities: object, more: object = {}) =>
    [...capabilitiesOf(container({ capabilities, ...more }))].sort();
  it('starts from containerd’s set', () => {
    const bits = DEFAULT_CAPABILITIES.reduce((set, name) => set | (1n << BigInt(ALL_CAPABILITIES.indexOf(name))), 0n);
    assert.equal(bits, 0xa80425fbn);
    assert.deepEqual(of({}), [...DEFAULT_CAPABILITIES].sort());
  });
  it('adds, drops, and takes ALL first', () => {
    assert.deepEqual(of({ drop: ['ALL'], add: ['CAP_NET_ADMIN', 'chown'] }), ['CHOWN', 'NET_ADMIN']);
    assert.deepEqual(of({ add: ['ALL'], drop: ['ALL'] }), []);
    assert.equal(of({ add: ['ALL'], drop: ['SYS_ADMIN'] }).length, ALL_CAPABILITIES.length - 1);
    assert.deepEqual(of({ drop: ['ALL'], add: ['NO_SUCH', 7] }), []);
    assert.equal(of({ drop: ['ALL'] }, { privileged: true }).length, ALL_CAPABILITIES.length);
  });
});

describe('userOf', () => {
  it('takes the spec over the image, and never the image’s group', () => {
    const table: [object, string, string][] = [
      [{}, '', '0'],
      [{}, 'nginx', 'nginx'],
      [{}, '101:102', '101'],
      [{ runAsUser: 0 }, 'nginx', '0'],
      [{ runAsUser: 5, runAsGroup: 6 }, 'nginx', '5:6'],
      [{ runAsGroup: 6 }, 'nginx:nginx', 'nginx:6'],
    ];
    for (const [context, user, expected] of table) assert.equal(userOf(container(context), image(user)), expected);
  });
  it('collects groups, without what is none', () => {
    assert.deepEqual(
      groupsOf({ securityContext: { supplementalGroups: [1, 2, '3', -1, 2 ** 40], fsGroup: 2 } }),
      [1, 2],
    );
    assert.deepEqual(groupsOf({}), []);
  });
});

describe('refusalOf', () => {
  it('says what the kubelet says', () => {
    const table: [object, string, RegExp | undefined][] = [
      [{}, '', undefined],
      [{ runAsNonRoot: true }, '', /image will run as root/],
      [{ runAsNonRoot: true }, '0', /image will run as root/],
      [{ runAsNonRoot: true }, 'root', /non-numeric user \(root\)/],
      [{ runAsNonRoot: true }, '101:0', undefined],
      [{ runAsNonRoot: true, runAsUser: 0 }, '101', /breaks non-root policy/],
      [{ runAsNonRoot: true, runAsUser: 9 }, '', undefined],
    ];
    for (const [context, user, expected] of table) {
      const refusal = refusalOf(container(context), image(user));
      if (expected === undefined) assert.equal(refusal, undefined);
      else assert.match(refusal ?? '', expected);
    }
  });
});

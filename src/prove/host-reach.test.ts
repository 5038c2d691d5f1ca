/** Whoever can reach this host is named before he runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workloadOf } from './fixtures/target.ts';
import { hostReach } from './host-reach.ts';

const reach = (securityContext: object, role = 'containers') =>
  hostReach(workloadOf({ [role]: [{ name: 'a', image: 'example/a:1', securityContext }] }));

test('privileged, and capabilities beyond the default set, as root or as nobody knows whom', () => {
  assert.deepEqual(reach({ privileged: true }), [
    'Container a is privileged: what its program does reaches this host.',
  ]);
  assert.deepEqual(reach({ privileged: true, runAsUser: 0 }, 'initContainers').length, 1);
  const capabilities = { add: ['SYS_ADMIN', 'CHOWN', 'SYS_TIME'] };
  const holds = 'Container a holds SYS_ADMIN, SYS_TIME: what its program does reaches this host.';
  assert.deepEqual(reach({ capabilities }), [holds]);
  const unmasked = 'Container a holds an unmasked /proc: what its program does reaches this host.';
  assert.deepEqual(reach({ procMount: 'Unmasked' }), [unmasked]);
});

test('not as another user, not by what every container has, not where nothing is started', () => {
  assert.deepEqual(reach({ privileged: true, runAsUser: 65532 }), []);
  assert.deepEqual(reach({ capabilities: { add: ['CHOWN'] } }), []);
  assert.deepEqual(reach({}), []);
  assert.deepEqual(reach({ privileged: true }, 'ephemeralContainers'), []);
});

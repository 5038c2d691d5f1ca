/** A container that nobody attacked is named, and what is worse than immutable stands in the way of `proven`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../controls/verdict.ts';
import { workloadOf } from './fixtures/target.ts';
import { unattackedOf } from './unattacked.ts';

test('each is named with its verdict by specification, and the worse ones are reasons', () => {
  const tight = {
    readOnlyRootFilesystem: true,
    runAsUser: 65532,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  };
  const workload = workloadOf({
    initContainers: [
      { name: 'weak', image: 'a' },
      { name: 'good', image: 'a', securityContext: tight },
    ],
    ephemeralContainers: [{ name: 'debug', image: 'a' }],
    containers: [],
  });
  const { notAttempted, reasons, bystanders } = unattackedOf(workload, judge(workload).containers, new Map());
  const ids = notAttempted.map(({ id }) => id);
  assert.deepEqual(ids, ['init container weak', 'init container good', 'ephemeral container debug']);
  assert.match(notAttempted[1]!.reason, /ended.*immutable/);
  assert.deepEqual(
    bystanders.map(({ name, role, verdict }) => [name, role, verdict]),
    [
      ['weak', 'init', 'mutable'],
      ['good', 'init', 'immutable'],
      ['debug', 'ephemeral', 'mutable'],
    ],
  );
  assert.equal(reasons.length, 2);
  assert.match(reasons[0]!, /init container weak .*mutable/);
});

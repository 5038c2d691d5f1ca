/** What a cluster made of a pod: what it changed or did not know is told from what it added and from plain defaults. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admittedAs } from './admitted.ts';

const pod = (spec: object, container: object = {}, more: readonly object[] = []) => ({
  spec: { ...spec, containers: [{ name: 'a', ...container }, ...more] },
});
const told = (sent: object, got: object) => admittedAs(sent as never, got as never);

test('defaults are no difference', () => {
  const securityContext = { capabilities: { drop: ['ALL'], add: [] }, privileged: false };
  const admitted = { securityContext: { privileged: false, capabilities: { drop: ['ALL'] } } };
  const defaults = { securityContext: {}, dnsPolicy: 'ClusterFirst' };
  const sent = pod({ hostNetwork: false, hostUsers: true }, { securityContext });
  assert.deepEqual(told(sent, pod(defaults, admitted)), { changed: [], added: [] });
});

test('a field that the cluster does not know, or makes something else of', () => {
  const { changed } = told(
    pod({ hostUsers: false, securityContext: { runAsUser: 1 } }),
    pod({ securityContext: { runAsUser: 2 } }),
  );
  assert.deepEqual(changed, [
    'For the pod runAsUser: 1 was asked for, and the cluster made it runAsUser: 2.',
    'For the pod hostUsers: false was asked for, and the cluster left it out.',
  ]);
  const dropped = told(pod({}, { securityContext: { privileged: false } }), pod({}, { securityContext: {} }));
  assert.equal(dropped.changed.length, 1);
  assert.deepEqual(told(pod({}, {}, [{ name: 'b' }]), pod({})).changed, ['Admission took container b away.']);
});

test('what admission adds', () => {
  const got = pod({ initContainers: [{ name: 'init' }] }, { securityContext: { runAsNonRoot: true } }, [
    { name: 'proxy' },
  ]);
  assert.deepEqual(told(pod({}), got), {
    changed: [
      'Admission added container init, which was not attacked.',
      'Admission added container proxy, which was not attacked.',
    ],
    added: ['For container a the cluster set runAsNonRoot: true.'],
  });
});

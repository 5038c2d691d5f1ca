/** The uid behind a name in USER is the one that was read back, and never that of a container with a user of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../controls/verdict.ts';
import type { Container } from '../workload/workload.ts';
import type { Attacked } from './campaign.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { withUids } from './running-images.ts';

test('a named user is judged by its uid', () => {
  const tight = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const workload = workloadOf({
    containers: [
      { name: 'own', image: 'a', securityContext: { ...tight, runAsUser: 7 } },
      { name: 'named', image: 'a', securityContext: tight },
      { name: 'silent', image: 'b', securityContext: tight },
    ],
  });
  const image = { ...targetWith().image!, user: 'www-data', volumes: [] };
  const images = new Map([
    ['a', image],
    ['b', image],
  ]);
  const seen = (uid: number) => ({ target: targetWith({ uid }) }) as Attacked;
  const [own, named, silent] = workload.containers;
  const entered = new Map<Container, Attacked | string>([
    [own!, seen(7)],
    [named!, seen(33)],
    [silent!, 'it exited'],
  ]);
  const facts = withUids(images, entered);
  assert.deepEqual([facts.get('a')?.uid, facts.get('b')?.uid], [33, undefined]);
  const verdicts = judge(workload, { images: facts }).containers.map(({ verdict }) => verdict);
  assert.deepEqual(verdicts, ['immutable', 'immutable', 'bypassable']);
});

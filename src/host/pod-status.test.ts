/** Judging pods by what a real cluster (1.26) said of them: `fixtures/pod-statuses.json` is recorded, but for times and uids. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../workload/value.ts';
import { containerState, createdContainers, judgePod, type PodJudgement } from './pod-status.ts';

interface Recorded {
  readonly pod: JsonObject & { readonly spec: { readonly restartPolicy: string } };
  readonly events: readonly JsonObject[];
}

const fixture = new URL('fixtures/pod-statuses.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Recorded>;
const judged = (name: string): PodJudgement => {
  const { pod, events } = recorded[name]!;
  return judgePod(pod, events, pod.spec.restartPolicy === 'Never');
};

const EXPECTED: Readonly<Record<string, readonly [PodJudgement['state'], RegExp?]>> = {
  ready: ['ready'],
  exited: ['failed', /^container main exited with code 42$/],
  'no-such-program': ['failed', /^container main could not be started: .*no such file or directory/],
  'run-as-non-root': ['failed', /^container main: container has runAsNonRoot and image will run as root$/],
  'no-image': ['failed', /^container main: Container image .* is not present with pull policy of Never$/],
  'no-registry': ['failed', /^container main: Failed to pull image .*no such host$/],
  'killed-by-liveness': ['failed', /^container main: liveness probe failed: sick$/],
  'init-failed': ['failed', /^init container one exited with code 6$/],
  'init-running': ['waiting', /^init container one did not end in time$/],
  'never-ready': ['waiting', /^container main: readiness probe failed: not yet$/],
  unschedulable: ['waiting', /^it is not scheduled: 0\/1 nodes are available: 1 node\(s\) didn't match/],
  'job-done': ['ready'],
  'missing-key': ['failed', /^container main: configmap "nope" not found$/],
  'missing-volume': ['waiting', /^MountVolume\.SetUp failed for volume "v" : secret "nope" not found$/],
  'out-of-memory': ['failed', /^container main exited with code 137: it was killed for want of memory$/],
  'hook-failed': ['failed', /^container main: postStart hook failed$/],
  deadline: ['failed', /^the pod was ended: DeadlineExceeded: Pod was active on the node longer/],
};

test('every recorded pod is judged, with the cluster’s own words', () => {
  assert.deepEqual(Object.keys(recorded).sort(), Object.keys(EXPECTED).sort());
  for (const [name, [state, reason]] of Object.entries(EXPECTED)) {
    const judgement = judged(name);
    assert.equal(judgement.state, state, name);
    if (judgement.state !== 'ready') assert.match(judgement.reason, reason!, name);
  }
});

test('an image that cannot be had is told from a container that fails', () => {
  const images = Object.keys(recorded).filter((name) => 'image' in judged(name));
  assert.deepEqual(images, ['no-image', 'no-registry']);
});

test('a job’s exit is another’s failure', () => {
  const { pod, events } = recorded['job-done']!;
  assert.deepEqual(judgePod(pod, events, false), { state: 'failed', reason: 'container main exited with code 0' });
});

test('without events a failure is still one, and its exit code is told', () => {
  const { pod } = recorded['killed-by-liveness']!;
  assert.match((judgePod(pod, [], false) as { reason: string }).reason, /^container main exited with code \d+$/);
  assert.deepEqual(createdContainers(pod), ['main']);
  assert.deepEqual(createdContainers(recorded['run-as-non-root']!.pod), []);
  const { restarts, exitCode } = containerState(recorded.exited!.pod, 'main');
  assert.ok(restarts > 0);
  assert.equal(exitCode, 42);
});

test('whatever a server says of a pod, it is judged', () => {
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value')),
      tie('object'),
    ),
    object: fc.dictionary(
      fc.constantFrom('status', 'spec', 'containers', 'initContainers', 'containerStatuses', 'state', 'name', 'reason'),
      tie('value'),
    ),
  })).object as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(anything, fc.array(anything), fc.boolean(), (pod, events, mayEnd) => {
      assert.ok(['ready', 'failed', 'waiting'].includes(judgePod(pod, events, mayEnd).state));
      createdContainers(pod);
      containerState(pod, 'main');
    }),
  );
});

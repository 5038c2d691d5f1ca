/** Who a container is, what it is made of, and who may type into it: the sentences, and where nothing is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageFacts } from '../workload/image-facts.ts';
import { HARD, judged, web } from './fixtures/judged.ts';
import { controls } from './index.ts';

/** The sentences of one control about a pod. */
function says(control: string, spec: object, images: Readonly<Record<string, ImageFacts>> = {}): string[] {
  const { findings, containers } = judged(spec, images);
  return [...findings, ...containers.flatMap((container) => container.findings)]
    .filter((finding) => finding.control === control)
    .map(({ args }) => controls.find(({ id }) => id === control)!.message(args));
}

test('a named USER that the kubelet cannot verify', () => {
  const { runAsUser: _, ...rest } = HARD;
  const pod = (more: object): object => ({ containers: [web({ securityContext: { ...rest, ...more } })] });
  const image = (user: string, uid?: number) => ({ a: { user, volumes: [], ...(uid === undefined ? {} : { uid }) } });
  const of = (spec: object, facts = image('web', 101)) => says('unverifiable-user', spec, facts).join(' ');
  assert.match(of(pod({ runAsNonRoot: true })), /the name web: .* Write `runAsUser: 101`\.$/);
  assert.match(of(pod({ runAsNonRoot: true }), image('web:web')), /Write its number\.$/);
  assert.match(of(pod({ runAsNonRoot: true }), image('root')), /the name root: .* another user has to be chosen\.$/);
  assert.match(of(pod({ runAsNonRoot: true }), image('admin', 0)), /It is root, so another user/);
  assert.match(of({ securityContext: { runAsNonRoot: true }, ...pod({}) }), /the name web/);
  for (const facts of [image('101'), image('101:web'), image(''), {}])
    assert.equal(of(pod({ runAsNonRoot: true }), facts as never), '');
  assert.equal(of(pod({ runAsNonRoot: true, runAsUser: 5 })), '');
  assert.equal(of(pod({})), '');
});

test('the group of root: missing, written, or added', () => {
  const group = (own: object, pod: object = {}): string =>
    says('root-group', { securityContext: pod, containers: [web({ securityContext: { ...HARD, ...own } })] })
      .map((message) => /^`(\w+)` (is not|gives)/.exec(message)!.slice(1).join(' '))
      .join(', ');
  assert.equal(group({}), 'runAsGroup is not');
  assert.equal(group({ runAsGroup: 0 }, { runAsGroup: 5 }), 'runAsGroup gives');
  assert.equal(group({}, { runAsGroup: 5 }), '');
  assert.equal(group({ runAsGroup: 5 }, { fsGroup: 0 }), 'fsGroup gives');
  assert.equal(group({ runAsGroup: 5 }, { supplementalGroups: [4, 0] }), 'supplementalGroups gives');
  assert.equal(group({ runAsGroup: 5 }, { supplementalGroups: 0, fsGroup: '0' }), '');
  assert.equal(says('root-group', { os: { name: 'windows' }, containers: [web()] }).length, 0);
});

test('the token: who asks for it, and what a projected one is', () => {
  const token = (spec: object): string => says('service-account-token', { containers: [web()], ...spec }).join(' ');
  assert.match(token({}), /^`automountServiceAccountToken` is not false/);
  assert.match(token({ automountServiceAccountToken: true }), /^`automountServiceAccountToken: true` mounts/);
  assert.equal(token({ automountServiceAccountToken: false }), '');
  const volumes = [{ name: 't', projected: { sources: [null, { serviceAccountToken: { path: 't' } }] } }];
  assert.match(token({ volumes }), /a projected token of its own as well\.$/);
  assert.equal(token({ volumes, automountServiceAccountToken: false }), '');
});

test('tags and digests', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  const image = (name: unknown, imagePullPolicy?: string): string =>
    says('image-digest', { containers: [web({ image: name, imagePullPolicy })] }).join(' ');
  assert.match(
    image('web'),
    /^The image has no tag, which means `latest`: the next pod takes what it means by then\.$/,
  );
  assert.match(image('host:5000/web'), /^The image has no tag/);
  assert.match(image('host:5000/web:1.2'), /^The tag 1\.2 may be moved .*: each node runs what it meant when/);
  assert.match(image('web:1', 'Always'), /the next pod takes/);
  assert.match(image('web:latest', 'IfNotPresent'), /each node runs/);
  assert.match(image(`web@${digest}x`), /no tag/);
  assert.match(image(`web:${'x'.repeat(100_000)}`), /^.{100,300}$/);
  for (const name of [`web@${digest}`, `host:5000/a/web:1@${digest}`, undefined, 7]) assert.equal(image(name), '');
});

test('a terminal, but not of an ephemeral container', () => {
  const terminal = (more: object): number => says('interactive-terminal', { containers: [web(more)] }).length;
  assert.equal(terminal({ stdin: true, tty: true }), 2);
  assert.equal(terminal({ stdin: 'true', tty: false }), 0);
  const debug = { name: 'debug', image: 'a', stdin: true, tty: true };
  assert.equal(says('interactive-terminal', { containers: [web()], ephemeralContainers: [debug] }).length, 0);
});

test('keys that mean nothing: one sentence each, with the place', () => {
  const { runAsUser, ...rest } = HARD;
  const spec = { securityContext: { privileged: false }, containers: [web({ runAsUser, securityContext: rest })] };
  assert.deepEqual(says('misplaced-field', spec), [
    "Kubernetes has no field `privileged` in the pod's `securityContext`: it refuses or drops it, and nothing is set. " +
      "It belongs in a container's `securityContext`.",
    'Kubernetes has no field `runAsUser` in a container: it refuses or drops it, and nothing is set. ' +
      "It belongs in a container's `securityContext`.",
  ]);
  assert.deepEqual(
    says('unknown-field', { containers: [web({ imagePulPolicy: 'Always', [`k${'x'.repeat(500)}`]: 1 })] }),
    [
      'Kubernetes has no field `imagePulPolicy` in a container: it refuses or drops it, and nothing is set. ' +
        'Perhaps `imagePullPolicy` was meant.',
      `Kubernetes has no field \`k${'x'.repeat(59)}…\` in a container: it refuses or drops it, and nothing is set.`,
    ],
  );
});

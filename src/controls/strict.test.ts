/** What only `strict` says of the writable surface: where it fires, and where it must be silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from './control.ts';
import { found, HARD, judged, strictly, web } from './fixtures/judged.ts';

/** Settings of which `strict` says nothing either. */
const STRICT = { ...HARD, runAsGroup: 1000, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const IMAGE = `a@sha256:${'0a'.repeat(32)}`;
const TMP = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
const strict = (more: object, pod: object = {}, target?: Target): string =>
  strictly(
    {
      hostUsers: false,
      automountServiceAccountToken: false,
      containers: [web({ image: IMAGE, securityContext: STRICT, ...more })],
      volumes: TMP,
      ...pod,
    },
    target,
  );
const mounted = (mountPath: string, mount: object = {}): object => ({
  volumeMounts: [{ name: 'v', mountPath, ...mount }],
});

test('strict is silent on a container that has everything', () => {
  assert.equal(strict({}), '');
  assert.equal(strict(mounted('/tmp')), '');
  assert.equal(found({ containers: [web()] }), '', 'and standard on one that lacks only what strict asks');
});

test('a writable volume where applications usually lie', () => {
  const one = 'writable-application-directory=immutable';
  for (const place of '/app /app/ //app/bin /opt /opt/tool /code /workspace/src /var/task /home/app'.split(' '))
    assert.equal(strict(mounted(place)), one, place);
  const others =
    '/app/data /app/tmp /opt/tool/logs /application-data /apps2 /srv /data /var/cache/app /opt/tool/config /home';
  for (const place of others.split(' ')) assert.equal(strict(mounted(place)), '', place);
  assert.equal(strict(mounted('/app', { readOnly: true })), '');
});

test('what an init container filled could be read-only, by the name of its place', () => {
  const init = (more: object = {}): object => ({
    name: 'fill',
    securityContext: STRICT,
    ...mounted('/filled'),
    ...more,
  });
  const seeded = (mountPath: string, filler: object = init(), mount: object = {}): string =>
    strict(mounted(mountPath, mount), { initContainers: [filler] });
  for (const place of ['/plugins', '/srv/www/', '/etc/web/tls'])
    assert.equal(seeded(place), 'seeded-volume=immutable', place);
  for (const place of ['/data', '/var/cache/web', '/tmp', '/']) assert.equal(seeded(place), '', place);
  assert.equal(seeded('/plugins', init(), { readOnly: true }), '');
  assert.equal(seeded('/plugins', init({ restartPolicy: 'Always' })), '', 'a sidecar goes on writing');
  assert.equal(seeded('/plugins', init(mounted('/filled', { readOnly: true }))), '', 'it only reads');
  assert.equal(strict(mounted('/plugins')), '', 'nobody filled it');
});

test('noexec is asked for only where the cluster was said to have it', () => {
  const at = (minor: number, stated: boolean, mount: object = {}): string =>
    strict(mounted('/tmp', mount), {}, { minor, stated });
  assert.equal(at(37, true), 'executable-scratch=immutable');
  assert.equal(at(37, false), '');
  assert.equal(at(36, true), '');
  assert.equal(at(37, true, { bindMountOptions: ['nosuid', 'noexec'] }), '');
  assert.equal(at(37, true, { readOnly: true }), '');
});

test('a user namespace is asked for where it is on by default and can be had', () => {
  const without = (pod: object, minor = 37): string =>
    strict({}, { hostUsers: undefined, ...pod }, { minor, stated: true });
  assert.equal(without({}), 'user-namespace=immutable');
  assert.equal(without({}, 32), '');
  assert.equal(without({ hostPID: true }), '');
  assert.equal(without({ hostNetwork: true }), '');
});

test('a mount that propagates to the node, for root and for others', () => {
  const pod = (user: number): object => ({
    containers: [
      web({ securityContext: { ...HARD, runAsUser: user }, ...mounted('/m', { mountPropagation: 'Bidirectional' }) }),
    ],
    volumes: TMP,
  });
  assert.match(found(pod(0)), /bidirectional-mount=bypassable/);
  assert.match(found(pod(1000)), /bidirectional-mount=immutable/);
  assert.equal(judged(pod(1000)).verdict, 'immutable');
});

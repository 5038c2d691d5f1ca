/** Who a container runs as, for every way to say it and not to say it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveSettings } from './settings.ts';
import { type User, userOf } from './user.ts';

const user = (securityContext: object, imageUser?: string): User =>
  userOf(
    effectiveSettings({}, ['spec'], { securityContext }, ['spec', 'containers', 0]),
    imageUser === undefined ? undefined : { user: imageUser, volumes: [] },
  );

const CASES: readonly [manifest: object, image: string | undefined, expected: User][] = [
  [{}, undefined, { uid: undefined, mayBeRoot: true, from: 'image-not-read' }],
  [{}, '', { uid: 0, mayBeRoot: true, from: 'image' }],
  [{}, 'root', { uid: 0, mayBeRoot: true, from: 'image' }],
  [{}, '0:0', { uid: 0, mayBeRoot: true, from: 'image' }],
  [{}, '101:101', { uid: 101, mayBeRoot: false, from: 'image' }],
  [{}, 'nginx', { uid: undefined, mayBeRoot: true, from: 'image-user-name' }],
  [{}, '99999999999', { uid: undefined, mayBeRoot: true, from: 'image-user-name' }],
  [{ runAsUser: 0 }, '101', { uid: 0, mayBeRoot: true, from: 'manifest' }],
  [{ runAsUser: 1000 }, '', { uid: 1000, mayBeRoot: false, from: 'manifest' }],
  [{ runAsNonRoot: true }, undefined, { uid: undefined, mayBeRoot: false, from: 'kubelet' }],
  [{ runAsNonRoot: true }, 'nginx', { uid: undefined, mayBeRoot: false, from: 'kubelet' }],
  [{ runAsNonRoot: true }, '101', { uid: 101, mayBeRoot: false, from: 'kubelet' }],
  [{ runAsNonRoot: true, runAsUser: 0 }, undefined, { uid: 0, mayBeRoot: false, from: 'manifest' }],
  [{ runAsNonRoot: false }, undefined, { uid: undefined, mayBeRoot: true, from: 'image-not-read' }],
];

test('a USER that is a name is as good as the uid that was looked up for it', () => {
  const settings = effectiveSettings({}, ['spec'], {}, ['spec', 'containers', 0]);
  const named = (uid: number): User => userOf(settings, { user: 'www-data', uid, volumes: [] });
  assert.deepEqual(named(33), { uid: 33, mayBeRoot: false, from: 'image' });
  assert.deepEqual(named(0), { uid: 0, mayBeRoot: true, from: 'image' });
  assert.equal(userOf(settings, { user: '7', uid: 33, volumes: [] }).uid, 7);
});

for (const [manifest, image, expected] of CASES) {
  test(`${JSON.stringify(manifest)} with ${image === undefined ? 'an image that was not read' : `USER "${image}"`}`, () => {
    assert.deepEqual(user(manifest, image), expected);
  });
}

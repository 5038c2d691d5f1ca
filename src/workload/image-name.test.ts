/** Names of images are completed as Kubernetes does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeImageName, knownNames } from './image-name.ts';

test('completes names as Kubernetes does', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [written, complete] of [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['bitnami/nginx', 'docker.io/bitnami/nginx:latest'],
    ['localhost/a/b:1', 'localhost/a/b:1'],
    ['registry:5000/a', 'registry:5000/a:latest'],
    ['ghcr.io/a/b', 'ghcr.io/a/b:latest'],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ] as const) {
    assert.equal(completeImageName(written), complete);
  }
});

test('an image with tag and digest is known by its digest alone', () => {
  assert.deepEqual(knownNames('nginx:1@sha256:a'), [
    'nginx:1@sha256:a',
    'docker.io/library/nginx:1@sha256:a',
    'docker.io/library/nginx@sha256:a',
  ]);
  assert.deepEqual(knownNames('registry:5000/a@sha256:b'), ['registry:5000/a@sha256:b', 'registry:5000/a@sha256:b']);
  assert.deepEqual(knownNames('nginx'), ['nginx', 'docker.io/library/nginx:latest']);
});

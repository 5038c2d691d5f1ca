/** Image names and configurations. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { completeImageName, imageConfigFrom } from './images.ts';

it('completes names as Kubernetes does', () => {
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

it('reads a configuration that says nothing', () => {
  const empty = {
    digests: [],
    user: '',
    volumes: [],
    workingDir: '',
    entrypoint: [],
    cmd: [],
    env: [],
    exposedPorts: [],
  };
  assert.deepEqual(imageConfigFrom({ Id: 'sha256:abc', Config: null }), { id: 'abc', ...empty });
  assert.deepEqual(imageConfigFrom({ Id: 'abc', Config: { Volumes: { '/b': {}, '/a': {} } } }).volumes, ['/a', '/b']);
});

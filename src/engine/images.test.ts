/** Image configurations. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { imageConfigFrom } from './images.ts';

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

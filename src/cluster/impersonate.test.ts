/** Requests for somebody else say so, with every group, and the original configuration does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { impersonating } from './impersonate.ts';

const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'c', server: 'https://example.org', skipTLSVerify: false }],
  users: [{ name: 'u', token: 'secret' }],
  contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
  currentContext: 'x',
});

test('the user and the groups are headers beside the credentials', async () => {
  const options = { headers: { accept: 'application/json' } as Record<string, unknown> };
  await impersonating(config, { user: 'jane', groups: ['a', 'b'] }).applyToHTTPSOptions(options as object);
  assert.deepEqual(options.headers, {
    accept: 'application/json',
    Authorization: 'Bearer secret',
    'Impersonate-User': 'jane',
    'Impersonate-Group': ['a', 'b'],
  });
  const alone: { headers?: Record<string, unknown> } = {};
  await impersonating(config, { user: 'jane', groups: [] }).applyToHTTPSOptions(alone as object);
  assert.deepEqual(alone.headers, { Authorization: 'Bearer secret', 'Impersonate-User': 'jane' });
  const own: { headers?: Record<string, unknown> } = {};
  await config.applyToHTTPSOptions(own as object);
  assert.deepEqual(own.headers, { Authorization: 'Bearer secret' });
});

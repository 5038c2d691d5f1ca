/** Proxies from the environment, as kubectl reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from '../../src/cluster/proxy.ts';

const HTTPS_PROXY = 'http://proxy:3128';

test('the environment names the proxy, and what it is not for', () => {
  const table: [string, NodeJS.ProcessEnv, string | undefined][] = [
    ['https://k8s.shop', { HTTPS_PROXY }, HTTPS_PROXY],
    ['https://k8s.shop', { https_proxy: 'proxy:3128' }, HTTPS_PROXY],
    ['http://k8s.shop', { HTTPS_PROXY }, undefined],
    ['https://k8s.shop', {}, undefined],
    ['https://k8s.shop', { HTTPS_PROXY: '' }, undefined],
    ['https://127.0.0.1:6443', { HTTPS_PROXY }, undefined],
    ['https://localhost:6443', { HTTPS_PROXY }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY }, undefined],
    ['https://k8s.shop', { HTTPS_PROXY, NO_PROXY: 'other, .shop' }, undefined],
    ['https://k8s.shop', { HTTPS_PROXY, NO_PROXY: 'K8s.Shop' }, undefined],
    ['https://k8s.shop', { HTTPS_PROXY, NO_PROXY: '*' }, undefined],
    ['https://k8s.workshop', { HTTPS_PROXY, NO_PROXY: 'shop' }, HTTPS_PROXY],
    ['https://10.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8,11.0.0.0/99,fd00::/8' }, HTTPS_PROXY],
    ['https://[fd00::1]', { HTTPS_PROXY, NO_PROXY: 'fd00::/8' }, undefined],
  ];
  for (const [server, env, proxy] of table)
    assert.equal(proxyFor(new URL(server), env), proxy, `${server} ${env.NO_PROXY}`);
});

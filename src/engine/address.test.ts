/** Addresses as DOCKER_HOST carries them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Failure } from '../failure.ts';
import { addressOf } from './address.ts';
import { candidates, connectEngine } from './connect.ts';

describe('addressOf', () => {
  it('reads sockets, plain ports and names without a port', () => {
    assert.deepEqual(addressOf('unix:///run/podman/podman.sock', {}).connection, {
      socketPath: '/run/podman/podman.sock',
    });
    assert.deepEqual(addressOf('/run/x.sock', {}).connection, { socketPath: '/run/x.sock' });
    assert.deepEqual(addressOf('tcp://build:2375', {}).connection, { host: 'build', port: 2375 });
    assert.deepEqual(addressOf('tcp://build', {}).connection, { host: 'build', port: 2375 });
    assert.deepEqual(addressOf('tcp://[::1]:99', {}).connection, { host: '::1', port: 99 });
  });

  it('reads the certificates that DOCKER_CERT_PATH names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'petrify-tls-'));
    try {
      for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, `${name}.pem`), name);
      const address = addressOf('tcp://build', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
      assert.equal(address.secure, true);
      const text = (name: string) => Buffer.from(name);
      const expected = { host: 'build', port: 2376, ca: text('ca'), cert: text('cert'), key: text('key') };
      assert.deepEqual(address.connection, { ...expected, rejectUnauthorized: true });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses SSH with a way out, and nonsense', () => {
    const refusal = (text: string) => {
      try {
        addressOf(text, {});
      } catch (error) {
        return error as Failure;
      }
      return undefined;
    };
    assert.match(refusal('ssh://me@host')?.hint ?? '', /ssh -L/);
    for (const text of ['ftp://x', 'tcp://', 'hello', '']) assert.equal(refusal(text)?.code, 'no-engine', text);
  });
});

describe('connectEngine', () => {
  it('tries only DOCKER_HOST where it is set, else the usual sockets in order', () => {
    assert.deepEqual(
      candidates({ DOCKER_HOST: 'unix:///a' }).map(({ text }) => text),
      ['unix:///a'],
    );
    assert.deepEqual(
      candidates({ HOME: '/h', XDG_RUNTIME_DIR: '/run/user/7' }).map(({ text }) => text),
      [
        'unix:///var/run/docker.sock',
        'unix:///run/podman/podman.sock',
        'unix:///run/user/7/podman/podman.sock',
        'unix:///h/.docker/run/docker.sock',
      ],
    );
  });

  it('names what it tried, and why each did not do', async () => {
    await assert.rejects(connectEngine('podman', { DOCKER_HOST: 'unix:///no/such.sock' }), (error: Failure) => {
      assert.equal(error.code, 'no-engine');
      assert.equal(error.message, 'No Podman answers. Tried unix:///no/such.sock (no such socket).');
      return error.hint !== undefined;
    });
    await assert.rejects(connectEngine('auto', { DOCKER_HOST: 'tcp://127.0.0.1:1' }), /ECONNREFUSED/);
  });
});

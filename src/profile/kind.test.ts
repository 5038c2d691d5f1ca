/** Kinds, limits and residuals of writable directories. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Evidence, PathKind } from './evidence.ts';
import { kindOf } from './kind.ts';
import { residualsOf } from './residual.ts';
import { suggestSizeLimit } from './size-limit.ts';

const file = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what: 'create',
  detail: '',
  type: 'file',
  ...more,
});

test('the path tells the kind', () => {
  const kinds: Record<string, PathKind> = {
    '/tmp': 'scratch',
    '/var/tmp': 'scratch',
    '/run': 'scratch',
    '/run/postgresql': 'scratch',
    '/usr/local/tomcat/temp': 'scratch',
    '/usr/local/tomcat/work': 'scratch',
    '/var/cache/nginx': 'cache',
    '/home/node/.cache': 'cache',
    '/app/proxy_temp': 'cache',
    '/var/log/nginx': 'log',
    '/usr/local/apache2/logs': 'log',
    '/etc/app': 'configuration',
    '/opt/app/config': 'configuration',
    '/var/lib/mysql': 'state',
    '/data': 'state',
    '/srv/files': 'state',
    '/elsewhere': 'scratch',
  };
  for (const [path, kind] of Object.entries(kinds)) assert.equal(kindOf(path, []), kind, path);
});

test('what was seen tells more than the path', () => {
  assert.equal(kindOf('/run/mysqld', [file('/run/mysqld/s', { type: 'socket' })]), 'socket');
  assert.equal(kindOf('/srv/x', [file('/srv/x', { kind: 'log' }), file('/srv/x/s', { type: 'socket' })]), 'log');
  assert.equal(
    kindOf('/opt/store', [file('/opt/store', { collector: 'image-config', what: 'declared', detail: 'VOLUME' })]),
    'state',
  );
  assert.equal(kindOf('/opt/out', [file('/opt/out/a.log'), file('/opt/out/b.log.1')]), 'log');
  assert.equal(kindOf('/opt/out', [file('/opt/out/a.log'), file('/opt/out/b')]), 'scratch');
});

test('what an image only suggests gives way to what it declares, and to what was seen', () => {
  const path = '/var/lib/postgresql/data';
  const declared = { collector: 'image-config', what: 'declared', type: 'directory' } as const;
  const opened = file(path, { ...declared, kind: 'scratch' });
  assert.equal(kindOf(path, [opened]), 'scratch');
  assert.equal(kindOf(path, [opened, file(path, { ...declared, detail: 'VOLUME' })]), 'state');
  assert.equal(kindOf(path, [opened, file(`${path}/PG_VERSION`)]), 'state');
});

test('writes in a VOLUME may not be seen: its owner’s mode alone makes it no scratch', () => {
  const path = '/var/lib/postgresql/data';
  const volume = file(path, { collector: 'image-config', what: 'declared', type: 'directory', detail: 'VOLUME' });
  assert.equal(kindOf(path, [volume, file(path, { what: 'attributes', type: 'directory' })]), 'state');
});

test('a limit is a power of two of MiB, generous, and never below the kind’s floor', () => {
  for (const kind of ['scratch', 'socket', 'configuration'] as const) assert.equal(suggestSizeLimit(kind, 0), '64Mi');
  assert.equal(suggestSizeLimit('cache', 0), '256Mi');
  assert.equal(suggestSizeLimit('log', 0), '128Mi');
  assert.equal(suggestSizeLimit('state', 0), '1024Mi');
  assert.equal(suggestSizeLimit('scratch', 5), '64Mi');
  assert.equal(suggestSizeLimit('cache', 100 * 1024 * 1024), '1024Mi');
  fc.assert(
    fc.property(
      fc.constantFrom<PathKind>('scratch', 'cache', 'log', 'socket', 'configuration', 'state'),
      fc.nat(2 ** 40),
      (kind, bytes) => {
        const limit = Number(/^(\d+)Mi$/.exec(suggestSizeLimit(kind, bytes))![1]);
        assert.equal(Math.log2(limit) % 1, 0);
        assert.ok(limit >= 64);
        assert.ok(limit * 1024 * 1024 >= bytes * 10);
      },
    ),
  );
});

test('volumes and what no manifest closes are residual; /dev only for root', () => {
  const whats = (uid: number) => residualsOf([{ path: '/run', kind: 'scratch' }], uid).map(({ what }) => what);
  const always = [
    ...['/dev/shm', '/dev/termination-log', 'memfd', 'interpreter', 'dynamic loader', 'own processes'],
    ...['user namespace', 'mount namespace', 'keyring'],
  ];
  assert.deepEqual(whats(0), ['/run', '/dev', '/etc/hosts', ...always]);
  assert.deepEqual(whats(101), ['/run', ...always]);
});

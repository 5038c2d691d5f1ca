/** Writable places that change what a container runs: its own volumes, its neighbours', and its termination message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found, judged, said, web } from './fixtures/judged.ts';

const TMP = [{ name: 'v', emptyDir: {} }];

/** What is found of one mount of a writable emptyDir. */
const mounted = (mountPath: string, more: object = {}, mount: object = {}): string =>
  found({ containers: [web({ volumeMounts: [{ name: 'v', mountPath, ...mount }], ...more })], volumes: TMP });

const OPEN = 'writable-program-directory=bypassable';
const SAID = 'writable-program-directory=immutable';

test('a termination message path opens any file to everybody', () => {
  const path = (terminationMessagePath: unknown, more: object = {}): string =>
    found({ containers: [web({ terminationMessagePath, ...more })], volumes: [...TMP, { name: 'c', configMap: {} }] });
  const open = 'termination-message-path=bypassable';
  for (const quiet of ['/dev/termination-log', '/dev/message', undefined, '', 7]) assert.equal(path(quiet), '');
  for (const bad of ['/etc/ld.so.preload', '/dev/../etc/x', '/dev', '/dev//../etc/x', 'etc/x', '/run/message'])
    assert.equal(path(bad), open, bad);
  const volumeMounts = [{ name: 'v', mountPath: '/run' }];
  assert.equal(path('/run/message', { volumeMounts }), '');
  assert.equal(path('/run/../etc/x', { volumeMounts }), open);
  assert.equal(path('/run/message', { volumeMounts: [{ name: 'v', mountPath: '/run', readOnly: true }] }), open);
  const over = [...volumeMounts, { name: 'c', mountPath: '/run/config' }];
  assert.equal(path('/run/config/x', { volumeMounts: over }), open, 'over a read-only file');
});

test('a termination message outside of /dev is part of the writable surface', () => {
  const surface = (terminationMessagePath: string): unknown[] =>
    judged({ containers: [web({ terminationMessagePath })] }).containers[0]!.writable.map(({ path, kind }) => [
      path,
      kind,
    ]);
  assert.deepEqual(surface('/etc/ld.so.preload'), [['/etc/ld.so.preload', 'terminationMessagePath']]);
  assert.deepEqual(surface('/dev/termination-log'), []);
});

test('a writable volume over programs, libraries or what every program obeys', () => {
  const places =
    '/ /bin /sbin/ /lib /lib64 //usr /usr/sbin /usr/lib/x86_64-linux-gnu /usr/local/bin /etc /boot /etc/../usr/bin ' +
    '/etc/ld.so.preload /etc/ld.so.conf.d /etc/passwd /etc/cron.d /etc/crontab /etc/init.d /etc/profile.d /etc/pam.d ' +
    '/usr/share /usr/share/elasticsearch/bin /usr/local/tomcat /usr/local/tomcat/webapps /usr/src/app /etc/alternatives';
  for (const place of places.split(' ')) assert.equal(mounted(place), OPEN, place);
});

test('configuration of one program is said, and changes nothing of the verdict', () => {
  for (const place of [
    '/etc/nginx/conf.d',
    '/etc/nginx',
    '/usr/local/etc/redis',
    '/etc/ssl/certs',
    '/etc/cronyx',
    '/usr/local/tomcat/conf/Catalina',
    '/usr/share/elasticsearch/config',
  ])
    assert.equal(mounted(place), SAID, place);
});

test('scratch, data and content are none of our business', () => {
  const places =
    '/run /tmp /var/cache/nginx /var/lib/db /srv /data /home/app /opt/app/logs /app /dev/shm /usr/share/nginx/html ' +
    '/usr/local/tomcat/temp /usr/local/tomcat/work /usr/local/tomcat/logs /usr/local/apache2/logs /usr/local/var ' +
    '/usr/local/openresty/nginx/client_body_temp /usr/share/elasticsearch/data /usr/src/app/tmp /etc/app/cache /binaries ' +
    '/usr/src/app/node_modules/.cache /usr/local/lib/app/run /usrdata /etcd';
  for (const place of places.split(' ')) assert.equal(mounted(place), '', place);
  assert.equal(
    found({
      containers: [web({ volumeMounts: [{ name: 'c', mountPath: '/etc/nginx' }] })],
      volumes: [{ name: 'c', configMap: {} }],
    }),
    '',
  );
  assert.equal(mounted('/usr/bin', {}, { readOnly: true }), '');
});

test('a program that is run from a writable volume', () => {
  const commands: [command: unknown, more?: object][] = [
    [['/app/run']],
    [['sh', '/app/run.sh']],
    [['sh', '-c', 'touch /tmp/x && exec /app/run --now']],
    [['/bin/bash', '-ec', 'set -x; . /app/env']],
    [['./run'], { workingDir: '/app' }],
    [['node', '--enable-source-maps', 'server.js'], { workingDir: '/app' }],
    [['npm', 'start'], { workingDir: '/app' }],
    [['java', '-Xmx64m', '-jar', '/app/web.jar']],
    [['java', '-javaagent:/app/agent.jar', 'Main']],
    [['java', '-cp', '/srv/a.jar:/app/b.jar', 'Main']],
    [['node', '--require', '/app/trace.js', '/srv/main.js']],
    [['env', 'LD_PRELOAD=/app/a.so', 'nginx']],
    [['mysqld', '--plugin-load=/app/a.so']],
    [['tini', '--', '/app/run']],
    [['env', 'A=b', 'python3', '-u', '/app/main.py']],
    [undefined, { args: ['/app/run'] }],
    [undefined, { args: ['python', '/app/main.py'] }],
  ];
  for (const [command, more] of commands)
    assert.equal(mounted('/app', { command, ...more }), OPEN, JSON.stringify([command, more]));
  assert.equal(mounted('/app/run', { command: ['/app/run'] }, { subPath: 'run' }), OPEN);
});

test('a program belongs to the innermost mount above it', () => {
  const mounts = [
    { name: 'v', mountPath: '/app' },
    { name: 'c', mountPath: '/app/bin' },
  ];
  const pod = (command: string): object => ({
    containers: [web({ command: [command], volumeMounts: mounts })],
    volumes: [...TMP, { name: 'c', configMap: {} }],
  });
  assert.equal(found(pod('/app/bin/run')), '');
  assert.equal(found(pod('/app/run')), OPEN);
});

test('data that a program is told of is not its program', () => {
  const commands: [command: unknown, more?: object][] = [
    [['postgres', '-D', '/app/data']],
    [['prometheus', '--storage.tsdb.path=/app']],
    [['sh', '-c', 'cp -r /seed/. /app/ && touch /app/ready; exec nginx']],
    [['sh', '-c', 'echo hello > /app/file']],
    [['sh', '-c', "printf '#!/bin/sh' > /app/run.sh; chmod +x /app/run.sh"]],
    [['cp', '/seed/lib.so', '/app/lib.so']],
    [['minio', 'server', '/app']],
    [undefined, { args: ['/app'] }],
    [undefined, { args: ['--config', '/app/config.yaml'] }],
    [['nginx'], { workingDir: '/app' }],
    [['/application/run']],
    ['x'],
    [[7, null]],
  ];
  for (const [command, more] of commands)
    assert.equal(mounted('/app', { command, ...more }), '', JSON.stringify([command, more]));
});

test('a volume that is read-only here and written by a container that runs at the same time', () => {
  const weak = (more: object = {}): object => ({
    name: 'weak',
    volumeMounts: [{ name: 'v', mountPath: '/w' }],
    ...more,
  });
  const reader = (mountPath: string, more: object = {}): object =>
    web({ volumeMounts: [{ name: 'v', mountPath, readOnly: true }], ...more });
  const pod = { containers: [reader('/app', { command: ['/app/run'] }), weak()], volumes: TMP };
  assert.equal(found(pod), OPEN);
  assert.match(said(pod)[0]!, /\/app\/run.*weak/);
  assert.deepEqual(judged(pod).containers[0]!.writable, [
    { path: '/app', volume: 'v', kind: 'emptyDir', executable: true, noexecRequested: false, writtenBy: 'weak' },
  ]);
  assert.equal(found({ containers: [reader('/usr/lib'), weak()], volumes: TMP }), OPEN);
  const content = { containers: [reader('/usr/share/nginx/html'), weak()], volumes: TMP };
  assert.equal(found(content), '');
  assert.equal(judged(content).containers[0]!.writable[0]!.writtenBy, 'weak');
  const twice = [
    { name: 'v', mountPath: '/app', readOnly: true },
    { name: 'v', mountPath: '/data' },
  ];
  assert.equal(
    found({ containers: [web({ volumeMounts: twice, command: ['/app/run'] })], volumes: TMP }),
    OPEN,
    'itself',
  );
  const apart = weak({ volumeMounts: [{ name: 'v', mountPath: '/w', subPath: 'logs' }] });
  const part = [{ name: 'v', mountPath: '/app', readOnly: true, subPath: 'app' }];
  const disjoint = { containers: [web({ volumeMounts: part, command: ['/app/run'] }), apart], volumes: TMP };
  assert.equal(found(disjoint), '', 'another directory of the volume');
  const before = { initContainers: [weak()], containers: [reader('/app', { command: ['/app/run'] })], volumes: TMP };
  assert.equal(found(before), '', 'an init container has ended');
  assert.deepEqual(judged(before).containers[1]!.writable, []);
  const sidecar = { ...before, initContainers: [weak({ restartPolicy: 'Always' })] };
  assert.equal(found(sidecar), OPEN);
  const config = { ...pod, volumes: [{ name: 'v', configMap: {} }] };
  assert.equal(found(config), '', 'nobody writes a ConfigMap');
});

/** Plans from logs: which directory each line asks for, what is refused, and what is said not to be known. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../manifest/read.ts';
import { renderChanges } from '../plan/render.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';
import { type FromLogs, type FromLogsOptions, hardenFromLogs } from './from-logs.ts';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example/app:1
      securityContext:
        readOnlyRootFilesystem: true
`;

function workloadOf(text: string): Workload {
  const [document] = readDocuments({ file: 'pod.yaml', text }).documents;
  return findWorkloads(document!)[0]!;
}

function after({ workload, changes }: FromLogs): string {
  return renderChanges(workload.document.text.text, [{ document: workload.document, changes }]);
}

const mountsOf = (result: FromLogs) =>
  workloadOf(after(result)).containers.flatMap(({ mounts }) => mounts.map(({ mountPath }) => mountPath));

const from = (log: string, text = POD, options: FromLogsOptions = {}) =>
  hardenFromLogs(workloadOf(text), new Map([['app', log]]), options);

const EROFS = 'Read-only file system';

for (const [what, log, mounts] of [
  ['a file asks for its directory', `app: /srv/app/run/a.pid: ${EROFS}`, ['/srv/app/run']],
  [
    'a directory that could not be made asks for itself',
    `mkdir: cannot create directory '/srv/app/x': ${EROFS}`,
    ['/srv/app/x'],
  ],
  ['/var/run is /run', `app: /var/run/a.pid: ${EROFS}`, ['/run']],
  [
    'what could not be made inside another needs no own volume',
    `mkdir: cannot create directory '/run/a': ${EROFS}\napp: /run/a.pid: ${EROFS}`,
    ['/run'],
  ],
  [
    'a directory below /etc that is not there yet',
    `mkdir: cannot create directory '/etc/app/x': ${EROFS}`,
    ['/etc/app/x'],
  ],
] as const) {
  test(what, () => {
    const result = from(log);
    assert.deepEqual(mountsOf(result), mounts);
    assert.deepEqual(result.obstacles, []);
  });
}

for (const [path, reason] of [
  ['/a.log', /no volume goes over \//],
  ['/etc/a.conf', /no volume goes over \/etc/],
  ['/etc/app/a.conf', /\/etc\/app holds configuration/],
  ['/var/a', /no volume goes over \/var/],
  ['/usr/bin/a.tmp', /\/usr\/bin, which stays closed/],
  ['/usr/local/lib/python3.13/a.pyc', /stays closed/],
  ['/lib64/a.tmp', /stays closed/],
  ['/sbin/a.tmp', /stays closed/],
  ['/proc/sys/vm/swappiness', /belongs to the kernel/],
  ['/sys/a', /belongs to the kernel/],
  ['/dev/a', /belongs to the kernel/],
] as const) {
  test(`no volume for ${path}`, () => {
    const result = from(`app: ${path}: ${EROFS}\napp: /srv/x/y: ${EROFS}`);
    assert.match(result.obstacles.join('\n'), reason);
    // The root is read-only already, so that the other volume can only help.
    assert.deepEqual(mountsOf(result), ['/srv/x']);
  });
}

test('a root that is not read-only stays so while a write is known to be refused', () => {
  const open = POD.replace(/ {6}securityContext:.*/s, '');
  assert.deepEqual(from(`app: /etc/a.conf: ${EROFS}\napp: /srv/x/y: ${EROFS}`, open).changes, []);
  assert.match(after(from(`app: /srv/x/y: ${EROFS}`, open)), /readOnlyRootFilesystem: true/);
});

test('no refused write is an obstacle, not a success', () => {
  const result = from('ready\n');
  assert.deepEqual(result.changes, []);
  assert.match(result.obstacles.join(), /no line of its log/);
});

test('what is not known is said', () => {
  const { notes, profile } = from(`app: /srv/x/y: ${EROFS}\nbash: line 1: out: ${EROFS}\nIOError: [Errno 30] ${EROFS}`);
  assert.match(notes[0]!, /the line does not say where|relative to is not known/);
  assert.ok(notes.some((note) => /whether the image ships files in \/srv\/x is not known/.test(note)));
  assert.ok(notes.some((note) => /app was refused to write out; what that is relative to/.test(note)));
  const [container] = profile.spec.containers;
  assert.equal(container!.writable[0]!.owner, undefined);
  assert.deepEqual([container!.coverage.ready, container!.coverage.seconds], [false, 0]);
  // mkdir over a directory that is there fails otherwise: nothing can be hidden.
  assert.deepEqual(from(`mkdir: cannot create directory '/srv/x': ${EROFS}`).notes, []);
});

test('workingDir resolves relative paths', () => {
  const text = POD.replace('      image:', '      workingDir: /srv/work\n      image:');
  assert.deepEqual(mountsOf(from(`bash: line 1: out: ${EROFS}`, text)), ['/srv/work']);
});

test('an image that is known decides about its own directories', () => {
  const layout = { resolve: (path: string) => path, directory: () => undefined };
  const images = new Map([['registry.example/app:1', { layout, workingDir: '/srv/w' }]]);
  const { notes } = from(`bash: line 1: out: ${EROFS}`, POD, { images });
  assert.deepEqual(notes, []);
});

test('the catalogue says which directory a path of its image belongs to, unless it is left out', () => {
  const text = POD.replace('registry.example/app:1', 'docker.io/library/nginx:1');
  const log = `2026/11/23 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: ${EROFS})`;
  assert.deepEqual(mountsOf(from(log, text)), ['/var/cache/nginx']);
  assert.deepEqual(mountsOf(from(log, text, { catalogue: false })), ['/var/cache/nginx/client_temp']);
});

test('where the catalogue says that the image ships files there is no empty volume', () => {
  const text = POD.replace('registry.example/app:1', 'docker.io/library/elasticsearch:8.15.0');
  const log = `Exception in thread "main" java.nio.file.FileSystemException: /usr/share/elasticsearch/config/elasticsearch.keystore.tmp: ${EROFS}`;
  const result = from(log, text);
  assert.deepEqual(mountsOf(result), []);
  assert.match(result.obstacles.join(), /files that the image ships, says the catalogue/);
});

test('a container without a log stays as it is', () => {
  const two = `${POD}    - name: other\n      image: registry.example/other:1\n`;
  const result = from(`app: /srv/x/y: ${EROFS}`, two);
  assert.ok(result.notes.some((note) => /other: no log of it/.test(note)));
  assert.ok(result.changes.every(({ path }) => JSON.stringify(path) !== '["spec","containers",1]' && path[2] !== 1));
});

test('hardening from the same logs twice changes nothing more', () => {
  const part = fc.constantFrom('a', 'run', 'var', 'etc', 'usr', 'lib', 'cache', 'nginx', 'dev', 'x.pid', '..', 'tmp');
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  const line = fc.oneof(
    path.map((one) => `app: ${one}: ${EROFS}`),
    path.map((one) => `mkdir: cannot create directory '${one}': ${EROFS}`),
    path.map((one) => `PermissionError: [Errno 13] Permission denied: '${one}'`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const log = lines.join('\n');
      const once = after(from(log));
      assert.equal(after(from(log, once)), once);
    }),
  );
});

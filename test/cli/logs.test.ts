/** `observe --logs` and `harden --logs` as a user calls them, up to the nginx that starts failing with a read-only root. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DEPLOYMENT } from '../example.ts';
import { petrify } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-logs-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const MKDIR =
  '2026/11/23 09:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)\n';
const PID = '2026/11/23 09:00:00 [emerg] 1#1: open() "/run/nginx.pid" failed (30: Read-only file system)\n';

test('nginx that fails with a read-only root: two logs, one after the other, give both volumes, and a third changes nothing', async () => {
  const manifest = join(folder, 'web.yaml');
  copyFileSync(DEPLOYMENT, manifest);
  const first = await petrify(['harden', '--write', '--logs', file('1.log', MKDIR), manifest]);
  assert.equal(first.code, 0, first.err);
  assert.match(first.err, /planned from its logs/);
  assert.match(first.err, /nothing was run and nothing is proven/);
  assert.match(first.err, /more\s+may\s+follow/);
  assert.match(readFileSync(manifest, 'utf8'), /readOnlyRootFilesystem: true/);
  const second = await petrify(['harden', '--write', '--logs', '-', manifest], { stdin: PID });
  assert.equal(second.code, 0, second.err);
  const text = readFileSync(manifest, 'utf8');
  assert.match(text, /mountPath: \/var\/cache\/nginx\n.*mountPath: \/run\n/s);
  const third = await petrify(['harden', '--logs', '-', manifest], { stdin: MKDIR + PID });
  assert.deepEqual([third.code, third.out], [0, '']);
  assert.match(third.err, /nothing to change/);
});

test('an image alone, and JSON', async () => {
  const { code, out, err } = await petrify(['observe', '--logs', '-', '--format', 'json', 'registry.example/x:1'], {
    stdin: PID,
  });
  assert.equal(code, 0, err);
  assert.match(err, /Nothing was run/);
  const profile = JSON.parse(out);
  assert.equal(profile.spec.containers[0].writable[0].path, '/run');
  const text = await petrify(['observe', '--logs', '-', 'registry.example/x:1'], { stdin: PID });
  assert.match(text.out, /not run: log \(1 line; nothing was run\)/);
});

const TWO = `apiVersion: v1
kind: Pod
metadata: { name: two }
spec:
  containers:
    - { name: web, image: registry.example/web:1 }
    - { name: side, image: registry.example/side:1 }
`;

const line = (path: string) => `app: ${path}: Read-only file system\n`;

test('several containers: by name, by prefix, by the names of a node’s files', async () => {
  const manifest = file('two.yaml', TWO);
  const web = file('web.log', line('/srv/w/x'));
  const side = file('side.log', line('/srv/s/x'));
  const id = 'a'.repeat(64);
  const node = file(`two_default_web-${id}.log`, `2026-11-23T09:00:00.1Z stderr F ${line('/srv/w/x')}`);
  const pods = file(
    'default_two_0f1e2d3c-0000-0000-0000-000000000000/side/0.log',
    `2026-11-23T09:00:00.1Z stderr F ${line('/srv/s/x')}`,
  );
  const prefixed = file('all.log', `[pod/two/web] ${line('/srv/w/x')}[pod/two/side] ${line('/srv/s/x')}`);
  for (const logs of [[`web=${web}`, `side=${side}`], [prefixed], [node, pods]]) {
    const { code, out, err } = await petrify(['harden', ...logs.flatMap((log) => ['--logs', log]), manifest]);
    assert.equal(code, 0, err);
    assert.match(out, /mountPath: \/srv\/w\b.*mountPath: \/srv\/s\b/s, logs.join(' '));
  }
});

test('of a file with the lines of several containers, a name takes its own', async () => {
  const log = file('mixed.log', `[pod/two/web] ${line('/srv/w/x')}[pod/two/side] ${line('/srv/s/x')}`);
  const { code, out } = await petrify(['harden', '--logs', `web=${log}`, file('two.yaml', TWO)]);
  assert.equal(code, 0);
  assert.match(out, /mountPath: \/srv\/w\b/);
  assert.doesNotMatch(out, /\/srv\/s\b/);
});

test('of several workloads, those that the logs do not speak of stay as they are, which is said', async () => {
  const other = TWO.replace('name: two', 'name: other');
  const manifest = file('both.yaml', `${TWO}---\n${other}`);
  const { code, out, err } = await petrify(['harden', '--logs', '-', manifest], {
    stdin: `[pod/two/web] ${line('/srv/w/x')}`,
  });
  assert.equal(code, 0);
  assert.match(err, /Pod other: no line of a log of it; left as it is/);
  assert.equal(out.match(/\/srv\/w\b/g)?.length, 1);
});

test('a log that could be of several containers is refused, and so is one of no container', async () => {
  const manifest = file('two.yaml', TWO);
  const log = file('x.log', line('/srv/x/y'));
  for (const [word, words] of [
    [log, /do not say which container/],
    [`nobody=${log}`, /called nobody/],
    [join(folder, 'missing.log'), /ENOENT/],
  ] as const) {
    const { code, err, out } = await petrify(['harden', '--logs', word, manifest]);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, words);
  }
  const both = await petrify(['harden', '--logs', '-', '-'], { stdin: TWO });
  assert.equal(both.code, 2);
  assert.match(both.err, /Standard input can be/);
  const stranger = await petrify(['harden', '--logs', '-', manifest], {
    stdin: `[pod/two/istio-proxy] x\n[pod/two/web] ${line('/srv/w/x')}`,
  });
  assert.equal(stranger.code, 0);
  assert.match(stranger.err, /istio-proxy, which the manifest does not have/);
});

test('what logs cannot mend is a finding; nothing is claimed of an empty log', async () => {
  const manifest = file('two.yaml', TWO);
  const etc = await petrify(['harden', '--logs', 'web=-', manifest], { stdin: line('/etc/app.conf') });
  assert.deepEqual([etc.code, etc.out], [1, '']);
  assert.match(etc.err, /not hardened/);
  const empty = await petrify(['harden', '--logs', 'web=-', manifest], { stdin: '' });
  assert.deepEqual([empty.code, empty.out], [1, '']);
  const quiet = await petrify(['observe', '--logs', 'web=-', manifest], { stdin: 'ready\n' });
  assert.equal(quiet.code, 1);
});

test('a hostile log reaches no terminal', async () => {
  const { err, out } = await petrify(['observe', '--logs', '-', 'registry.example/x:1'], {
    stdin: `app: /srv/\u001b]0;x\u0007/y: Read-only file system\n`,
  });
  assert.doesNotMatch((err + out).replaceAll('\n', ''), /\p{Cc}/u);
});

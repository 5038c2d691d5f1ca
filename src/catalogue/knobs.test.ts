/** Knobs are found by what was written: each glob covers what it should, and nothing beside it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { chooseKnobs, coversPath, knobsFor } from './knobs.ts';
import { readCatalogue } from './read.ts';

const { images, runtimes } = readCatalogue();
const all = [...images.flatMap(({ knobs = [] }) => knobs), ...runtimes.flatMap(({ knobs }) => knobs)];

/** For every knob of the catalogue: paths that it makes needless, and neighbours that it does not. */
const COVERED: Readonly<Record<string, { yes: readonly string[]; no: readonly string[] }>> = {
  'bootsnap-cache': { yes: ['/rails/tmp/cache/bootsnap/load-path-cache'], no: ['/rails/tmp/cache/x'] },
  'bundle-user-home': { yes: ['/.bundle', '/root/.bundle/cache/x'], no: ['/root/.bundler'] },
  'corepack-home': { yes: ['/home/node/.cache/node/corepack/v1/pnpm'], no: ['/home/node/.cache/node'] },
  'dotnet-diagnostics': {
    yes: ['/tmp/dotnet-diagnostic-1-4711-socket', '/tmp/clr-debug-pipe-1-4711-in'],
    no: ['/tmp', '/tmp/x/dotnet-diagnostic-1', '/tmp/dotnet'],
  },
  'grafana-log-console': {
    yes: ['/var/log/grafana', '/var/log/grafana/grafana.log'],
    no: ['/var/log', '/var/log/grafana2'],
  },
  'gunicorn-worker-tmp-dir': {
    yes: ['/tmp/wgunicorn-k3j2', '/tmp/e5wv3e9q'],
    no: ['/tmp', '/tmp/other', '/tmp/ninechars', '/tmp/a/eightchr'],
  },
  'httpd-pid-file': { yes: ['/usr/local/apache2/logs/httpd.pid'], no: ['/usr/local/apache2/logs/error_log'] },
  'hugging-face-home': { yes: ['/root/.cache/huggingface/hub/x'], no: ['/root/.cache/torch'] },
  'java-perf-data': { yes: ['/tmp/hsperfdata_root', '/tmp/hsperfdata_app/1'], no: ['/tmp', '/tmp/.java_pid1'] },
  'matplotlib-configuration': {
    yes: ['/.config/matplotlib', '/home/a/.cache/matplotlib/fontlist.json'],
    no: ['/.config'],
  },
  'mc-config-dir': { yes: ['/root/.mc/config.json'], no: ['/root/.mcx'] },
  'nexus-java-preferences': { yes: ['/home/nexus/.java/.userPrefs/x'], no: ['/home/nexus'] },
  'next-telemetry': { yes: ['/.config/nextjs-nodejs/config.json'], no: ['/.config'] },
  'npm-cache': { yes: ['/.npm', '/home/node/.npm/_cacache/tmp'], no: ['/home/node/.npmrc'] },
  'npm-logs': { yes: ['/root/.npm/_logs/2026-debug-0.log', '/root/.npm/_logs'], no: ['/root/.npm'] },
  'npm-update-notifier': { yes: ['/root/.npm/_update-notifier-last-checked'], no: ['/root/.npm/_logs'] },
  'pip-cache': { yes: ['/root/.cache/pip/http'], no: ['/root/.cache'] },
  'python-bytecode': {
    yes: ['/app/__pycache__', '/app/pkg/__pycache__/m.cpython-313.pyc', '/app/old.pyc', '/.venv/x/__pycache__/y'],
    no: ['/app', '/app/__pycache__x', '/app/m.py'],
  },
  'python-bytecode-elsewhere': { yes: ['/app/__pycache__/m.pyc'], no: ['/app'] },
  'rails-log-to-stdout': { yes: ['/rails/log/production.log'], no: ['/rails/log/other.log'] },
  'vault-skip-chown': { yes: ['/vault/logs'], no: ['/vault/data', '/vault/logs/audit.log'] },
  'vault-skip-setcap': { yes: ['/bin/vault'], no: ['/bin'] },
  'xdg-cache-home': { yes: ['/.cache', '/root/.cache/fontconfig/x'], no: ['/root/.cached', '/'] },
  'xdg-config-home': { yes: ['/.config/nextjs-nodejs'], no: ['/app/.configuration'] },
  'xdg-data-home': { yes: ['/root/.local/share/caddy'], no: ['/root/.local'] },
  'xdg-state-home': { yes: ['/root/.local/state/x'], no: ['/root/.local'] },
  'yarn-cache': { yes: ['/usr/local/share/.cache/yarn/v6', '/.cache/yarn'], no: ['/usr/local/share'] },
};

test('every knob covers what it should and not its neighbours', () => {
  assert.deepEqual(all.map(({ id }) => id).sort(), Object.keys(COVERED).sort());
  for (const knob of all) {
    for (const path of COVERED[knob.id]!.yes) assert.ok(coversPath(knob, path), `${knob.id} covers ${path}`);
    for (const path of COVERED[knob.id]!.no) assert.ok(!coversPath(knob, path), `${knob.id} does not cover ${path}`);
  }
});

test('a name is matched to its end and its dots are dots', () => {
  assert.ok(!coversPath({ paths: ['/a.b'] }, '/axb'));
  assert.ok(!coversPath({ paths: ['/a'] }, '/a/b'));
  assert.ok(coversPath({ paths: ['/a?'] }, '/a.'));
  assert.ok(!coversPath({ paths: ['/a?b'] }, '/a/b'));
  assert.ok(!coversPath({ paths: ['**/a'] }, '/xa'));
  assert.ok(coversPath({ paths: ['/a/*/c'] }, '/a/.b/c'));
  assert.ok(!coversPath({ paths: ['/a/*/c'] }, '/a/b/b/c'));
  assert.ok(coversPath({ paths: ['/a/**/c'] }, '/a/c'));
});

test('runtimes are found by what is written, families by their image, both sorted', () => {
  const ids = (image: string | undefined, ...paths: string[]) => knobsFor(image, paths).map(({ id }) => id);
  assert.deepEqual(ids('team/app', '/app/__pycache__/a.pyc', '/tmp/hsperfdata_a'), [
    'java-perf-data',
    'python-bytecode',
    'python-bytecode-elsewhere',
  ]);
  assert.deepEqual(ids(undefined, '/app/__pycache__/a.pyc'), ['python-bytecode', 'python-bytecode-elsewhere']);
  assert.deepEqual(ids('grafana/grafana:11', '/var/log/grafana/x'), ['grafana-log-console']);
  assert.deepEqual(ids('team/app', '/var/log/grafana/x'), []);
  assert.deepEqual(ids('team/app', '/tmp/e5wv3e9q'), [], 'others write such names as well');
  assert.deepEqual(ids('team/app'), []);
  assert.deepEqual(ids('__proto__', '', '/', 'constructor', '\n/.npm'), []);
  assert.deepEqual(knobsFor('grafana/grafana', ['/var/log/grafana', '/.npm'], { images: [], runtimes: [] }), []);
});

test('of several knobs those are chosen that write nowhere, and none that adds nothing', () => {
  const chosen = (...paths: string[]) => chooseKnobs(knobsFor(undefined, paths), paths).map(({ id }) => id);
  assert.deepEqual(chosen('/app/__pycache__/a.pyc'), ['python-bytecode']);
  assert.deepEqual(chosen('/.npm/_logs/1.log'), ['npm-logs']);
  assert.deepEqual(chosen('/.npm/_logs/1.log', '/.npm/_cacache'), ['npm-logs', 'npm-cache']);
  assert.deepEqual(chosen('/.cache/matplotlib', '/.cache/fontconfig'), ['xdg-cache-home']);
});

test('what is chosen covers what all of them cover, each something that no other before it does', () => {
  const samples = Object.values(COVERED).flatMap(({ yes, no }) => [...yes, ...no]);
  fc.assert(
    fc.property(fc.subarray(samples), (paths) => {
      const chosen = chooseKnobs(all, paths);
      const open = (knobs: typeof chosen) => paths.filter((path) => !knobs.some((knob) => coversPath(knob, path)));
      assert.deepEqual(open(chosen), open(all));
      for (const index of chosen.keys())
        assert.ok(open(chosen.slice(0, index + 1)).length < open(chosen.slice(0, index)).length);
    }),
  );
});

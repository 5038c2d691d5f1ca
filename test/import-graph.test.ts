/** Holds the house together: every import between rooms is one that ARCHITECTURE.md allows. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const source = resolve(import.meta.dirname, '../src');

/** Which rooms a room may import. `types` are rooms whose types it may name, without any code of theirs. */
const allowed: Record<string, { rooms: readonly string[]; types?: readonly string[] }> = {
  manifest: { rooms: [] },
  source: { rooms: ['manifest'] },
  workload: { rooms: ['manifest'] },
  controls: { rooms: ['workload', 'manifest'] },
  image: { rooms: ['engine', 'workload'], types: ['profile'] },
  profile: { rooms: ['workload'] },
  catalogue: { rooms: [], types: ['profile'] },
  plan: { rooms: ['manifest', 'controls', 'profile', 'workload'], types: ['catalogue', 'image'] },
  engine: { rooms: ['workload'], types: ['manifest'] },
  // The contract of an engine's sandbox and of a cluster's namespace is pods and images: it lies above all of them.
  host: { rooms: ['engine', 'image', 'cluster', 'workload'], types: ['profile'] },
  observe: { rooms: ['catalogue', 'engine', 'host', 'image', 'profile', 'workload', 'manifest'] },
  harden: { rooms: ['catalogue', 'plan', 'engine', 'host', 'observe', 'profile', 'manifest', 'workload', 'image'] },
  // Where pods are attacked: an engine's sandbox, a namespace of a cluster, and from outside through its API server.
  prove: { rooms: ['engine', 'host', 'cluster', 'controls', 'profile', 'workload', 'manifest', 'image'] },
  report: {
    rooms: [],
    types: ['catalogue', 'controls', 'workload', 'manifest', 'prove', 'profile', 'harden', 'observe'],
  },
  check: { rooms: ['manifest', 'workload', 'controls', 'report'], types: ['source', 'image'] },
  settings: { rooms: ['manifest', 'workload', 'controls', 'check'], types: ['report'] },
  cluster: { rooms: ['workload'], types: ['manifest', 'source'] },
  cli: { rooms: ['*'] },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly typeOnly: boolean;
}

/** Imports between rooms; the files at the root of `src` (failure.ts) belong to nobody and may be used by all. */
function imports(): Import[] {
  const found: Import[] = [];
  for (const file of globSync('**/*.ts', { cwd: source }).sort()) {
    const from = file.split('/')[0]!;
    if (/\.(?:test|fixture)\.ts$/.test(file) || from === file) continue;
    const text = readFileSync(join(source, file), 'utf8');
    for (const match of text.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm)) {
      const target = relative(source, resolve(dirname(join(source, file)), match[2] ?? match[3]!));
      const to = target.split('/')[0]!;
      if (to !== from && target.includes('/')) found.push({ from, to, file, typeOnly: match[1] !== undefined });
    }
  }
  return found;
}

test('every room is in the table, and the table names no room that is not there', () => {
  const rooms = new Set(globSync('*/', { cwd: source }).map((room) => room.replace(/\/$/, '')));
  assert.deepEqual([...rooms].sort(), Object.keys(allowed).sort());
});

test('rooms import only what the table allows', () => {
  const found = imports();
  assert.ok(found.length > 50, 'the scan sees the imports');
  const wrong = found.filter(({ from, to, typeOnly }) => {
    const row = allowed[from];
    if (!row || row.rooms.includes('*') || row.rooms.includes(to)) return false;
    return !(typeOnly && row.types?.includes(to));
  });
  assert.deepEqual(wrong, []);
});

test('the pure rooms touch neither files, nor processes, nor the network', () => {
  const pure = ['manifest', 'workload', 'controls', 'profile', 'plan', 'report'];
  const impure =
    /from 'node:(fs|fs\/promises|child_process|net|http|https|os|process|timers[^']*)'|\bprocess\.(env|cwd|exit)/;
  const wrong = globSync(`{${pure.join(',')}}/**/*.ts`, { cwd: source })
    .filter((file) => !/\.(?:test|fixture)\.ts$/.test(file))
    .filter((file) => impure.test(readFileSync(join(source, file), 'utf8')));
  assert.deepEqual(wrong, []);
});

test('every file opens with one sentence that says its job', () => {
  const silent = globSync('**/*.ts', { cwd: source }).filter((file) => {
    const text = readFileSync(join(source, file), 'utf8').replace(/^#!.*\n/, '');
    return !text.startsWith('/**');
  });
  assert.deepEqual(silent, []);
});

/** The embedded catalogue: every file is as its schema says, names its source, and is found by the right images. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { catalogueCoverage, catalogueEvidence, findEntry, readCatalogue, repositoryOf } from './catalogue.ts';

test('every file is an entry, with names that no other entry has', () => {
  const files = readdirSync(new URL('../../../catalog/', import.meta.url)).filter((name) => name.endsWith('.json'));
  const entries = readCatalogue();
  assert.equal(entries.length, files.length);
  assert.ok(entries.length >= 25);
  const names = entries.flatMap((entry) => entry.names);
  assert.equal(new Set(names).size, names.length);
});

test('the repository of an image name', () => {
  const cases = {
    nginx: 'nginx',
    'nginx:1.27': 'nginx',
    'docker.io/library/nginx:1@sha256:00': 'library/nginx',
    'localhost/petrify/nginx:1': 'petrify/nginx',
    'registry:5000/team/nginx': 'team/nginx',
    'localhost:5000/nginx:1': 'nginx',
    'team/nginx': 'team/nginx',
  };
  for (const [image, repository] of Object.entries(cases)) assert.equal(repositoryOf(image), repository, image);
});

test('an exact repository is preferred to the same name elsewhere', () => {
  assert.equal(findEntry('localhost/petrify/nginx:1')?.image, 'nginx');
  assert.equal(findEntry('docker.io/bitnami/nginx')?.image, 'nginx (Bitnami)');
  assert.equal(findEntry('quay.io/team/unheard-of'), undefined);
  assert.equal(findEntry('__proto__'), undefined);
});

test('its evidence says that nothing was run, and carries kind and source', () => {
  const evidence = catalogueEvidence('nginx:1');
  assert.deepEqual(
    evidence.map(({ path, kind }) => [path, kind]),
    [
      ['/run', 'scratch'],
      ['/var/cache/nginx', 'cache'],
    ],
  );
  for (const { detail, what } of evidence) {
    assert.equal(what, 'declared');
    assert.match(detail, /^catalogue: not run; .*docker-library\/docs/);
  }
  assert.equal(catalogueCoverage('nginx:1').ran, true);
  assert.deepEqual(catalogueEvidence('team/unheard-of'), []);
  assert.equal(catalogueCoverage('team/unheard-of').ran, false);
});

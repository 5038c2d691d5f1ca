/** Evidence of the catalogue says that nothing was run, and carries kind, source and confidence of each path. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { catalogueCoverage, catalogueEvidence } from './catalogue.ts';

test('each path that is always written, with what it rests on', () => {
  const evidence = catalogueEvidence('nginx:1');
  assert.deepEqual(
    evidence.map(({ path, kind, type, what }) => [path, kind, type, what]),
    [
      ['/run', 'scratch', 'directory', 'declared'],
      ['/var/cache/nginx', 'cache', 'directory', 'declared'],
    ],
  );
  for (const { detail } of evidence) assert.match(detail, /^catalogue: not run; .*\(A: docker-library\/docs/);
});

test('a single file is no volume', () => {
  const file = catalogueEvidence('bitnami/airflow').find(({ path }) => path.endsWith('airflow.cfg'));
  assert.deepEqual([file?.type, file?.what], ['file', 'modify']);
});

test('the coverage names the weakest of what it rests on', () => {
  assert.deepEqual(catalogueCoverage('nginx:1'), {
    collector: 'catalogue',
    ran: true,
    note: 'nginx: at least official documentation or a chart that runs this image read-only; nothing was run',
  });
  assert.match(catalogueCoverage('bitnami/mysql').note!, /at least general knowledge/);
  assert.match(catalogueCoverage('memcached').note!, /at least a chart for another build/);
  assert.deepEqual(catalogueEvidence('team/unheard-of'), []);
  assert.deepEqual(catalogueCoverage('team/unheard-of'), {
    collector: 'catalogue',
    ran: false,
    note: 'does not know the image team/unheard-of',
  });
});

/** An image finds its entry by its repository, however it is named; a word narrows the list. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { findEntry, plannedPaths, repositoryOf, searchCatalogue } from './find.ts';
import { readCatalogue } from './read.ts';

const catalogue = readCatalogue();
const { images } = catalogue;

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

test('exact before an organisation before a name anywhere', () => {
  assert.equal(findEntry('localhost/petrify/nginx:1', images)?.image, 'nginx');
  assert.equal(findEntry('docker.io/bitnami/nginx', images)?.image, 'nginx (Bitnami)');
  assert.equal(findEntry('docker.io/bitnami/zookeeper:3', images)?.image, 'Bitnami (all others)');
  assert.equal(findEntry('quay.io/team/unheard-of', images), undefined);
});

test('hostile names find nothing, and nothing is thrown', () => {
  const hostile = [
    '',
    '/',
    ':',
    '@',
    '*',
    '*/',
    '*/nginx',
    '/*',
    'bitnami/*',
    '__proto__',
    'constructor',
    '../nginx/..',
    'a\0b',
  ];
  for (const name of hostile) assert.equal(findEntry(name, images), undefined, name);
  fc.assert(fc.property(fc.string(), (name) => (findEntry(name, images)?.names.length ?? 1) > 0));
});

test('a registry, a tag and a digest change nothing', () => {
  const names = images.flatMap((entry) => entry.names).filter((name) => !name.includes('*'));
  const registry = fc.constantFrom('', 'docker.io/', 'localhost/', 'registry.example:5000/');
  const tag = fc.constantFrom('', ':1', ':1.2-alpine', '@sha256:00', ':1@sha256:00');
  fc.assert(
    fc.property(fc.constantFrom(...names), registry, tag, (name, before, after) => {
      assert.ok(findEntry(`${before}${name}${after}`, images)?.names.includes(name));
    }),
  );
});

test('a plan assumes only what is always written', () => {
  const nginx = findEntry('nginx', images)!;
  assert.deepEqual(
    plannedPaths(nginx).map(({ path }) => path),
    ['/run', '/var/cache/nginx'],
  );
  assert.ok(nginx.paths.some(({ path, when }) => path === '/etc/nginx/conf.d' && when !== undefined));
});

test('a word narrows: an image, a part of a name, a path, a variable, a runtime', () => {
  const found = (word: string) => {
    const { images: some, runtimes } = searchCatalogue(word, catalogue);
    return [...some.map(({ image }) => image), ...runtimes.map(({ runtime }) => runtime)];
  };
  assert.deepEqual(searchCatalogue(undefined, catalogue), catalogue);
  assert.deepEqual(found('nginx'), ['nginx']);
  assert.deepEqual(found('docker.io/library/postgres:17@sha256:00'), ['postgres']);
  assert.deepEqual(found('cert-man'), ['cert-manager']);
  assert.deepEqual(found('/var/jenkins_home'), ['jenkins']);
  assert.deepEqual(found('skip_setcap'), ['vault']);
  assert.deepEqual(found('python'), ['python', 'Python']);
  assert.deepEqual(found('hsperfdata'), ['Java']);
  assert.deepEqual(found('no such thing'), []);
});

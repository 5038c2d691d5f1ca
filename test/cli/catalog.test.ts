/** The catalogue on the command line: listed, searched, left out, and added to by running an image. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseEntry, readCatalogue } from '../../src/catalogue/read.ts';
import { DEPLOYMENT, IMAGE, shellPod, skip } from '../example.ts';
import { petrify } from './program.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/schema/catalogue.v1alpha1.json', import.meta.url), 'utf8'),
) as object;

test('the list names every image and every runtime, and what the letters mean', async () => {
  const { code, out, err } = await petrify(['catalog']);
  assert.deepEqual([code, err], [0, '']);
  const { images, runtimes } = readCatalogue();
  for (const { image } of images) assert.ok(out.includes(`${image} `), image);
  for (const { runtime } of runtimes) assert.ok(out.includes(runtime), runtime);
  assert.match(out, /^coredns {2,}A {2,}nothing$/m);
  assert.match(out, /^nginx {2,}A {2,}\/run \/var\/cache\/nginx \[\/etc\/nginx\/conf\.d\]/m);
  assert.match(out, /^D {2}general knowledge$/m);
  for (const line of out.split('\n')) assert.ok(line.length <= 110, line);
});

test('one image shows everything about it: each path with its kind, its confidence and its source', async () => {
  const { out } = await petrify(['catalog', 'docker.io/hashicorp/vault:1.20']);
  assert.match(out, /^ {2}\/home\/vault {2}scratch {2}A\n.*\n {4}hashicorp\/vault-k8s#142$/m);
  assert.match(out, /^ {2}\/vault\/data {2}state {2}C$/m);
  assert.match(out, /^ {2}SKIP_SETCAP=true {2}C$/m);
});

test('the JSON is what the published schema says, entry by entry', async () => {
  const { out } = await petrify(['catalog', '--format', 'json']);
  const { images, runtimes } = JSON.parse(out) as { images: object[]; runtimes: object[] };
  assert.ok(images.length > 80 && runtimes.length > 4);
  const valid = new Ajv2020({ strict: false }).compile(schema);
  for (const entry of [...images, ...runtimes]) assert.ok(valid(entry), JSON.stringify([entry, valid.errors]));
  assert.ok(!valid({ ...images[0], confidence: 'A' }));
});

test('an unknown word is a failure that says what to do', async () => {
  const { code, out, err } = await petrify(['catalog', 'no\u001b[31msuch']);
  assert.deepEqual([code, out], [2, '']);
  assert.equal(err.split('\n', 1)[0], 'petrify: The catalogue knows nothing of no\\u001b[31msuch.');
  assert.match(err, /hint: .*--contribute/);
});

test('without an engine and without the catalogue there is nothing to tell from', async () => {
  for (const args of [
    ['observe', 'nginx'],
    ['harden', DEPLOYMENT],
  ]) {
    const { code, out, err } = await petrify([...args, '--engine', 'none', '--no-catalog']);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /--engine none and --no-catalog/);
  }
  const { code, err } = await petrify(['observe', 'nginx', '--engine', 'none', '--contribute']);
  assert.equal(code, 2);
  assert.match(err, /--engine none runs nothing/);
});

describe('what is observed', { skip }, () => {
  test('becomes an entry that can be put into catalog/ as it is', async () => {
    const { code, out } = await petrify(['observe', IMAGE, '--contribute']);
    assert.equal(code, 0);
    const entry = parseEntry({ name: 'petrify-nginx.yaml', text: out });
    assert.deepEqual(entry.names, ['petrify/nginx']);
    assert.deepEqual(
      entry.paths.map(({ path, kind }) => [path, kind]),
      [
        ['/run', 'scratch'],
        ['/var/cache/nginx', 'cache'],
      ],
    );
    for (const { confidence, source } of entry.paths) {
      assert.equal(confidence, 'C');
      assert.match(
        source.join(),
        /^observed by petrify \d+\.\d+\.\d+ on \d{4}-\d\d-\d\d, image (?:digest|id) sha256:[0-9a-f]{64}$/,
      );
    }
    assert.ok(entry.notes?.some((note) => /became ready, \d+ requests? made/.test(note)));
  });

  test('or none, where it did not become ready', async () => {
    const dying = shellPod('touch /run/x; exit 3');
    const { code, out, err } = await petrify(['observe', '-', '--contribute'], { stdin: dying });
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /did not become ready/);
  });
});

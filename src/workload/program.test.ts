/** The programs of a command: no text, however long or odd, makes it slow or throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { codeOfEnvironment, programsOf } from './program.ts';

function programs(container: object): readonly string[] {
  const spec = { containers: [{ name: 'web', image: 'a', ...container }] };
  return programsOf(
    findWorkloads(documentFromValue('a.json', { apiVersion: 'v1', kind: 'Pod', spec }))[0]!.containers[0]!,
  );
}

test('programs, scripts and what they load; relative ones only with a working directory', () => {
  assert.deepEqual(programs({ command: ['/bin/sh', '-c', 'exec /app/../srv/run; . ./env'], workingDir: '/w' }), [
    '/bin/sh',
    '/srv/run',
    '/w/env',
  ]);
  assert.deepEqual(programs({ command: ['./run'] }), []);
  assert.deepEqual(programs({ command: ['python3', '-m', 'http.server', '/data'] }), []);
  assert.deepEqual(programs({ command: ['perl', '-e', 'unlink', '/data/x'] }), []);
  assert.deepEqual(programs({ command: ['node'], args: ['/a/b.js'] }), ['/a/b.js']);
});

test('never throws, whatever a command is', () => {
  const words = fc.oneof(fc.jsonValue(), fc.array(fc.oneof(fc.string(), fc.constantFrom('sh', '-c', 'env', 'exec'))));
  fc.assert(
    fc.property(words, words, fc.jsonValue(), (command, args, workingDir) => {
      for (const path of programs({ command, args, workingDir })) assert.ok(path.startsWith('/'));
    }),
  );
});

test('long and odd texts are read in time', () => {
  const texts = ['/a.so.1', 'a.', '-', '=', ';env ', "'", '/', '.so'].map((text) => text.repeat(131_072 / text.length));
  const started = performance.now();
  for (const text of texts) programs({ command: ['sh', '-c', text], args: [text] });
  for (const text of texts) programs({ command: ['java', text, text] });
  assert.ok(performance.now() - started < 2_000, 'linear in its length');
});

test('PATH and what the dynamic linker is told point at code as well', () => {
  const code = (env: unknown) => codeOfEnvironment({ spec: { env } });
  const path = (value: unknown) => ({ name: 'PATH', value });
  assert.deepEqual(code([path('/scratch/../s/:bin:/usr/bin::$(HOME)/bin')]), ['/s/*', '/usr/bin/*']);
  assert.deepEqual(code([path('/first'), path('/last')]), ['/last/*']);
  const linker = [
    { name: 'LD_PRELOAD', value: '/a.so /b/c.so:/d.so' },
    { name: 'LD_LIBRARY_PATH', value: '/l' },
  ];
  assert.deepEqual(code(linker), ['/a.so', '/b/c.so', '/d.so', '/l/*']);
  assert.deepEqual(code([{ name: 'HOME', value: '/h' }, null, path(7), { name: 'PATH', valueFrom: {} }]), []);
  assert.deepEqual(code('PATH=/x'), []);
});

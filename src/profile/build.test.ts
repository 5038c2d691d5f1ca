/** A profile is built, written, read back unchanged, and refused when it is not one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Failure } from '../failure.ts';
import { buildProfile, type ObservedContainer } from './build.ts';
import type { Evidence } from './evidence.ts';
import { readProfile, renderProfile } from './render.ts';
import { profileJsonSchema } from './schema.ts';
import { shippedDirectory } from './shipped.fixture.ts';

const written = (path: string, collector: Evidence['collector'] = 'kernel-events'): Evidence => ({
  collector,
  path,
  what: 'create',
  atMs: 3,
  type: 'file',
  bytes: 4,
  phase: 'start-up',
  detail: 'CREATE by app (pid 7)',
});
const observed: ObservedContainer = {
  name: 'app',
  image: { name: 'app:1', id: 'sha256:00' },
  user: { uid: 0, gid: 0, from: 'image' },
  capabilities: ['CHOWN'],
  mounts: [{ mountPath: '/data', readOnly: false }],
  evidence: [
    written('/data/db'),
    ...Array.from({ length: 40 }, (_, index) => written(`/run/${index}`)),
    written('/run/0', 'engine-changes'),
  ],
  layout: {
    resolve: (path) => path,
    directory: (path) => (path === '/run' ? shippedDirectory(0) : undefined),
  },
  coverage: {
    ready: true,
    requests: 3,
    seconds: 2,
    shutdown: true,
    collectors: [{ collector: 'log-lines', ran: true }],
  },
};
const profile = buildProfile({ apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: undefined }, [observed]);

test('it holds the new paths and the volumes that are there, sorted, with evidence of every means', () => {
  const [container] = profile.spec.containers;
  assert.deepEqual(
    container?.writable.map(({ path, kind }) => [path, kind]),
    [
      ['/data', 'state'],
      ['/run', 'scratch'],
    ],
  );
  const evidence = container!.writable[1]!.evidence;
  assert.ok(evidence.length <= 12);
  assert.deepEqual(new Set(evidence.map(({ collector }) => collector)), new Set(['kernel-events', 'engine-changes']));
  assert.equal(container!.writable[1]!.bytes, 160);
  assert.deepEqual(
    container!.residual.slice(0, 2).map(({ what }) => what),
    ['/data', '/run'],
  );
});

test('YAML and JSON read back to the same profile', () => {
  for (const format of ['yaml', 'json'] as const) {
    assert.deepEqual(readProfile('profile', renderProfile(profile, format)), profile);
  }
});

test('the published JSON Schema accepts it, and refuses what the reader refuses', () => {
  const { $schema, ...schema } = profileJsonSchema();
  assert.equal($schema, 'https://json-schema.org/draft/2020-12/schema');
  const validate = new Ajv2020({ strict: false }).compile(schema);
  assert.ok(validate(JSON.parse(renderProfile(profile, 'json'))), JSON.stringify(validate.errors));
  assert.ok(!validate({ ...profile, kind: 'Pod' }));
  assert.ok(!validate({ ...profile, spec: { ...profile.spec, extra: 1 } }));
});

test('what is no profile is refused with the place', () => {
  const refused: [string, RegExp][] = [
    ['', /no ImmutabilityProfile/],
    ['kind: Pod\n', /p\.yaml is no ImmutabilityProfile: apiVersion/],
    ['{ [ }', /p\.yaml is no ImmutabilityProfile/],
    [
      renderProfile(profile, 'yaml').replace('path: /run', 'path: run'),
      /spec\.containers\.0\.writable\.1\.path: an absolute path/,
    ],
    [renderProfile(profile, 'yaml').replace('uid: 0', 'uid: -1'), /uid/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => readProfile('p.yaml', text),
      (error: unknown) => error instanceof Failure && message.test(error.message),
      text.slice(0, 40),
    );
  }
});

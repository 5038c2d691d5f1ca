/** A proof is read back as it was written, and anything else is refused in one sentence with its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { Failure } from '../failure.ts';
import { closed } from '../report/schema.fixture.ts';
import { proofsOf } from './fixtures/proof.ts';
import { workloadOf } from './fixtures/target.ts';
import { MAX_PROOF_LENGTH, readProofs } from './read.ts';
import { proofJsonSchemas } from './schema.ts';

const workload = workloadOf({
  initContainers: [{ name: 'seed', image: 'example/seed:1' }],
  containers: [
    { name: 'web', image: 'example/web:1' },
    { name: 'log', image: 'example/log:1' },
  ],
});
const [PROOF] = proofsOf(workload);
const LIST = { schema: 'petrify.dev/prooflist/v1alpha1', verdict: 'proven', proofs: proofsOf(workload) };

const read = (value: unknown) => readProofs('p.json', JSON.stringify(value));
const refusal = (text: string): Failure => {
  try {
    readProofs('p.json', text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was read');
};

test('one proof and a list of them are read back as they were, whatever else they hold', () => {
  assert.deepEqual(read(PROOF), { proofs: [PROOF] });
  assert.deepEqual(read(LIST), { proofs: LIST.proofs });
  const later = { ...PROOF, later: 1, image: { ...PROOF!.image, signature: 'x' } };
  assert.deepEqual(read(later), { proofs: [PROOF] });
  assert.deepEqual(readProofs('p.json', `\ufeff${JSON.stringify(PROOF)}`), { proofs: [PROOF] });
});

test('the published schemas describe every key of a proof, and of a list', () => {
  const validate = (file: string) =>
    new Ajv2020({ strict: true, validateFormats: false }).compile(closed(proofJsonSchemas().get(file)) as object);
  const proof = validate('proof.v1alpha1.json');
  assert.ok(proof(PROOF), JSON.stringify(proof.errors));
  const list = validate('prooflist.v1alpha1.json');
  assert.ok(list(LIST), JSON.stringify(list.errors));
});

test('another form is told from none', () => {
  assert.deepEqual(read({ schema: 'petrify.dev/proof/v1' }), { form: 'v1' });
  assert.deepEqual(read({ schema: 'petrify.dev/prooflist/v1beta1' }), { form: 'v1beta1' });
  const { petrify: _, ...early } = PROOF!;
  assert.deepEqual(read(early), { form: 'an early v1alpha1' });
  assert.deepEqual(read({ ...LIST, proofs: [early] }), { form: 'an early v1alpha1' });
  const { searchPath: __, ...program } = PROOF!.program;
  assert.deepEqual(read({ ...PROOF, program }), { form: 'an early v1alpha1' });
});

test('what is wrong is said with its place', () => {
  const cases: readonly [unknown, RegExp][] = [
    [
      { ...PROOF, attempts: [{ ...PROOF!.attempts[0], outcome: 'fine' }] },
      /^p\.json is no proof: at attempts\.0\.outcome: /,
    ],
    [{ ...PROOF, settings: undefined }, /at settings: /],
    [{ ...PROOF, time: 'yesterday' }, /at time: /],
    [{ ...PROOF, mounts: [null] }, /at mounts\.0: /],
    [{ ...LIST, proofs: [PROOF, 7] }, /at proofs\.1: /],
    [{ ...PROOF, workload: { ...PROOF!.workload, name: 'x'.repeat(5_000) } }, /at workload\.name: /],
    [{ ...PROOF, traces: Array.from({ length: 20_001 }, () => '') }, /at traces: /],
    [{ apiVersion: 'v1', kind: 'Pod' }, /its `schema` is not petrify\.dev\/proof\/v1alpha1/],
    [{ schema: 'https://json-schema.org/' }, /its `schema` is not/],
    [null, /its `schema` is not/],
    [[], /its `schema` is not/],
  ];
  for (const [value, said] of cases) {
    const { code, message, hint } = refusal(JSON.stringify(value));
    assert.equal(code, 'bad-manifest');
    assert.match(message, said);
    assert.match(hint ?? '', /petrify prove --proof/);
    assert.ok(message.length < 300, message);
  }
  assert.match(refusal('Deployment web  proven').message, /is not JSON/);
  assert.match(refusal('').message, /is not JSON/);
  assert.match(refusal(' '.repeat(MAX_PROOF_LENGTH + 1)).message, /is too long/);
});

test('nothing that a stranger writes throws anything but a Failure', () => {
  const keys = fc.constantFrom('schema', 'proofs', 'attempts', 'petrify', '__proto__', 'constructor', 'image');
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.constantFrom('petrify.dev/proof/v1alpha1', 'petrify.dev/prooflist/v1alpha1'),
      fc.dictionary(keys, tie('any')),
      fc.array(tie('any'), { maxLength: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, fc.dictionary(keys, value), (one, changes) => {
      for (const each of [one, { ...PROOF, ...changes }]) {
        try {
          read(each);
        } catch (error) {
          assert.ok(error instanceof Failure, String(error));
        }
      }
    }),
  );
  assert.match(refusal('['.repeat(1_000_000)).message, /is no proof/);
});

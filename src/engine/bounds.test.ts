/** What a container may use of the machine, for what its manifest says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../workload/workload.ts';
import { cpusOf, memoryBoundOf } from './bounds.ts';

const GIB = 2 ** 30;
const withLimit = (memory?: string) =>
  ({ spec: memory === undefined ? {} : { resources: { limits: { memory } } } }) as unknown as Container;
const machine = (gib: number) => ({ memoryBytes: gib * GIB, processors: 4 });

const cases: readonly [string, string | undefined, number, number, number, 'manifest' | 'sandbox'][] = [
  ['no limit on a large machine', undefined, 1, 64, 4 * GIB, 'sandbox'],
  ['no limit on a small machine', undefined, 1, 4, 2 * GIB, 'sandbox'],
  ['no limit beside others', undefined, 4, 16, 2 * GIB, 'sandbox'],
  ['no limit beside very many others', undefined, 100, 16, GIB / 2, 'sandbox'],
  ['a limit', '64Mi', 1, 64, 64 * 2 ** 20, 'manifest'],
  ['a limit that the machine cannot give', '512Gi', 1, 16, 8 * GIB, 'sandbox'],
  ['a limit that is none', 'lots', 1, 64, 4 * GIB, 'sandbox'],
];
for (const [name, memory, containers, gib, bytes, from] of cases)
  test(name, () => assert.deepEqual(memoryBoundOf(withLimit(memory), containers, machine(gib)), { bytes, from }));

test('of another machine nothing is known: a written limit holds, and else the default', () => {
  const unknown = { memoryBytes: undefined, processors: undefined };
  assert.equal(memoryBoundOf(withLimit('512Gi'), 1, unknown).bytes, 512 * GIB);
  assert.equal(memoryBoundOf(withLimit(), 3, unknown).bytes, 4 * GIB);
  assert.equal(cpusOf(unknown), undefined);
  assert.equal(cpusOf(machine(1)), 3);
});

/** What counts as too much, without a disk; the guard on a real one is in test/engine/faults.test.ts. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { excessOf, guardDisk, type Place } from './disk-guard.ts';

const GIB = 2 ** 30;
const app: Place = { what: 'container app', paths: [] };
const data: Place = { what: 'volume data', paths: [] };
const small: Place = { what: 'volume small', paths: [], limit: { bytes: 100, sentence: 'volume small is full' } };

const cases: readonly [string, readonly [Place, number][], string | undefined][] = [
  ['nothing', [], undefined],
  ['what is allowed, to the byte', [[app, 4 * GIB]], undefined],
  [
    'one that writes too much',
    [
      [app, 4 * GIB + 1],
      [data, 1],
    ],
    'container app wrote more than 4 GiB and was ended',
  ],
  [
    'many that do so together',
    [
      [app, 2 * GIB],
      [data, 2.5 * GIB],
    ],
    'the pod wrote more than 4 GiB, most of it volume data, and was ended',
  ],
  [
    'one with a limit of its own',
    [
      [app, 5 * GIB],
      [small, 101],
    ],
    'volume small is full',
  ],
  ['one at a limit of its own', [[small, 100]], undefined],
];

for (const [name, sizes, expected] of cases)
  test(`${name}: ${expected ?? 'no excess'}`, () => assert.equal(excessOf(new Map(sizes), 4 * GIB), expected));

test('a directory that grows over its limit is told once, and nothing after the guard is closed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'petrify-guard-'));
  const told: string[] = [];
  const place = (path: string): Place => ({ what: path, paths: [path], limit: { bytes: 1 << 20, sentence: path } });
  const file = join(directory, 'f');
  writeFileSync(file, '');
  const first = await guardDisk(directory, (sentence) => told.push(sentence));
  first.watch(place(directory));
  first.watch({ what: 'gone', paths: [join(directory, 'never-there')] });
  appendFileSync(file, Buffer.alloc(3 << 20, 1));
  for (let left = 100; left > 0 && told.length === 0; left -= 1) await sleep(100);
  const second = await guardDisk(directory, (sentence) => told.push(sentence));
  second.watch(place(directory));
  second.close();
  await sleep(600);
  rmSync(directory, { recursive: true });
  assert.deepEqual(told, [directory]);
});

/** A printed command does what it says, whatever an object is called. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import fc from 'fast-check';
import { shellWord } from './shell-word.ts';

const RUNS = 40;

test('a shell reads back exactly the word', () => {
  const word = fc.oneof(fc.string({ unit: fc.constantFrom(...'a b\'"$`;|&<>*?~\\\n(){}!#é') }), fc.string());
  fc.assert(
    fc.property(
      word.filter((one) => !one.includes('\0')),
      (one) => {
        const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(one)}`]);
        assert.equal(stdout.toString('utf8'), Buffer.from(one, 'utf8').toString('utf8'));
      },
    ),
    { numRuns: RUNS },
  );
  assert.equal(shellWord('charts/web'), 'charts/web');
});

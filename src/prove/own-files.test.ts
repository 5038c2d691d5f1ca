/** A try that needs a file of Petrify's own is left out where there is none, with the reason, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActedTry, ProbeTry } from './attack.ts';
import { createFile } from './dropping.ts';
import { targetWith } from './fixtures/target.ts';
import { withoutOwnFiles } from './own-files.ts';
import { call, spawn } from './probe/program.ts';

test('by the paths of its calls, those of children as well', () => {
  const plain = createFile(targetWith(), '/etc');
  const executed = call('execve', '/.petrify/setuid', ['/.petrify/setuid'], []);
  const needing: ProbeTry = { place: '/bin/su', gain: 'succeeded', program: [spawn(executed)], decisive: [] };
  const acted: ActedTry = { place: 'exec', gain: 'residual', makes: [], act: async () => assert.fail() };
  const { tries, skipped } = withoutOwnFiles({
    tries: [plain, needing, acted],
    skipped: [{ place: 'a', reason: 'b' }],
  });
  assert.deepEqual(tries, [plain, acted]);
  assert.deepEqual(skipped, [
    { place: 'a', reason: 'b' },
    { place: '/bin/su', reason: 'needs a file beside the probe, which only a sandbox has' },
  ]);
});

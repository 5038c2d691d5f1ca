/** A container that never becomes ready: the wait is a minute, so this is one of the long tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploymentText, skip } from '../example.ts';
import { petrify } from './program.ts';

test('a container that never becomes ready is said with the probe that failed', { skip }, async () => {
  const never = deploymentText.replace('port: 80 }', 'port: 81 }');
  const { code, err } = await petrify(['harden', '-'], { stdin: never });
  assert.equal(code, 2);
  assert.match(err, /-:2: Deployment web: it does not become ready as it is: .*readiness probe/);
});

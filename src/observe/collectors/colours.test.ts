/** Loggers that think a terminal reads them colour the level and the path: what they say is found all the same. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withoutColours } from './colours.ts';
import { newErrors } from './error-lines.ts';
import { readLog } from './log-lines.ts';

const RED = '\u001b[1;31m';
const PLAIN = '\u001b[0m';

test('colours go, all else stays', () => {
  assert.equal(withoutColours(`${RED}a [31m b${PLAIN}\u001b[m`), 'a [31m b');
});

test('a refused path in colours is the path', () => {
  const line = (path: string) => `mkdir: cannot create directory '${path}': Read-only file system`;
  const { evidence } = readLog(line(`${RED}/var/a${PLAIN}`), { workingDir: '/' });
  assert.deepEqual(
    evidence.map(({ path }) => path),
    ['/var/a'],
  );
});

test('the same error with and without colours is no new error', () => {
  assert.deepEqual(newErrors('ERROR no licence', `${RED}ERROR${PLAIN} no licence`), []);
});

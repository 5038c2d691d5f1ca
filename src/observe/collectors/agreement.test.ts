/** Which of a log line and a system call is believed, and when a question counts as a refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../profile/evidence.ts';
import { agreeOnRefused, askedInVain } from './agreement.ts';

const refusal = (collector: Evidence['collector'], path: string, errno: Evidence['errno'] = 'EROFS'): Evidence => ({
  collector,
  path,
  what: 'refused',
  errno: errno!,
  detail: '',
});
const told = (evidence: readonly Evidence[]) => evidence.map(({ collector, path }) => `${collector} ${path}`);

test('a relative name in a log line lies where the call says', () => {
  const lines = [
    refusal('log-lines', '/postmaster.pid'),
    refusal('log-lines', '/run/kept'),
    refusal('log-lines', '/other', 'EACCES'),
    refusal('log-lines', '/var/x'),
  ];
  const calls = [
    refusal('system-calls', '/var/lib/main/postmaster.pid'),
    refusal('system-calls', '/srv/other'),
    refusal('system-calls', '/var/x'),
    refusal('system-calls', '/srv/x'),
  ];
  assert.deepEqual(told(agreeOnRefused(lines, { refused: calls }, false)), [
    'log-lines /run/kept',
    'log-lines /other',
    'log-lines /var/x',
    ...told(calls),
  ]);
  assert.deepEqual(agreeOnRefused(lines, { refused: [] }, false), lines);
});

test('a question counts only where the program gave up and nothing else was refused', () => {
  const asked = [refusal('system-calls', '/var/cache/app')];
  assert.deepEqual(askedInVain({ asked }, [], 1), asked);
  assert.deepEqual(askedInVain({ asked }, [], 0), []);
  assert.deepEqual(askedInVain({ asked }, [], undefined), [], 'it runs on');
  assert.deepEqual(askedInVain({ asked }, [refusal('log-lines', '/x')], 1), []);
});

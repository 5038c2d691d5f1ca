/** Files that may keep a second start from starting: few, made at start-up, where everything is made anew. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Evidence, PathKind } from '../profile/evidence.ts';
import type { WritablePath } from '../profile/profile.ts';
import { leftoversOf } from './leftovers.ts';

const made = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what: 'create',
  detail: 'CREATE',
  type: 'file',
  phase: 'start-up',
  ...more,
});
const writable = (path: string, kind: PathKind, ...evidence: Evidence[]): WritablePath => ({
  path,
  kind,
  shippedFiles: 0,
  bytes: 0,
  evidence,
});
const failed = { later: [{ what: 'crash', failure: 'it did not become ready again' }] } as const;
const shell = { lastLine: '', tools: 'sh' } as const;
const run = writable(
  '/run',
  'scratch',
  made('/run/app.pid'),
  made('/run/app.sock', { type: 'socket' }),
  made('/run/app', { type: 'directory' }),
  made('/run/later', { phase: 'steady' }),
);

test('what was made at start-up, directories apart', () => {
  assert.deepEqual(leftoversOf(failed, shell, [run]), ['/run/app.pid', '/run/app.sock']);
});

test('those alone that its last words name', () => {
  const lastLine = 'another instance is running: /run/app.pid';
  assert.deepEqual(leftoversOf(failed, { ...shell, lastLine }, [run]), ['/run/app.pid']);
});

test('nothing that is kept on purpose, nothing where they are many', () => {
  const state = writable('/var/lib/app', 'state', made('/var/lib/app/lock'));
  const many = writable('/tmp', 'scratch', ...Array.from({ length: 9 }, (_, index) => made(`/tmp/work-${index}`)));
  assert.deepEqual(leftoversOf(failed, shell, [state]), []);
  assert.deepEqual(leftoversOf(failed, shell, [many]), []);
});

test('nothing where the second start did not fail, or nobody could remove them', () => {
  assert.deepEqual(leftoversOf({ later: [{ what: 'crash', failure: undefined }] }, shell, [run]), []);
  assert.deepEqual(leftoversOf({ later: [{ what: 'reload', failure: 'ended' }] }, shell, [run]), []);
  assert.deepEqual(leftoversOf(failed, { ...shell, tools: 'none' }, [run]), []);
});

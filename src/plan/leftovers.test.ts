/** A container started through a shell that removes files first: the same words in the same order, whoever wrote them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { clearingChanges } from './leftovers.ts';

const image = { env: [], entrypoint: ['/entry', '$(A)'], cmd: ['serve', 'it'] };
const SCRIPT = 'rm -f /run/app.pid; exec "$0" "$@"';

function changed(own: object, files: readonly string[] = ['/run/app.pid'], of: typeof image | 'unknown' = image) {
  const spec = { containers: [{ name: 'app', image: 'app', ...own }] };
  const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  const container = findWorkloads(documentFromValue('pod', value))[0]!.containers[0]!;
  return Object.fromEntries(
    clearingChanges(container, files, of === 'unknown' ? undefined : of).map(({ path, value }) => [path.at(-1), value]),
  );
}

test('the image’s own command goes on being its own, taken literally', () => {
  assert.deepEqual(changed({}), { command: ['sh', '-c', SCRIPT, '/entry', '$$(A)'], args: ['serve', 'it'] });
});

test('the manifest’s words stay where they are', () => {
  assert.deepEqual(changed({ args: ['other'] }), { command: ['sh', '-c', SCRIPT, '/entry', '$$(A)'] });
  assert.deepEqual(changed({ command: ['app', '$(A)'] }), { command: ['sh', '-c', SCRIPT, 'app', '$(A)'] });
});

test('nothing to remove, or nothing known to start: no change', () => {
  assert.deepEqual(changed({}, []), {});
  assert.deepEqual(changed({}, ['/run/app.pid'], 'unknown'), {});
});

test('a real shell removes the files, whatever their names hold, and becomes the program', {
  skip: process.platform === 'win32',
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-leftovers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "it's; a file");
  writeFileSync(file, '');
  const { command } = changed({ command: ['printf', '%s|', 'a b', '"c"'] }, [file]) as { command: string[] };
  const { stdout } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
  assert.equal(stdout, 'a b|"c"|');
  assert.equal(existsSync(file), false);
});

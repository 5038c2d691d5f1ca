/** Ten workloads in one input: minutes on a busy machine, so this is one of the long tests. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DIRECTORY_PREFIX, directoriesAt, parseRun } from '../../src/engine/runs.ts';
import { engine, shellPod, skip } from '../example.ts';
import { petrify } from './program.ts';

/** What this process may grow by: the logs and listings of one workload at a time. */
const MOST_BYTES = 300 * 2 ** 20;

const folder = mkdtempSync(join(tmpdir(), 'petrify-many-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('ten workloads in one input are all hardened, and nothing is left', { skip }, async () => {
  const names = Array.from({ length: 10 }, (_, index) => `w${index}`);
  const pods = names.map((name) => shellPod('echo x > /tmp/x').replaceAll('name: app', `name: ${name}`));
  const path = join(folder, 'ten.yaml');
  writeFileSync(path, pods.join('---\n'));
  const before = process.memoryUsage().rss;
  const { code, err } = await petrify(['harden', '--write', '--for', '1s', path]);
  assert.equal(code, 0, err);
  assert.equal(readFileSync(path, 'utf8').match(/readOnlyRootFilesystem: true/g)?.length, 10);
  assert.ok(process.memoryUsage().rss - before < MOST_BYTES);
  const directories = readdirSync(directoriesAt()).map((name) => name.replace(DIRECTORY_PREFIX, ''));
  const left = [...(await engine!.runs()), ...directories].filter((run) => parseRun(run)?.pid === process.pid);
  assert.deepEqual(left, []);
});

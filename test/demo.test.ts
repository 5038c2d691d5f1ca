/** The demo as a newcomer sees it: with containers every step for real, without an engine in plain words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { skip } from './example.ts';

const root = join(import.meta.dirname, '..');
const output = join(root, 'demo-output');
const SWAPPINESS = '/proc/sys/vm/swappiness';

function demo(env: NodeJS.ProcessEnv): string {
  const done = spawnSync(process.execPath, [join(root, 'examples/demo.ts')], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

const proofIn = (name: string) => JSON.parse(readFileSync(join(output, name), 'utf8'));

describe('the demo', () => {
  test('without an engine: the catalogue speaks, and nothing is claimed', () => {
    const out = demo({ DOCKER_HOST: 'unix:///nowhere.sock' });
    assert.match(out, /NOTHING IS RUN AND NOTHING IS PROVEN/);
    assert.match(out, /^\+ +mountPath: \/var\/cache\/nginx$/m);
    assert.doesNotMatch(out, /\bproven {2}|verdict proven/);
    assert.deepEqual(readdirSync(output).sort(), ['deployment.yaml', 'web.immutabilityprofile.yaml']);
  });

  test('with containers: from mutable to proven, and what privileged does', { skip }, () => {
    const before = readFileSync(SWAPPINESS, 'utf8');
    const out = demo({});
    assert.match(out, /Deployment web {2}mutable/);
    assert.match(out, /mkdir\(\) "\/var\/cache\/nginx\/client_temp" failed \(30: Read-only file system\)/);
    assert.match(out, /\/run\/nginx\.pid +create: /);
    assert.match(out, /^\+ +readOnlyRootFilesystem: true$/m);
    assert.equal(proofIn('web.proof.json').verdict, 'proven');
    const privileged = proofIn('web-privileged.proof.json');
    assert.equal(privileged.verdict, 'bypassable');
    const outcomes = new Map<string, string>(
      privileged.attempts.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome]),
    );
    assert.equal(outcomes.get('write-root:/etc'), 'blocked');
    assert.equal(outcomes.get('install-apt'), 'blocked');
    assert.equal(readFileSync(SWAPPINESS, 'utf8'), before, 'the host is as it was');
    assert.deepEqual(readdirSync(output).sort(), [
      'deployment.yaml',
      'web-privileged.proof.json',
      'web.immutabilityprofile.yaml',
      'web.proof.json',
    ]);
  });
});

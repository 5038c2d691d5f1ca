/** The main job through the program itself: check, observe, harden, prove on the example, as a user types them. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { version } from '../../src/cli/version.ts';
import { DIRECTORY_PREFIX, directoriesAt, parseRun } from '../../src/engine/runs.ts';
import { readProfile } from '../../src/profile/render.ts';
import { DEPLOYMENT, deploymentText, engine, IMAGE, skip } from '../example.ts';
import { petrify, petrifyProcess } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-job-'));
after(() => rmSync(folder, { recursive: true }));

/** The runs of a process: those that the engine knows, and the directories of their volumes. */
async function runsOf(pid: number): Promise<string[]> {
  const directories = readdirSync(directoriesAt()).map((name) => name.replace(DIRECTORY_PREFIX, ''));
  return [...(await engine!.runs()), ...directories].filter((run) => parseRun(run)?.pid === pid);
}

const lines = (text: string) => text.split('\n');

describe('the main job', { skip }, () => {
  const file = join(folder, 'web.yaml');

  test('check: mutable, each reason at its line', async () => {
    const { code, out } = await petrify(['check', DEPLOYMENT, '--format', 'json']);
    const result = JSON.parse(out);
    assert.equal(code, 1);
    assert.equal(result.schema, 'petrify.dev/check/v1alpha1');
    const [workload] = result.workloads;
    assert.deepEqual([workload.kind, workload.name, workload.verdict], ['Deployment', 'web', 'mutable']);
    const { line, column } = workload.containers[0].findings.find(
      ({ control }: { control: string }) => control === 'read-only-root-filesystem',
    );
    assert.match(lines(deploymentText)[line - 1]!.slice(column - 1), /^name: nginx/);
  });

  test('observe: every path with its evidence, and the profile in a file', async () => {
    const output = join(folder, 'web.profile.yaml');
    const { code, out } = await petrify(['observe', DEPLOYMENT, '-o', output]);
    assert.equal(code, 0);
    for (const path of ['/run/nginx.pid', '/var/cache/nginx/client_temp']) assert.ok(out.includes(path), out);
    const { spec } = readProfile(output, readFileSync(output, 'utf8'));
    assert.deepEqual(
      spec.containers[0]!.writable.map(({ path }) => path),
      ['/run', '/var/cache/nginx'],
    );
    assert.equal(spec.containers[0]!.coverage.ready, true);
    assert.ok(spec.containers[0]!.coverage.requests > 0);
  });

  test('observe: a bare image is a workload as well', async () => {
    const { code, out } = await petrify(['observe', IMAGE, '--format', 'json']);
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).spec.containers[0].image, IMAGE);
  });

  test('harden --write: every line of the user stays, the mode stays, and the second time nothing changes', async () => {
    writeFileSync(file, deploymentText);
    chmodSync(file, 0o640);
    const first = await petrify(['harden', '--write', file]);
    assert.equal(first.code, 0, first.err);
    const after = readFileSync(file, 'utf8');
    const kept = lines(after).filter((line) => lines(deploymentText).includes(line));
    assert.deepEqual(kept, lines(deploymentText), 'only lines were added');
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(folder).sort(), ['web.profile.yaml', 'web.yaml'], 'no temporary file is left');
    const second = await petrify(['harden', '--write', file]);
    assert.equal(second.code, 0, second.err);
    assert.match(second.err, /nothing to change/);
    assert.equal(readFileSync(file, 'utf8'), after);
  });

  test('prove: what was hardened is proven, each attempt with its errno', async () => {
    const profile = join(folder, 'web.profile.yaml');
    const kept = join(folder, 'web.proof.json');
    const { code, out, err } = await petrify([
      ...['prove', file, '--profile', profile, '--format', 'json', '--proof', kept],
    ]);
    const proof = JSON.parse(out);
    assert.equal(readFileSync(kept, 'utf8'), out);
    assert.equal(proof.schema, 'petrify.dev/proof/v1alpha1');
    assert.deepEqual([proof.verdict, code], ['proven', 0], `${err}${JSON.stringify(proof.reasons)}`);
    const outcomes = new Set(proof.attempts.map(({ outcome }: { outcome: string }) => outcome));
    assert.deepEqual([...outcomes].sort(), ['blocked', 'residual']);
    for (const { id, outcome, errno, layer, control } of proof.attempts) {
      if (outcome !== 'blocked') continue;
      // A filter may say that there is no such call.
      assert.match(errno, layer === 'seccomp' ? /^E(PERM|NOSYS)$/ : /^E(ROFS|ACCES|PERM)$/, id);
      assert.equal(control, 'succeeded', `${id} would succeed without the control`);
    }
    const residual = proof.residual.map(({ what }: { what: string }) => what);
    for (const what of ['/run', '/var/cache/nginx', '/dev/shm', 'memfd']) assert.ok(residual.includes(what), what);
    type Open = { what: string; acceptable: boolean; why: string };
    const beyond = proof.residual.filter(({ acceptable }: Open) => !acceptable).map(({ what }: Open) => what);
    assert.deepEqual(beyond, [], 'the profile that harden wrote lists everything that stays open');
    const run = proof.residual.find(({ what }: Open) => what === '/run');
    assert.match(run.why, /declared in the profile/);
    assert.equal(proof.petrify, version());
    assert.equal(proof.environment.engine, engine!.info.name);
    assert.deepEqual(
      proof.mounts.map(({ path, kind }: { path: string; kind: string }) => [path, kind]),
      [
        ['/run', 'emptyDir'],
        ['/var/cache/nginx', 'emptyDir'],
      ],
    );
  });

  test('prove --verify: the proof covers what was proven, by the image of today too, and not what was before', async () => {
    const kept = join(folder, 'web.proof.json');
    const same = await petrify(['prove', '--verify', kept, '--images', 'engine', '--max-age', '1h', file]);
    assert.equal(same.code, 0, same.out + same.err);
    assert.doesNotMatch(same.out, /names no digest/);
    const before = await petrify(['prove', '--verify', kept, DEPLOYMENT]);
    assert.equal(before.code, 1);
    assert.match(before.out, /readOnlyRootFilesystem was true and is now false/);
    assert.match(before.out, /The mount \/var\/cache\/nginx was removed/);
  });

  test('prove: what was not hardened is mutable', async () => {
    const kept = join(folder, 'mutable.proof.json');
    const output = join(folder, 'mutable.sarif');
    const args = ['prove', DEPLOYMENT, '--format', 'sarif', '--output', output, '--proof', kept];
    const { code, out } = await petrify(args);
    assert.equal(out, '');
    const { verdict, attempts } = JSON.parse(readFileSync(kept, 'utf8'));
    const [{ results }] = JSON.parse(readFileSync(output, 'utf8')).runs;
    const { startLine, startColumn } = results[0].locations[0].physicalLocation.region;
    assert.match(lines(deploymentText)[startLine - 1]!.slice(startColumn - 1), /^name: nginx/);
    assert.deepEqual([verdict, code], ['mutable', 1]);
    const written = attempts.filter(
      ({ id, outcome }: { id: string; outcome: string }) => id.startsWith('write-root') && outcome === 'succeeded',
    );
    assert.ok(written.length >= 6);
  });

  test('prove: what reaches this host is said before it is started, and what cannot run leaves no proof', async () => {
    const kept = join(folder, 'none.proof.json');
    const pod = `apiVersion: v1
kind: Pod
metadata: { name: gone }
spec: { containers: [{ name: a, image: "localhost/petrify/nope:1", securityContext: { privileged: true } }] }
`;
    const { code, out, err } = await petrify(['prove', '-', '--proof', kept], { stdin: pod });
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^note: Container a is privileged: what its program does reaches this host\.$/m);
    assert.match(err, /^petrify: -:1: Pod gone: .*localhost\/petrify\/nope:1/m);
    assert.equal(existsSync(kept), false);
  });

  test('Ctrl-C in the middle: exit code 130, one sentence, nothing left, the file as it was', async () => {
    const target = join(folder, 'interrupted.yaml');
    writeFileSync(target, deploymentText);
    let interrupted = 0;
    const ready = async (pid: number) => {
      interrupted = pid;
      const runs = await runsOf(pid);
      return runs.length > 0 && (await engine!.labelled(runs[0])).containers.length > 0;
    };
    const { code, out, err } = await petrifyProcess(['harden', '--write', target], { signal: 'SIGINT', ready });
    assert.equal(code, 130, err);
    assert.equal(out, '');
    assert.match(err, /interrupted; everything that was started is removed/);
    assert.equal(readFileSync(target, 'utf8'), deploymentText);
    assert.deepEqual(await runsOf(interrupted), []);
  });

  test('what a killed run left behind is removed at the next start', async () => {
    let killed = 0;
    const ready = async (pid: number) => {
      killed = pid;
      const runs = await runsOf(pid);
      return runs.length > 0 && (await engine!.labelled(runs[0])).containers.length > 0;
    };
    await petrifyProcess(['observe', DEPLOYMENT], { signal: 'SIGKILL', ready });
    assert.notDeepEqual(await runsOf(killed), [], 'the kill left something');
    const { code } = await petrify(['observe', DEPLOYMENT]);
    assert.equal(code, 0);
    assert.deepEqual(await runsOf(killed), []);
  });

  test('an image that does not exist fails its workload only', async () => {
    const missing =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: gone}\nspec: {containers: [{name: a, image: "localhost/petrify/nope:1"}]}\n';
    const { code, out, err } = await petrify(['observe', '-'], { stdin: `${missing}---\n${deploymentText}` });
    assert.equal(code, 2);
    assert.match(err, /^petrify: -:1: Pod gone: .*localhost\/petrify\/nope:1.*\n {2}hint: /m);
    assert.match(out, /\/var\/cache\/nginx/);
  });
});

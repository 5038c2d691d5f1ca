/** What goes wrong in the middle, through the program as a user meets it: nothing stays behind, no file is touched. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from '../../src/engine/connect.ts';
import { DIRECTORY_PREFIX, directoriesAt, parseRun } from '../../src/engine/runs.ts';
import { deploymentText, engine, IMAGE, shellPod, skip } from '../example.ts';
import { petrify, type Said } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-faults-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const entry = new URL('../../src/cli/petrify.ts', import.meta.url).pathname;
const POLL_MS = 30;

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly said: { out: string; err: string };
  readonly ended: Promise<Said>;
}

/** The program as a process of its own. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Running {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<Said>((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, ...said })));
  return { child, pid: child.pid!, said, ended };
}

/** Runs of a process that something is left of. */
async function leftOf(pid: number): Promise<string[]> {
  const directories = readdirSync(directoriesAt()).map((name) => name.replace(DIRECTORY_PREFIX, ''));
  return [...(await engine!.runs()), ...directories].filter((run) => parseRun(run)?.pid === pid);
}

async function containersOf(pid: number): Promise<number> {
  const runs = (await engine!.runs()).filter((run) => parseRun(run)?.pid === pid);
  const all = await Promise.all(runs.map((run) => engine!.labelled(run)));
  return all.reduce((sum, { containers }) => sum + containers.length, 0);
}

/** Waits until the process has a pod (the pause container and the application), as often as `pods` says. */
async function untilPod(running: Running, pods = 1): Promise<void> {
  for (let seen = 0; seen < pods; seen += 1) {
    while (running.child.exitCode === null && (await containersOf(running.pid)) < 2) await sleep(POLL_MS);
    if (seen + 1 < pods)
      while (running.child.exitCode === null && (await containersOf(running.pid)) > 0) await sleep(POLL_MS);
  }
}

function manifest(name: string, text: string = deploymentText): string {
  const directory = mkdtempSync(join(folder, 'case-'));
  const path = join(directory, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** As it was, and nothing beside it. */
function assertUntouched(path: string, text: string = deploymentText): void {
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.deepEqual(readdirSync(join(path, '..')), [path.split('/').at(-1)]);
}

describe('interrupted in the middle of a trial', { skip }, () => {
  for (const [signal, again, pods] of [
    ['SIGINT', 0, 2],
    ['SIGTERM', 0, 1],
    ['SIGHUP', 0, 1],
    ['SIGINT', 1_100, 1],
  ] as const) {
    test(`harden --write ${again > 0 ? `${signal} twice` : signal}: nothing is left, and the file is as it was`, async () => {
      const path = manifest('web');
      const running = start(['harden', '--write', path]);
      // The first pod is the observation, the second a trial.
      await untilPod(running, pods);
      running.child.kill(signal);
      if (again > 0) {
        await sleep(again);
        running.child.kill(signal);
      }
      const { code, err } = await running.ended;
      assert.equal(code, 130, err);
      assert.match(err, /everything that was started is (?:being )?removed/);
      assertUntouched(path);
      // Who insists leaves something, which the next start finds.
      if (again > 0) await petrify(['observe', manifest('next', shellPod(':'))]);
      assert.deepEqual(await leftOf(running.pid), []);
    });
  }

  test('harden --write SIGKILL: the next start finds by label what is left, and removes it', async () => {
    const path = manifest('web');
    const running = start(['harden', '--write', path]);
    await untilPod(running, 2);
    running.child.kill('SIGKILL');
    await running.ended;
    assertUntouched(path);
    assert.ok((await leftOf(running.pid)).length > 0, 'a killed process cannot clean up');
    const { code } = await petrify(['observe', manifest('next', shellPod(':'))]);
    assert.equal(code, 0);
    assert.deepEqual(await leftOf(running.pid), []);
  });
});

describe('an engine', { skip }, () => {
  /** A Podman service of this test's own, on the same store. */
  async function ownService(): Promise<{ env: NodeJS.ProcessEnv; service: ChildProcess }> {
    const socket = join(mkdtempSync(join(folder, 'engine-')), 'podman.sock');
    const configuration = '/run/petrify/containers.conf';
    const env = existsSync(configuration) ? { ...process.env, CONTAINERS_CONF: configuration } : process.env;
    const service = spawn('podman', ['system', 'service', '--time=60', `unix://${socket}`], { stdio: 'ignore', env });
    const own = { ...process.env, DOCKER_HOST: `unix://${socket}` };
    for (let left = 200; left > 0; left -= 1) {
      if (await connectEngine('podman', own).catch(() => undefined)) return { env: own, service };
      await sleep(50);
    }
    throw new Error('the service does not answer');
  }
  const noPodman = engine?.info.name === 'podman' && engine.info.local ? false : 'the engine is no local Podman';

  test('that dies in the middle: one sentence with a hint, exit code 2, the file as it was', {
    skip: noPodman,
  }, async () => {
    const { env, service } = await ownService();
    const path = manifest('web', `${deploymentText}\n---\n${deploymentText.replaceAll('name: web', 'name: other')}`);
    const text = readFileSync(path, 'utf8');
    const running = start(['harden', '--write', path], env);
    await untilPod(running, 2);
    service.kill('SIGKILL');
    const { code, out, err } = await running.ended;
    assert.equal(code, 2, err);
    assert.equal(out, '');
    assert.equal(err.match(/^petrify: /gm)?.length, 1, err);
    assert.match(err, /^petrify: The engine at unix:\S+ does not answer .*\n {2}hint: .*removed at the next start/m);
    assert.doesNotMatch(err, /\n {4}at /);
    assertUntouched(path, text);
    assert.equal((await petrify(['observe', manifest('next', shellPod(':'))])).code, 0);
    assert.deepEqual(await leftOf(running.pid), []);
  });

  test('that cannot pull an image says why in its own words, and the other workloads are done', async () => {
    const absent = shellPod(':').replace(IMAGE, 'localhost:1/nobody/nothing:7').replaceAll('name: app', 'name: absent');
    const path = manifest('two', `${absent}---\n${shellPod('echo x > /tmp/x')}`);
    const { code, out, err } = await petrify(['harden', path]);
    assert.equal(code, 2);
    assert.match(
      err,
      /two\.yaml:1: Pod absent: image localhost:1\/nobody\/nothing:7 is not on the engine and could not be pulled: .*(?:refused|dial tcp)/,
    );
    assert.match(err, /^ {2}hint: /m);
    assert.match(out, /^\+ +readOnlyRootFilesystem: true$/m);
  });
});

describe('a container', { skip }, () => {
  test('that ignores SIGTERM is given its time, killed, and that is said', async () => {
    const deaf = shellPod(':')
      .replace("trap 'exit 0' TERM QUIT;", "trap '' TERM;")
      .replace('spec:', 'spec:\n  terminationGracePeriodSeconds: 1');
    const begin = Date.now();
    const { code, err } = await petrify(['observe', manifest('deaf', deaf)]);
    assert.equal(code, 0, err);
    assert.match(err, /note: Container app did not end within 1 s of being asked to, and was killed/);
    assert.ok(Date.now() - begin < 25_000);
  });

  test('that bombs with forks is stopped by its limit, and the machine goes on', async () => {
    const bomb = shellPod('f() { f | f & }; f 2>/dev/null; sleep 1');
    const { code, err } = await petrify(['observe', manifest('bomb', bomb)]);
    assert.ok(code === 0 || code === 1, err);
    assert.ok(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length < 4_000);
  });

  test('that fills its emptyDir beyond the sizeLimit is not ready, with that sentence, and the trial is not taken', async () => {
    const full = shellPod('sleep 2; dd if=/dev/zero of=/c/x bs=1M count=80 2>/dev/null')
      .replace('      image:', '      volumeMounts: [{name: c, mountPath: /c}]\n      image:')
      .replace('spec:', 'spec:\n  volumes: [{name: c, emptyDir: {sizeLimit: 20Mi}}]');
    const { code, err } = await petrify(['observe', manifest('full', full)]);
    assert.equal(code, 1, err);
    assert.match(err, /Pod app did not become ready: volume c holds more than its sizeLimit of 20 MiB/);
  });
});

describe('what is of this host', { skip }, () => {
  const given = mkdtempSync(join(folder, 'given-'));
  writeFileSync(join(given, 'secret'), 'of the host');
  const pod = shellPod('cat /h/secret > /tmp/seen; test -s /tmp/seen || exit 3')
    .replace('      image:', '      volumeMounts: [{name: h, mountPath: /h, readOnly: true}]\n      image:')
    .replace('spec:', `spec:\n  volumes: [{name: h, hostPath: {path: ${given}, type: Directory}}]`);

  test('is given by name only, and said before it runs', async () => {
    const path = manifest('host', pod);
    const without = await petrify(['observe', path]);
    assert.equal(without.code, 1, without.err);
    assert.match(without.err, /--allow-host-path h gives the real one/);
    const { code, err } = await petrify(['observe', '--allow-host-path', 'h', path]);
    assert.equal(code, 0, err);
    assert.match(err, new RegExp(`^WARNING: Pod app gets this host's ${given}, read-only\\nrunning in `));
    assert.deepEqual(readdirSync(given), ['secret']);
  });

  const wrong = [
    [['--allow-host-path', 'x'], /No container mounts a hostPath volume with the name "x".*\n {2}hint: there are: h/],
    [['--allow-host-namespace', 'user'], /There is no namespace "user"/],
    [['--allow-host-namespace', 'pid'], /No workload of the input asks for the host's pid namespace/],
    [['--allow-host-path', 'h', '--engine', 'none'], /for a sandbox of this machine/],
    [['--allow-host-path', 'h', '--engine', 'kubernetes'], /for a sandbox of this machine/],
  ] as const;
  for (const [args, words] of wrong)
    test(`${args.join(' ')} is refused where it means nothing`, async () => {
      const { code, err } = await petrify(['harden', ...args, manifest('host', pod)]);
      assert.equal(code, 2);
      assert.match(err, words);
    });
});

/** A run in a real cluster, given by PETRIFY_TEST_KUBECONFIG: its rights, its output, its leftovers; skipped loudly elsewhere. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { load } from 'js-yaml';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { newRun } from '../../src/engine/runs.ts';
import type { Failure } from '../../src/failure.ts';
import { hardenWorkload } from '../../src/harden/harden.ts';
import { kubernetesHost } from '../../src/host/kubernetes.ts';
import { namespaceOf } from '../../src/host/namespace.ts';
import { observeWorkload } from '../../src/observe/observe.ts';
import { writableRoot } from '../../src/workload/variant.ts';
import { petrify, petrifyProcess } from '../cli/program.ts';
import { send } from '../cluster/real.ts';
import { workloadsIn } from '../engine/workloads.ts';
import { DEPLOYMENT, deploymentText, shellPod } from '../example.ts';

const kubeconfig = process.env.PETRIFY_TEST_KUBECONFIG;
const skip = kubeconfig === undefined && 'PETRIFY_TEST_KUBECONFIG names no kubeconfig of a cluster for tests';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

suite('a run in a cluster', { skip }, () => {
  let call: (method: string, path: string, body?: object, type?: string) => Promise<Record<string, unknown>>;
  const folder = mkdtempSync(join(tmpdir(), 'petrify-run-'));
  const marks: string[] = [];

  const namespaces = async (selector: string) => {
    const { items } = await call('GET', `/api/v1/namespaces?labelSelector=${selector}`);
    return (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  };

  before(async () => {
    call = send(await loadKubeconfig({ kubeconfig, env: {} }));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    for (const name of marks) await call('DELETE', `/api/v1/namespaces/${name}`).catch(() => {});
  });

  test('hardens the example, and leaves nothing', async () => {
    const host = await kubernetesHost({ kubeconfig, env: {} });
    const run = newRun();
    const { workload, documents } = workloadsIn(deploymentText);
    const result = await hardenWorkload(host, workload, { run, documents, seconds: 0.5 });
    assert.equal(result.outcome, 'hardened');
    assert.deepEqual(await namespaces(`petrify.dev/run=${run}`), [namespaceOf(run)]);
    await host.removeRun(run);
    assert.deepEqual(await namespaces(`petrify.dev/run=${run}`), []);
  });

  test('what a container writes while it ends is seen, and one that must be the first process is left to be it', async () => {
    const host = await kubernetesHost({ kubeconfig, env: {} });
    const run = newRun();
    const observe = async (script: string) => {
      const { workload, documents } = workloadsIn(shellPod(script));
      return observeWorkload(host, workload, { run, documents, seconds: 0.2 });
    };
    try {
      const ending = `trap 'echo bye > /var/last; rm /etc/nginx/mime.types; exit 0' TERM QUIT; while :; do sleep 0.1; done`;
      const seen = await observe(ending);
      assert.equal(seen.outcome.reason, undefined);
      assert.ok(seen.differences.some((sentence) => /share one namespace/.test(sentence)));
      const shutdown = seen.containers[0]!.evidence.filter(({ phase }) => phase === 'shutdown');
      assert.deepEqual(shutdown.map(({ what, path, bytes }) => [what, path, bytes]).sort(), [
        ['create', '/var/last', 4],
        ['delete', '/etc/nginx/mime.types', undefined],
      ]);
      const first = await observe('read -r pid rest < /proc/self/stat; test "$pid" = 1 || exit 3');
      assert.equal(first.outcome.reason, undefined);
      assert.ok(!first.differences.some((sentence) => /share one namespace/.test(sentence)));
    } finally {
      await host.removeRun(run);
    }
  });

  test('what it holds open for writing is seen, although nothing was written, or no name is left', async () => {
    const host = await kubernetesHost({ kubeconfig, env: {} });
    const run = newRun();
    try {
      const { workload, documents } = workloadsIn(shellPod('exec 5>>/etc/nginx/nginx.conf 6>/tmp/lock; rm /tmp/lock'));
      const { containers } = await observeWorkload(host, workload, { run, documents, seconds: 0.2 });
      const found = containers[0]!.evidence.filter(({ path }) => /nginx\.conf|lock$/.test(path));
      assert.deepEqual(found.map(({ what, path }) => `${what} ${path}`).sort(), [
        'create /tmp/lock',
        'modify /etc/nginx/nginx.conf',
      ]);
    } finally {
      await host.removeRun(run);
    }
  });

  test('the rights of the documentation are enough, and without them the refusal says what is missing', async () => {
    const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8');
    const { rules } = load(page.split('```yaml\n')[2]!.split('```')[0]!) as { rules: object[] };
    const name = `petrify-test-${randomBytes(4).toString('hex')}`;
    const subjects = [{ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' }];
    const roleRef = { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' };
    const host = await kubernetesHost({ kubeconfig: await kubeconfigAs(name), env: {} });
    const run = newRun();
    const { workload, documents } = workloadsIn(deploymentText);
    const observed = () => observeWorkload(host, writableRoot(workload), { run, documents, seconds: 0.2 });
    await assert.rejects(
      observed(),
      (error: Failure) => error.code === 'cluster-refused' && /cannot create resource "namespaces"/.test(error.message),
    );
    await call('POST', `${RBAC}/clusterroles`, { metadata: { name }, rules });
    await call('POST', `${RBAC}/clusterrolebindings`, { metadata: { name }, subjects, roleRef });
    try {
      const { outcome, answered, containers } = await until(observed);
      assert.equal(outcome.reason, undefined);
      assert.ok(answered.some(({ answer }) => answer === 'HTTP 200'));
      assert.ok(containers[0]!.evidence.some(({ path }) => path === '/run/nginx.pid'));
      assert.deepEqual(containers[0]!.listening, [80]);
      await host.removeLeftovers();
      await host.removeRun(run);
    } finally {
      await call('DELETE', `${RBAC}/clusterrolebindings/${name}`);
      await call('DELETE', `${RBAC}/clusterroles/${name}`);
    }
    assert.deepEqual(await namespaces(`petrify.dev/run=${run}`), []);
  });

  /** Rights take effect a moment after they were written. */
  async function until<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === 50 || !/cannot \w+ resource/.test((error as Error).message)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async function kubeconfigAs(user: string): Promise<string> {
    const as = JSON.parse((await loadKubeconfig({ kubeconfig, env: {} })).exportConfig());
    const { context } = as.contexts.find((one: { name: string }) => one.name === as['current-context']);
    as.users.find((one: { name: string }) => one.name === context.user).user.as = user;
    const file = join(folder, user);
    writeFileSync(file, JSON.stringify(as));
    return file;
  }

  test('what a dead process has left goes at the next start; a living one’s, and what only looks alike, stays', async () => {
    const host = await kubernetesHost({ kubeconfig, env: {} });
    const living = newRun();
    // One more than the largest process number of Linux.
    const dead = living.replace(/\.\d+\./, '.4194305.');
    const elsewhere = living.replace(/\.[0-9a-f]{8}\./, '.00000000.');
    const make = async (name: string, run: string, ends: number) => {
      const annotations = { 'petrify.dev/ends': new Date(ends).toISOString() };
      await call('POST', '/api/v1/namespaces', { metadata: { name, labels: { 'petrify.dev/run': run }, annotations } });
      marks.push(name);
    };
    const tomorrow = Date.now() + 86_400_000;
    await make(namespaceOf(living), living, tomorrow);
    await make(namespaceOf(dead), dead, tomorrow);
    await make(namespaceOf(elsewhere), elsewhere, tomorrow);
    const over = elsewhere.replace(/[0-9a-f]{8}$/, '00000000');
    await make(namespaceOf(over), over, Date.now() - 1000);
    const alike = `petrify-test-${randomBytes(4).toString('hex')}`;
    await make(alike, dead, Date.now() - 1000);
    const removed = await host.removeLeftovers();
    assert.ok(removed.includes(namespaceOf(dead)));
    assert.ok(removed.includes(namespaceOf(over)));
    for (const name of [namespaceOf(living), namespaceOf(elsewhere), alike]) assert.ok(!removed.includes(name), name);
  });

  test('Ctrl-C in the middle leaves nothing; what a killed one leaves is removed by the next', async () => {
    const args = ['observe', '--engine', 'kubernetes', '--kubeconfig', kubeconfig!, DEPLOYMENT];
    const mine = async (pid: number) =>
      (await namespaces('petrify.dev/run')).filter((name) => name.split('-')[2] === String(pid));
    let pid = 0;
    const ready = async (of: number) => {
      pid = of;
      return (await mine(of)).length > 0;
    };
    assert.equal((await petrifyProcess(args, { signal: 'SIGINT', ready })).code, 130);
    assert.deepEqual(await mine(pid), []);
    await petrifyProcess(args, { signal: 'SIGKILL', ready });
    assert.equal((await mine(pid)).length, 1, 'killed, it cannot clean up');
    const host = await kubernetesHost({ kubeconfig, env: {} });
    assert.ok((await host.removeLeftovers()).some((name) => name.split('-')[2] === String(pid)));
  });

  test('the program says where it ran', async () => {
    const said = await petrify(['observe', '--engine', 'kubernetes', '--kubeconfig', kubeconfig!, DEPLOYMENT]);
    assert.equal(said.code, 0, said.err);
    assert.match(said.err, /^running in the cluster \S+, namespace petrify-/m);
    assert.match(said.out, /\/run\/nginx\.pid/);
    assert.match(said.out.replace(/\s+/g, ' '), /in a cluster nobody sees what it writes to volumes/);
  });
});

/** Proofs in a real cluster, given by PETRIFY_TEST_KUBECONFIG: the law, what is withheld, what is left; skipped loudly elsewhere. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { load } from 'js-yaml';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { newRun } from '../../src/engine/runs.ts';
import { kubernetesHost } from '../../src/host/kubernetes.ts';
import { namespaceOf } from '../../src/host/namespace.ts';
import { proveInCluster } from '../../src/prove/prove.ts';
import { petrify, petrifyProcess } from '../cli/program.ts';
import { call, host, kubeconfig, missing, provenIn, uniqueName, until } from './cluster.ts';
import { nginx } from './nginx.ts';

const TIGHT = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const hardened = nginx({ container: TIGHT, pod: { runAsUser: 101, runAsGroup: 101 } });
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

suite('a proof in a cluster', { skip: missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-prove-'));
  const manifest = join(folder, 'hardened.json');
  writeFileSync(manifest, JSON.stringify(hardened.document.value));
  after(() => rmSync(folder, { recursive: true }));

  const namespaces = async (selector: string) => {
    const { items } = await call('GET', `/api/v1/namespaces?labelSelector=${selector}`);
    return (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  };

  test('immutable: proven by refused writes that succeed in a directory beside; the rest is named, and no twin runs', async () => {
    const run = newRun();
    const there = await host();
    const pods = new Set<string>();
    const looks: Promise<void>[] = [];
    const look = async () => {
      const { items } = await call('GET', `/api/v1/namespaces/${namespaceOf(run)}/pods`);
      for (const { metadata } of items as { metadata: { name: string } }[]) pods.add(metadata.name);
    };
    const onAttempt = () => void looks.push(look());
    try {
      const [proof] = await proveInCluster(there, hardened, { petrify: '0.0.0-test', run, documents: [], onAttempt });
      await Promise.all(looks);
      assert.equal(proof!.verdict, 'proven', proof!.reasons.join('\n'));
      const root = proof!.attempts.filter(({ id }) => id.startsWith('write-root:'));
      assert.ok(
        root.some(
          ({ outcome, errno, control }) => outcome === 'blocked' && errno === 'EROFS' && control === 'succeeded',
        ),
      );
      const remount = proof!.attempts.filter(({ id }) => id.startsWith('remount-root:'));
      assert.ok(
        remount.length > 0 && remount.every(({ outcome, control }) => outcome === 'blocked' && control === 'not-run'),
      );
      const named = proof!.differences.find((each) => each.startsWith('Refused, but nothing showed here'));
      assert.match(named ?? '', /remount-root/);
      assert.doesNotMatch(named ?? '', /write-root/);
      assert.match(
        proof!.where,
        /^cluster: .*, Kubernetes v.*, a copy in a throw-away namespace, on node \S+ \(Linux \d.*, \S+ .*\)$/,
      );
      assert.deepEqual([proof!.identity?.uid, proof!.identity?.gid], [101, 101]);
      assert.deepEqual(proof!.traces, []);
      assert.ok(proof!.notAttempted.some(({ reason }) => /a node of a cluster/.test(reason)));
      assert.deepEqual([...pods], ['nginx'], 'no weakened twin ever runs in a cluster');
    } finally {
      await there.removeRun(run);
    }
    assert.deepEqual(await namespaces(`petrify.dev/run=${run}`), []);
  });

  test('mutable: the root was written; bypassable: something succeeded', async () => {
    const [mutable] = await provenIn(nginx({ container: {} }));
    assert.equal(mutable!.verdict, 'mutable');
    assert.ok(mutable!.attempts.some(({ id, outcome }) => id.startsWith('write-root:') && outcome === 'succeeded'));
    const [bypassable] = await provenIn(nginx({ container: { readOnlyRootFilesystem: true } }));
    assert.equal(bypassable!.verdict, 'bypassable');
    assert.ok(bypassable!.attempts.some(({ id, outcome }) => id.startsWith('write-dev:') && outcome === 'succeeded'));
    for (const { attempts } of [mutable!, bypassable!])
      assert.deepEqual(
        attempts.filter(({ outcome }) => outcome === 'unknown'),
        [],
      );
  });

  test('what is withheld keeps it from proven, whatever was refused', async () => {
    const spec = nginx({ container: TIGHT, pod: { runAsUser: 101, runAsGroup: 101 } });
    const value = structuredClone(spec.document.value) as { spec: { hostIPC?: boolean } };
    value.spec.hostIPC = true;
    const file = join(folder, 'host.json');
    writeFileSync(file, JSON.stringify(value));
    const said = await petrify([
      'prove',
      '--engine',
      'kubernetes',
      '--kubeconfig',
      kubeconfig!,
      '--format',
      'json',
      file,
    ]);
    assert.equal(said.code, 1, said.err);
    const text = said.out.replace(/\s+/g, ' ');
    assert.match(text, /"verdict": "immutable"/);
    assert.match(text, /What ran is another pod than the manifest’s: hostIPC: the pod has its own IPC namespace here/);
  });

  test('a pod that does not become ready gives a proof that says so', async () => {
    const value = structuredClone(hardened.document.value) as { spec: { containers: { command?: string[] }[] } };
    value.spec.containers[0]!.command = ['/nothing/here'];
    const file = join(folder, 'fails.json');
    writeFileSync(file, JSON.stringify(value));
    const said = await petrify(['prove', '--engine', 'kubernetes', '--kubeconfig', kubeconfig!, file]);
    assert.equal(said.code, 1, said.err);
    const text = said.out.replace(/\s+/g, ' ');
    assert.match(text, /The pod did not become ready: container nginx .*\/nothing\/here/);
    assert.match(text, /No attack was made: the container/);
  });

  test('the program: what a cluster alone has, and what no cluster is given', async () => {
    const refusal = async (...args: string[]) => (await petrify(['prove', ...args, manifest])).err;
    assert.match(await refusal('--live'), /--live is for a cluster/);
    assert.match(await refusal('--engine', 'podman', '--as', 'jane'), /--as is for a cluster/);
    assert.match(await refusal('--engine', 'kubernetes', '--host-attacks'), /that of a cluster is a node/);
    assert.match(await refusal('--engine', 'kubernetes', '--as-group', 'g'), /--as names none/);
  });

  test('Ctrl-C in the middle leaves nothing; what a killed one leaves is removed by the next', async () => {
    const args = ['prove', '--engine', 'kubernetes', '--kubeconfig', kubeconfig!, manifest];
    const mine = async (pid: number) =>
      (await namespaces('petrify.dev/run')).filter((name) => name.split('-')[2] === String(pid));
    let pid = 0;
    /** While the copy runs: attacks are being made, or about to be. */
    const ready = async (of: number) => {
      pid = of;
      const [name] = await mine(of);
      if (name === undefined) return false;
      const { items } = await call('GET', `/api/v1/namespaces/${name}/pods`);
      return JSON.stringify(items).includes('"containerID":"');
    };
    assert.equal((await petrifyProcess(args, { signal: 'SIGINT', ready })).code, 130);
    assert.deepEqual(await mine(pid), []);
    await petrifyProcess(args, { signal: 'SIGKILL', ready });
    assert.equal((await mine(pid)).length, 1, 'killed, it cannot clean up');
    assert.ok((await (await host()).removeLeftovers()).some((name) => name.split('-')[2] === String(pid)));
  });

  test('the rights of the documentation are enough', async () => {
    const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8');
    const blocks = page
      .split('```yaml\n')
      .slice(1)
      .map((block) => load(block.split('```')[0]!) as { metadata: { name: string }; rules: object[] });
    const rules = ['petrify-run', 'petrify-prove'].flatMap(
      (role) => blocks.find(({ metadata }) => metadata.name === role)!.rules,
    );
    const name = uniqueName();
    const apiGroup = 'rbac.authorization.k8s.io';
    await call('POST', `${RBAC}/clusterroles`, { metadata: { name }, rules });
    await call('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name },
      subjects: [{ kind: 'User', name, apiGroup }],
      roleRef: { kind: 'ClusterRole', name, apiGroup },
    });
    const as = JSON.parse((await loadKubeconfig({ kubeconfig, env: {} })).exportConfig());
    const { context } = as.contexts.find((one: { name: string }) => one.name === as['current-context']);
    as.users.find((one: { name: string }) => one.name === context.user).user.as = name;
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(as));
    const run = newRun();
    const there = await kubernetesHost({ kubeconfig: file, env: {} });
    try {
      await until(() =>
        there.removeLeftovers().then(
          () => true,
          () => false,
        ),
      );
      const [proof] = await proveInCluster(there, hardened, { petrify: '0.0.0-test', run, documents: [] });
      assert.equal(proof!.verdict, 'proven', proof!.reasons.join('\n'));
      const outside = proof!.attempts.filter(({ family }) => family === 'outside');
      assert.deepEqual(
        outside.filter(({ layer }) => layer === 'RBAC'),
        [],
      );
      await there.removeRun(run);
    } finally {
      await call('DELETE', `${RBAC}/clusterrolebindings/${name}`);
      await call('DELETE', `${RBAC}/clusterroles/${name}`);
    }
  });
});

/** Attacks from outside in a real cluster (PETRIFY_TEST_KUBECONFIG), each with an identity; skipped loudly elsewhere. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openCluster } from '../../src/cluster/client.ts';
import type { Identity } from '../../src/cluster/impersonate.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { proveLive } from '../../src/prove/prove.ts';
import { petrify } from '../cli/program.ts';
import { bothWaysOn } from './both-ways.ts';
import {
  CLUSTER,
  call,
  grant,
  kubeconfig,
  missing,
  namespace,
  provenIn,
  removeNamespaces,
  uniqueName,
  until,
  within,
} from './cluster.ts';
import { nginx } from './nginx.ts';

const HARDENED = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const hardened = nginx({ container: HARDENED, pod: { runAsUser: 101, runAsGroup: 101, runAsNonRoot: true } });
const plain = nginx({ container: {} });
const nobody = { user: uniqueName(), groups: [] };

const proofs = bothWaysOn(
  CLUSTER,
  'outside',
  {
    hardened: { workload: hardened },
    plain: { workload: plain },
    nobody: { workload: hardened, options: { identity: nobody } },
  },
  {
    'attach-process': { beats: 'hardened', fails: 'nobody' },
    'copy-by-shell': { beats: 'plain', fails: 'hardened', place: /^(cat|base64):\/tmp$/ },
    'copy-in-cluster': { beats: 'plain', fails: 'hardened', place: /^tar:\/tmp$/ },
    'ephemeral-container': { beats: 'hardened', fails: 'nobody' },
    'exec-command': { beats: 'hardened', fails: 'nobody' },
    'port-forward': { beats: 'hardened', fails: 'nobody' },
  },
);

describe('what is refused, and by whom', { skip: missing }, () => {
  const home = uniqueName();
  const jane: Identity = { user: uniqueName(), groups: [] };
  const attemptOf = (proof: Proof, id: string) => proof.attempts.find((each) => each.id.startsWith(id))!;
  before(async () => {
    await namespace(home, { 'pod-security.kubernetes.io/enforce': 'restricted' });
    await grant(jane.user, home, [
      { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] },
    ]);
  });
  const folder = mkdtempSync(join(tmpdir(), 'petrify-outside-'));
  after(async () => {
    rmSync(folder, { recursive: true });
    await removeNamespaces();
  });

  test('an immutable pod stays so when somebody may exec: that is residual, with whom', () => {
    const proof = proofs.get('hardened')!;
    assert.equal(proof.verdict, 'proven', proof.reasons.join('\n'));
    assert.deepEqual(
      proof.attempts.filter(({ outcome }) => outcome === 'succeeded'),
      [],
    );
    const exec = proof.residual.find(({ what }) => what === 'exec')!;
    assert.match(exec.why, /done by Petrify’s own identity/);
    const uploads = proof.attempts.filter(({ id, outcome }) => id.startsWith('copy-') && outcome === 'residual');
    assert.deepEqual(uploads.map(({ id }) => id).sort(), [
      'copy-by-shell:base64:/run',
      'copy-by-shell:cat:/run',
      'copy-in-cluster:tar:/run',
    ]);
  });

  test('a write that the mount refuses is told with its errno, one that RBAC refuses with the verb and the namespace', () => {
    const mount = attemptOf(proofs.get('hardened')!, 'copy-in-cluster:tar:/tmp');
    assert.deepEqual([mount.errno, mount.layer, mount.control], ['EROFS', 'read-only mount', 'succeeded']);
    const rights = attemptOf(proofs.get('nobody')!, 'exec-command');
    assert.deepEqual([rights.errno, rights.layer], [null, 'RBAC']);
    assert.match(rights.detail, new RegExp(`RBAC does not let user ${nobody.user} create pods/exec in namespace`));
    assert.equal(proofs.get('nobody')!.verdict, 'proven');
  });

  test('rights are those in the workload’s own namespace, and so is Pod Security', async () => {
    const [proof] = await provenIn(within(hardened, home), { identity: jane });
    const exec = attemptOf(proof!, 'exec-command');
    assert.equal(exec.outcome, 'residual');
    assert.match(exec.detail, new RegExp(`which RBAC grants in namespace ${home}; on the copy it was done with`));
    assert.match(proof!.residual.find(({ what }) => what === 'exec')!.why, new RegExp(`done by user ${jane.user}`));
    assert.equal(attemptOf(proof!, 'port-forward').layer, 'RBAC');
    const debug = attemptOf(proof!, 'ephemeral-container');
    assert.deepEqual([debug.outcome, debug.layer], ['blocked', 'admission']);
    assert.match(debug.detail, /violates PodSecurity "restricted:latest"/);
  });

  test('a pod that serves: only harmless attacks, nothing left, nothing proven', async () => {
    const own = uniqueName();
    await namespace(own);
    const { value } = within(hardened, own).document;
    const created = { ...(value as object), metadata: { name: 'nginx', namespace: own } };
    await until(() =>
      call('POST', `/api/v1/namespaces/${own}/pods`, created).then(
        () => true,
        () => false,
      ),
    );
    const cluster = await openCluster({ kubeconfig, env: {} });
    const place = { namespace: own, pod: 'nginx', container: 'nginx' };
    const live = (identity?: Identity) =>
      proveLive(within(hardened, own), { petrify: '0.0.0-test', cluster, identity });
    await assert.rejects(
      proveLive({ ...within(hardened, own), name: 'other' }, { petrify: '0.0.0-test', cluster }),
      /No pod of Pod other is ready in namespace/,
    );
    await until(async () => {
      const pod = (await call('GET', `/api/v1/namespaces/${own}/pods/nginx`)) as { status: { conditions?: object[] } };
      return isReady(pod);
    });
    const before = (await cluster.exec(place, ['find', '/tmp', '/run', '/var/cache'])).stdout.toString();
    const [proof] = await live();
    assert.equal(proof!.verdict, 'immutable');
    assert.ok(proof!.reasons.some((each) => /only attacks from outside that are harmless were made/.test(each)));
    assert.deepEqual([...new Set(proof!.attempts.map(({ family }) => family))], ['outside']);
    assert.ok(proof!.notAttempted.some(({ id }) => id === 'write-root'));
    assert.ok(proof!.notAttempted.some(({ id }) => id === 'ephemeral-container'));
    assert.deepEqual(
      proof!.attempts.map(({ id, outcome }) => `${id} ${outcome}`),
      [
        'attach-process:attach residual',
        'copy-by-shell:base64:/tmp blocked',
        'copy-by-shell:base64:/run residual',
        'copy-in-cluster:tar:/tmp blocked',
        'copy-in-cluster:tar:/run residual',
        'exec-command:exec residual',
        'port-forward:port residual',
      ],
    );
    assert.equal(proof!.identity?.uid, 101);
    assert.deepEqual(proof!.traces, []);
    assert.equal((await cluster.exec(place, ['find', '/tmp', '/run', '/var/cache'])).stdout.toString(), before);
    const theirs = cluster.as(nobody);
    await assert.rejects(theirs.exec(place, ['true']), /does not open exec: .*403/);
    await assert.rejects(theirs.attach(place), /does not open attach: .*403/);
    await assert.rejects(theirs.forward(place).listens(80), /does not open portforward: .*403/);
    const manifest = join(folder, 'live.json');
    writeFileSync(manifest, JSON.stringify(created));
    const words = ['prove', '--engine', 'kubernetes', '--kubeconfig', kubeconfig!, '--live', '--as', jane.user];
    const said = await petrify([...words, manifest]);
    assert.equal(said.code, 1, said.err);
    assert.match(said.out, new RegExp(`the pod ${own}/nginx that serves, on node`));
    const [refused] = await live(jane);
    assert.ok(refused!.attempts.every(({ outcome, layer }) => outcome === 'blocked' && layer === 'RBAC'));
    const groups = { user: jane.user, groups: ['system:masters'] };
    const [asMaster] = await live(groups);
    assert.equal(attemptOf(asMaster!, 'exec-command').outcome, 'residual', 'the groups count');
  });
});

function isReady({ status }: { readonly status: { readonly conditions?: readonly object[] } }): boolean {
  return (status.conditions ?? []).some((one) => {
    const { type, status } = one as { type?: string; status?: string };
    return type === 'Ready' && status === 'True';
  });
}

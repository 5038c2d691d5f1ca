/** The namespace of a run against a replaying API server, with the words that a real one (1.26) has answered. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Cluster, openCluster } from '../../src/cluster/client.ts';
import { newRun } from '../../src/engine/runs.ts';
import type { Failure } from '../../src/failure.ts';
import { makeNamespace, namespaceOf, removeLeftoverNamespaces, removeNamespaces } from '../../src/host/namespace.ts';
import { watchObject } from '../../src/host/pod-watch.ts';
import { makeCertificates } from '../cluster/certificates.ts';
import { answer, kubeconfig, type Replay, refuse, startReplay } from '../cluster/replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-namespace-'));
const certificates = makeCertificates(folder);
const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [] } };

const violates = (level: string) =>
  `pods "web" is forbidden: violates PodSecurity "${level}:latest": seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
const NO_ACCOUNT =
  'pods "web" is forbidden: error looking up service account x/default: serviceaccount "default" not found';
const NO_RIGHT = 'pods is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "x"';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> } };
}

suite('the namespace of a run', { skip: certificates === undefined && 'openssl is not installed' }, () => {
  let replay: Replay;
  let cluster: Cluster;
  let sent: Sent[];
  /** Refusals of pods, one after the other; then they are created. */
  let refusals: [status: number, words: string][];
  let namespaces: { metadata: { name: string; labels?: object; annotations?: object } }[];
  const run = newRun();

  before(async () => {
    replay = await startReplay(certificates!, {});
    const file = join(folder, 'config');
    writeFileSync(file, kubeconfig(certificates!, replay.server));
    replay.fault = (_, response) => answer(response, 200, { gitVersion: 'v1.36.0' });
    cluster = await openCluster({ kubeconfig: file, env: {} });
  });
  beforeEach(() => {
    sent = [];
    refusals = [];
    namespaces = [];
    replay.fault = async ({ pathname }, response, request) => {
      const method = request.method!;
      if (method === 'GET' && pathname === '/api/v1/namespaces') {
        return answer(response, 200, { items: namespaces });
      }
      if (method === 'GET') return refuse(response, 404, 'not found');
      const body = request.headers['content-type'] === undefined ? {} : ((await json(request)) as Sent['body']);
      sent.push({ method, path: pathname, type: request.headers['content-type'], body });
      if (method === 'POST' && pathname.endsWith('/pods')) {
        const [refusal] = refusals.splice(0, 1);
        if (refusal !== undefined) return refuse(response, ...refusal);
      }
      return answer(response, method === 'POST' ? 201 : 200, {});
    };
  });
  after(async () => {
    await replay.close();
    rmSync(folder, { recursive: true });
  });

  const created = async (...answers: [number, string][]) => {
    const namespace = await makeNamespace(cluster, run);
    refusals = answers;
    const notes: string[] = [];
    return { refusal: await namespace.createPod(POD, notes), notes };
  };
  const levels = () => sent.flatMap(({ body }) => body.metadata?.labels?.['pod-security.kubernetes.io/enforce'] ?? []);

  test('is labelled, says who made it and when it ends, and is closed to the network', async () => {
    assert.deepEqual(await created(), { refusal: undefined, notes: [] });
    const [made, policy, pod] = sent;
    assert.equal(made!.path, '/api/v1/namespaces');
    assert.equal(made!.body.metadata!.labels!['petrify.dev/run'], run);
    assert.match(made!.body.metadata!.annotations!['petrify.dev/created-by']!, new RegExp(`process ${process.pid}$`));
    assert.ok(Date.parse(made!.body.metadata!.annotations!['petrify.dev/ends']!) > Date.now());
    assert.match(policy!.path, /^\/apis\/networking\.k8s\.io\/v1\/namespaces\/petrify-.*\/networkpolicies$/);
    assert.deepEqual((policy!.body as { spec?: object }).spec, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    assert.deepEqual([pod!.method, pod!.type], ['POST', 'application/json']);
    assert.match(namespaceOf(run), /^[a-z0-9-]{1,63}$/);
  });

  test('gets the strictest Pod Security level that lets the pod in, and only privileged is worth a note', async () => {
    assert.deepEqual(await created([403, violates('restricted')]), { refusal: undefined, notes: [] });
    assert.deepEqual(levels(), ['restricted', 'baseline']);
    assert.equal(sent.find(({ method }) => method === 'PATCH')!.type, 'application/merge-patch+json');
    sent = [];
    const { refusal, notes } = await created(
      [403, violates('restricted')],
      // The label was written, and admission has not heard of it.
      [403, violates('restricted')],
      [403, violates('baseline')],
    );
    assert.deepEqual([refusal, levels()], [undefined, ['restricted', 'baseline', 'privileged']]);
    assert.match(notes.join(), /^The namespace enforces no Pod Security level for it: .*seccompProfile/);
  });

  test('waits for what a controller makes; what admission refuses is told in its words', async () => {
    assert.equal((await created([403, NO_ACCOUNT], [403, NO_ACCOUNT])).refusal, undefined);
    const words = 'admission webhook "policy" denied the request: no latest tag';
    assert.equal((await created([400, words])).refusal, words);
    assert.equal(
      (await created([422, 'Pod "web" is invalid: spec.containers: Required value'])).refusal?.slice(0, 9),
      'Pod "web"',
    );
    await assert.rejects(
      created([403, NO_RIGHT]),
      (error: Failure) =>
        error.code === 'cluster-refused' &&
        /cannot create resource/.test(error.message) &&
        /docs\/cluster/.test(error.hint!),
    );
  });

  test('what changes something is asked again only where nothing was done', async () => {
    assert.equal((await created([429, 'too many requests'])).refusal, undefined);
    await assert.rejects(created([500, 'etcd is away']), /etcd is away/);
    assert.equal(sent.filter(({ path }) => path.endsWith('/pods')).length, 3);
  });

  test('is removed by its label and its name; what only carries the label stays', async () => {
    const dead = run.replace(/\.\d+\./, '.4194305.');
    const labels = (value: string) => ({ 'petrify.dev/run': value });
    namespaces = [
      { metadata: { name: namespaceOf(run), labels: labels(run) } },
      { metadata: { name: 'shop', labels: labels(run) } },
      { metadata: { name: 'bank', labels: labels(dead) } },
      { metadata: { name: 'petrify-x', labels: labels('x') } },
      { metadata: { name: namespaceOf(dead), labels: labels(dead) } },
    ];
    await removeNamespaces(cluster, run);
    assert.deepEqual(await removeLeftoverNamespaces(cluster), [namespaceOf(dead)]);
    assert.deepEqual(
      sent.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`),
      [`DELETE ${namespaceOf(run)}`, `DELETE ${namespaceOf(dead)}`],
    );
  });

  test('a watch tells each change, however it is cut into pieces, and ends with the object', async () => {
    const lines = ['ADDED', 'BOOKMARK', 'MODIFIED', 'DELETED']
      .map((type, at) => `${JSON.stringify({ type, object: { at } })}\n`)
      .join('');
    replay.fault = async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (let start = 0; start < lines.length; start += 7) {
        response.write(lines.slice(start, start + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      // Left open, as by a server that watches on.
      return true;
    };
    const seen: unknown[] = [];
    await watchObject(
      cluster.api,
      '/api/v1/namespaces/x/pods',
      'web',
      ({ at }) => seen.push(at),
      AbortSignal.timeout(5_000),
    );
    assert.deepEqual(seen, [0, 2, 3]);
  });
});

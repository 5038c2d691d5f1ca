/** `--cluster` against a replaying API server: real TLS, real kubeconfig files, real pods. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type ClusterOptions, clusterSource } from '../../src/cluster/source.ts';
import { judge } from '../../src/controls/verdict.ts';
import { Failure } from '../../src/failure.ts';
import type { Live } from '../../src/manifest/document.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import type { SourceItem } from '../../src/source/source.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { makeCertificates } from './certificates.ts';
import { answer, kubeconfig, type Replay, type Replayed, recorded, refuse, startReplay } from './replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-cluster-'));
const certificates = makeCertificates(folder);
const PODS = '/api/v1/pods';
const REPLICA_SETS = '/apis/apps/v1/replicasets';

const owned = (apiVersion: string, kind: string, name: string) => [{ apiVersion, kind, name, controller: true }];

function controller(name: string, containers: string[], ownerReferences: object[] = [], namespace = 'shop'): Replayed {
  const spec = { containers: containers.map((one) => ({ name: one })) };
  return { metadata: { name, namespace, ownerReferences } as Replayed['metadata'], spec: { template: { spec } } };
}

/** The controllers of the recorded pods. */
function shop(): Record<string, Replayed[]> {
  const web = owned('apps/v1', 'Deployment', 'web');
  return {
    // The Jobs' pods as they were a moment before they ended.
    [PODS]: recorded('pods.json').map((one) => ({ ...one, status: { phase: 'Running' } })),
    [REPLICA_SETS]: [
      controller('web-68c6fbf997', ['web', 'seed', 'sidecar'], web),
      controller('web-f84cfdfd7', ['web', 'seed', 'sidecar'], web),
    ],
    '/apis/apps/v1/statefulsets': [controller('db', ['db'])],
    '/apis/apps/v1/daemonsets': [controller('agent', ['agent'])],
    '/apis/batch/v1/jobs': [
      controller('once', ['once']),
      controller('tick-29923608', ['tick'], owned('batch/v1', 'CronJob', 'tick')),
    ],
    '/api/v1/namespaces': [{ metadata: { name: 'shop' } }, { metadata: { name: 'bank' } }],
    '/api/v1/configmaps': [],
    '/apis/rbac.authorization.k8s.io/v1/roles': [],
    '/apis/rbac.authorization.k8s.io/v1/clusterroles': [],
  };
}

function pod(name: string, ownerReferences: unknown[], spec: object, metadata: object = {}): Replayed {
  return {
    metadata: { name, namespace: 'shop', ownerReferences, ...metadata },
    spec,
    status: { phase: 'Running' },
  } as Replayed;
}

const plain = { containers: [{ name: 'web', image: 'nginx' }] };

suite('a cluster as a source', { skip: certificates === undefined && 'openssl is not installed' }, () => {
  let replay: Replay;
  let file: string;

  before(async () => {
    replay = await startReplay(certificates!, {});
    file = join(folder, 'config');
    writeFileSync(file, kubeconfig(certificates!, replay.server));
  });
  beforeEach(() => {
    replay.objects = shop();
    replay.fault = () => false;
    replay.requests.length = 0;
  });
  after(async () => {
    await replay.close();
    rmSync(folder, { recursive: true });
  });

  async function read(options: Partial<ClusterOptions> = {}): Promise<SourceItem[]> {
    const items: SourceItem[] = [];
    for await (const item of clusterSource({ kubeconfig: file, env: {}, ...options })) items.push(item);
    return items;
  }
  const livesIn = (items: SourceItem[]): Live[] =>
    items.flatMap((item) => ('text' in item ? (item.text.live ?? []) : []));
  const brief = ({ owner, pods }: Live) => `${owner ? `${owner.kind} ${owner.name}` : '-'}: ${pods.join(' ')}`;
  const refusals = (items: SourceItem[]) => items.flatMap((item) => ('unreadable' in item ? [item.unreadable] : []));
  const codeOf = async (options: Partial<ClusterOptions> = {}): Promise<Failure> => {
    const error: unknown = await read(options).then(
      () => assert.fail('no failure'),
      (thrown) => thrown,
    );
    assert.ok(error instanceof Failure, String((error as Error).stack));
    return error;
  };

  test('recorded pods are grouped under the owner at the top, in a stable order', async () => {
    const items = await read();
    assert.deepEqual(refusals(items), []);
    assert.deepEqual(livesIn(items).map(brief), [
      'CronJob tick: tick-29923608-k26ht',
      'DaemonSet agent: agent-456dz',
      'Deployment web: web-68c6fbf997-74gmr web-68c6fbf997-hww68',
      'Deployment web: web-f84cfdfd7-cgz7g web-f84cfdfd7-szndf',
      'Job once: once-4t56b',
      '-: nginx-privileged',
      'StatefulSet db: db-0',
    ]);
    assert.deepEqual(
      items.map((item) => ('text' in item ? item.text.file : '?')),
      items.map((item) => ('text' in item ? item.text.file : '?')).toSorted(),
    );
    assert.ok(livesIn(items).every(({ injected }) => Object.keys(injected).length === 0));
  });

  test('each text is judged as the pod that runs', async () => {
    const verdicts = new Map<string, string>();
    for (const item of await read()) {
      if (!('text' in item)) continue;
      const { documents } = readDocuments(item.text);
      const [workload] = findWorkloads(documents[0]!);
      verdicts.set(item.text.file, judge(workload!).verdict);
    }
    assert.equal(verdicts.get('shop/Pod/nginx-privileged'), 'bypassable');
    assert.deepEqual(
      ['DaemonSet/agent', 'Deployment/web', 'StatefulSet/db'].map((name) => verdicts.get(`shop/${name}`)),
      ['mutable', 'mutable', 'mutable'],
    );
  });

  test("what is each pod's own does not part a group; what is judged does", async () => {
    const web = owned('apps/v1', 'ReplicaSet', 'web-1');
    const db = owned('apps/v1', 'StatefulSet', 'db');
    const token = (five: string) => ({
      containers: [
        {
          name: 'web',
          env: [{ name: 'SEED', value: five }],
          volumeMounts: [{ name: `kube-api-access-${five}`, mountPath: '/var/run/secrets' }],
        },
      ],
      volumes: [{ name: `kube-api-access-${five}`, projected: { sources: [] } }],
      nodeName: `node-${five}`,
    });
    const ordinal = (index: number) => ({
      ...plain,
      hostname: `db-${index}`,
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `data-db-${index}` } }],
    });
    const debugged = { ...token('ccccc'), ephemeralContainers: [{ name: 'debugger-x', image: 'busybox' }] };
    replay.objects[PODS] = [
      pod('db-0', db, ordinal(0)),
      pod('db-1', db, ordinal(1)),
      pod('db-2', db, { ...ordinal(2), volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'other' } }] }),
      pod('web-1-a', web, token('aaaaa')),
      pod('web-1-b', web, token('bbbbb')),
      pod('web-1-c', web, debugged, {
        managedFields: [
          { manager: 'kcm', fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': {} } } } },
          {
            manager: 'kubectl-debug',
            subresource: 'ephemeralcontainers',
            fieldsV1: { 'f:spec': { 'f:ephemeralContainers': { 'k:{"name":"debugger-x"}': {} } } },
          },
        ],
      }),
      pod('web-1-d', web, { ...token('ddddd'), hostPID: true }),
      pod('web-2-a', owned('apps/v1', 'ReplicaSet', 'web-2'), token('eeeee')),
    ];
    const deployment = owned('apps/v1', 'Deployment', 'web');
    replay.objects[REPLICA_SETS] = ['web-1', 'web-2'].map((name) => controller(name, ['web'], deployment));
    replay.objects['/apis/apps/v1/statefulsets'] = [controller('db', ['web'])];
    const lives = livesIn(await read());
    assert.deepEqual(lives.map(brief), [
      'Deployment web: web-1-a web-1-b web-2-a',
      'Deployment web: web-1-c',
      'Deployment web: web-1-d',
      'StatefulSet db: db-0 db-1',
      'StatefulSet db: db-2',
    ]);
    assert.deepEqual(lives[1]!.injected, { 'debugger-x': 'added to the running pod by kubectl-debug (field manager)' });
  });

  test('containers that the owner did not ask for are named, with the evidence', async () => {
    const web = owned('apps/v1', 'ReplicaSet', 'web-1');
    const spec = {
      containers: [{ name: 'web' }, { name: 'istio-proxy' }, { name: 'stranger' }],
      initContainers: [{ name: 'istio-init' }],
    };
    const status = JSON.stringify({ initContainers: ['istio-init'], containers: ['istio-proxy'] });
    const annotations = { 'sidecar.istio.io/status': status };
    const managedFields = [
      { manager: 'kubectl', fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': {} } } } },
    ];
    replay.objects[PODS] = [pod('alone', [], spec, { managedFields }), pod('web-1-a', web, spec, { annotations })];
    replay.objects[REPLICA_SETS] = [controller('web-1', ['web'], owned('apps/v1', 'Deployment', 'web'))];
    const [ofDeployment, alone] = livesIn(await read());
    assert.deepEqual(ofDeployment!.injected, {
      'istio-proxy': 'injected by Istio (annotation sidecar.istio.io/status)',
      'istio-init': 'injected by Istio (annotation sidecar.istio.io/status)',
      stranger: 'injected: not in the template of Deployment shop/web',
    });
    const unwritten = 'injected: no field manager of the pod wrote it';
    assert.deepEqual(alone!.injected, { 'istio-proxy': unwritten, stranger: unwritten, 'istio-init': unwritten });
  });

  test('static pods belong to their node, and that is said', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    replay.objects[PODS] = [pod('kube-apiserver-n1', owned('v1', 'Node', 'n1'), plain, { annotations })];
    const items = await read();
    assert.deepEqual(livesIn(items).map(brief), ['Node n1: kube-apiserver-n1']);
    assert.match(items.map((item) => ('notice' in item ? item.notice.message : '')).join(''), /1 pod is static/);
  });

  test('pods that have ended are left out', async () => {
    const ended = { ...pod('done', [], plain), status: { phase: 'Succeeded' } };
    replay.objects[PODS] = [ended, pod('runs', [], plain)];
    assert.deepEqual(livesIn(await read()).map(brief), ['-: runs']);
  });

  test('lists come in pages', async () => {
    const daemon = owned('apps/v1', 'DaemonSet', 'agent');
    replay.objects[PODS] = Array.from({ length: 1001 }, (_, index) => pod(`agent-${index}`, daemon, plain));
    const [live] = livesIn(await read());
    assert.equal(live!.pods.length, 1001);
    assert.equal(replay.requests.filter((one) => one.startsWith(PODS)).length, 5);
  });

  test('an expired continuation goes on where the server offers it, else the list starts again', async () => {
    const daemon = owned('apps/v1', 'DaemonSet', 'agent');
    for (const offered of ['500', undefined]) {
      replay.objects[PODS] = Array.from({ length: 600 }, (_, index) => pod(`agent-${index}`, daemon, plain));
      let expired = false;
      replay.fault = (url, response) => {
        if (expired || url.searchParams.get('continue') !== '500') return false;
        expired = true;
        return refuse(response, 410, 'Expired', { continue: offered });
      };
      const [live] = livesIn(await read());
      assert.ok(expired);
      assert.deepEqual([live!.pods.length, new Set(live!.pods).size], [600, 600], `offered: ${offered}`);
    }
    replay.fault = (url, response) => url.searchParams.has('continue') && refuse(response, 410, 'Expired');
    assert.match(refusals(await read())[0]!.message, /refuses to list pods in all namespaces: Expired/);
  });

  test('one refused resource does not hide the rest', async () => {
    replay.fault = (url, response) =>
      url.pathname === REPLICA_SETS && refuse(response, 403, 'replicasets.apps is forbidden: User "jane" cannot list');
    const items = await read();
    const [problem, ...others] = refusals(items);
    assert.deepEqual(others, []);
    assert.match(problem!.message, /refuses to list replicasets \(apps\) in all namespaces.*User "jane"/);
    assert.match(problem!.hint!, /grant the verb list on replicasets, or give --namespace/);
    assert.ok(
      livesIn(items).map(brief).includes('ReplicaSet web-68c6fbf997: web-68c6fbf997-74gmr web-68c6fbf997-hww68'),
    );
    replay.fault = (url, response) => url.pathname === PODS && refuse(response, 403, 'no');
    assert.equal(refusals(await read()).length, 1);
  });

  test('a server with too much to do is asked again when it says so, and not for ever', async () => {
    let busy = 2;
    replay.fault = (url, response) => {
      if (url.pathname !== PODS || busy-- <= 0) return false;
      return answer(response, 429, { message: 'busy' }, { 'retry-after': '1' });
    };
    const start = performance.now();
    assert.ok(livesIn(await read()).length > 3);
    assert.ok(performance.now() - start >= 2_000, 'it waited for as long as it was told');
    busy = Number.POSITIVE_INFINITY;
    const [problem] = refusals(await read({ limits: { requestMs: 60_000, waitMs: 100 } }));
    assert.match(problem!.message, /busy/);
  });

  test('a slow server is given up, and Ctrl-C does not wait for it', async () => {
    replay.fault = () => new Promise(() => {});
    const slow = await codeOf({ limits: { requestMs: 200, waitMs: 1_000 } });
    assert.deepEqual([slow.code, /did not answer within 0.2 s/.test(slow.message)], ['no-cluster', true]);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Failure('interrupted', 'Interrupted by SIGINT.')), 100);
    const start = performance.now();
    assert.equal((await codeOf({ signal: abort.signal })).code, 'interrupted');
    assert.ok(performance.now() - start < 30_000, 'it did not wait for the 60 s of a request');
  });

  test('a connection that breaks is tried again', async () => {
    let broken = 1;
    replay.fault = (_url, _response, request) => {
      if (broken-- <= 0) return false;
      request.socket.destroy();
      return true;
    };
    assert.ok(livesIn(await read()).length > 3);
  });

  test('a namespace asks within it only', async () => {
    replay.objects[PODS]!.push({ ...pod('other', [], plain), metadata: { name: 'other', namespace: 'bank' } });
    const items = await read({ namespace: 'bank', kinds: new Set(['Namespace', 'ClusterRole', 'Role', 'ConfigMap']) });
    assert.deepEqual(livesIn(items).map(brief), ['-: other']);
    assert.ok(
      replay.requests.every((one) => one.startsWith('/api/v1/namespaces/bank') || /namespaces\/bank\//.test(one)),
    );
    const missing = await codeOf({ namespace: 'nowhere' });
    assert.deepEqual([missing.code, /no namespace nowhere/.test(missing.message)], ['cluster-refused', true]);
  });

  test('objects come without data, ConfigMaps only where a pod mounts them, Secrets not at all', async () => {
    const config = (name: string) => ({
      metadata: { name, namespace: 'shop' },
      data: { key: 'hush' },
      immutable: true,
    });
    replay.objects['/api/v1/configmaps'] = [config('used'), config('unused')];
    replay.objects['/api/v1/secrets'] = [config('secret')];
    replay.objects['/apis/rbac.authorization.k8s.io/v1/roles'] = [
      {
        metadata: { name: 'reader', namespace: 'shop' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      },
    ];
    replay.objects[PODS] = [pod('a', [], { ...plain, volumes: [{ name: 'v', configMap: { name: 'used' } }] })];
    const items = await read({ kinds: new Set(['Namespace', 'ClusterRole', 'Role', 'ConfigMap', 'Secret']) });
    const texts = items.flatMap((item) => ('text' in item ? [item.text] : []));
    assert.deepEqual(
      texts.map((text) => text.file),
      ['shop/Pod/a', 'Namespace/shop', 'Namespace/bank', 'shop/Role/reader', 'shop/ConfigMap/used'],
    );
    assert.deepEqual(JSON.parse(texts.at(-1)!.text), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'used', namespace: 'shop' },
      immutable: true,
    });
    assert.ok(!JSON.stringify(items).includes('hush'));
    assert.ok(!replay.requests.some((one) => one.includes('secrets')), 'Secrets are never asked for');
    assert.match(items.map((item) => ('notice' in item ? item.notice.message : '')).join(''), /Secrets .* not judged/);
  });

  test('roles that Kubernetes makes itself are left out; neither their label nor their name alone is enough', async () => {
    const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
    replay.objects['/apis/rbac.authorization.k8s.io/v1/clusterroles'] = [
      { metadata: { name: 'admin', labels } },
      { metadata: { name: 'system:node', labels } },
      { metadata: { name: 'edit' } },
      { metadata: { name: 'mine', labels } },
    ] as Replayed[];
    const items = await read({ kinds: new Set(['ClusterRole']) });
    const files = items.flatMap((item) => ('text' in item ? [item.text.file] : []));
    assert.deepEqual(
      files.filter((file) => file.startsWith('ClusterRole/')),
      ['ClusterRole/edit', 'ClusterRole/mine'],
    );
  });

  test('neither hostile names nor depth throw', async () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000));
    const annotations = { __proto__: null, 'sidecar.istio.io/status': '[{"' };
    replay.objects[PODS] = [
      pod('deep', [], { containers: [{ name: 'x', args: deep }] }),
      pod('labelled', [], plain, { labels: deep }),
      pod('__proto__', [], { containers: [{ name: '__proto__' }, null, 7, { name: 3 }] }, { annotations }),
      { metadata: 'none', spec: 'none' } as unknown as Replayed,
      pod(
        'odd',
        [null, 7, { controller: true }],
        { containers: 'x', volumes: [{ configMap: 3 }, 4] },
        { managedFields: [{ fieldsV1: { 'f:spec': { 'f:containers': { 'k:{': {}, 'k:7': {} } } } }] },
      ),
    ];
    replay.objects['/apis/rbac.authorization.k8s.io/v1/roles'] = [
      { metadata: { name: 'deep', namespace: 'shop' }, rules: deep },
      { metadata: { name: 'odd', namespace: 'shop' }, rules: 7 },
    ];
    const items = await read({ kinds: new Set(['Role']) });
    assert.match(refusals(items)[1]!.message, /Role shop\/deep nests deeper/);
    assert.ok(items.some((item) => 'text' in item && item.text.file === 'shop/Role/odd'));
    assert.match(refusals(items)[0]!.message, /2 pods nest/);
    assert.equal(livesIn(items).length, 3);
  });

  test('credentials: a client certificate, a token file, a plugin', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const use = (user: object) => writeFileSync(file, kubeconfig(certificates!, replay.server, user));
    try {
      const { client, expired } = certificates!;
      use({ 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) });
      assert.ok((await read()).length > 3);
      writeFileSync(join(folder, 'token'), 'the-token');
      use({ tokenFile: 'token' });
      assert.ok((await read()).length > 3);
      const credential = '{"kind":"ExecCredential","status":{"token":"the-token"}}';
      const script = `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *ExecCredential*) echo '${credential}';; esac\n`;
      writeFileSync(join(folder, 'plugin'), script, { mode: 0o755 });
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never' };
      use({ exec });
      assert.ok((await read()).length > 3);

      use({ exec: { ...exec, command: 'no-such-plugin', installHint: 'get it from the shop' } });
      const missing = await codeOf();
      assert.deepEqual([missing.code, missing.hint], ['no-cluster', 'get it from the shop']);
      assert.match(missing.message, /credential plugin no-such-plugin of context test is not installed/);
      writeFileSync(join(folder, 'plugin'), '#!/bin/sh\necho log in first >&2; exit 1\n', { mode: 0o755 });
      use({ exec });
      assert.match((await codeOf()).message, /failed: log in first/);
      use({ 'client-certificate-data': base64(expired.cert), 'client-key-data': base64(expired.key) });
      const old = await codeOf();
      assert.equal(old.code, 'cluster-refused');
      assert.match(old.message, /does not accept its credentials: its certificate ended on \d{4}-\d\d-\d\d/);
      use({ token: 'wrong' });
      assert.match((await codeOf()).message, /does not accept its credentials\.$/);
      use({});
      assert.equal((await codeOf()).code, 'cluster-refused');
    } finally {
      use({ token: 'the-token' });
    }
  });

  test('a proxy of the kubeconfig is used, and without TLS no credentials are sent', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.headers.authorization ?? 'nobody'}`);
      answer(response, 200, { metadata: {}, items: [pod('plain', [], plain)] });
    });
    proxy.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url}`);
      const { hostname, port } = new URL(replay.server);
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const other = join(folder, 'through');
    try {
      const config = JSON.parse(kubeconfig(certificates!, replay.server));
      config.clusters[0].cluster['proxy-url'] = address;
      writeFileSync(other, JSON.stringify(config));
      assert.ok(livesIn(await read({ kubeconfig: other })).length > 3);
      assert.ok(seen.length > 0 && seen.every((one) => one === `CONNECT ${new URL(replay.server).host}`), seen.join());
      seen.length = 0;
      writeFileSync(other, kubeconfig(certificates!, address));
      assert.deepEqual(livesIn(await read({ kubeconfig: other })).map(brief), ['-: plain']);
      assert.deepEqual(seen, ['GET nobody']);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  test('a cluster that cannot be asked is one failure with a hint', async () => {
    const other = join(folder, 'other');
    const config = JSON.parse(kubeconfig(certificates!, replay.server));
    const failing = async (change: (copy: typeof config) => void, options: Partial<ClusterOptions> = {}) => {
      const copy = structuredClone(config);
      change(copy);
      writeFileSync(other, JSON.stringify(copy));
      const failure = await codeOf({ kubeconfig: other, ...options });
      assert.equal(failure.code, 'no-cluster');
      assert.ok(failure.hint);
      return failure.message;
    };
    const cluster = (copy: typeof config) => copy.clusters[0].cluster;
    assert.match(await failing(() => {}, { context: 'prod' }), /there is no context prod/);
    assert.match(await failing((copy) => delete copy['current-context']), /no current context/);
    assert.match(await failing((copy) => (copy.clusters = [])), /names the cluster replay, which is not there/);
    assert.match(await failing((copy) => (copy.users = [])), /names the user jane, which is not there/);
    assert.match(await failing((copy) => (cluster(copy).server = 'https://127.0.0.1:9')), /refuses the connection/);
    assert.match(
      await failing((copy) => delete cluster(copy)['certificate-authority-data']),
      /unknown authority|own making/,
    );
    assert.match(
      await failing((copy) => (cluster(copy).server = replay.server.replace('127.0.0.1', 'localhost'))),
      /another name/,
    );
    assert.match(await failing((copy) => (cluster(copy)['certificate-authority-data'] = '?')), /./);
    assert.match(await failing(() => {}, { kubeconfig: join(folder, 'missing') }), /missing: no such kubeconfig/);
    assert.match(await failing(() => {}, { kubeconfig: undefined, env: { HOME: folder } }), /No kubeconfig was found/);
    replay.fault = (_url, response) => {
      response.end('<html>');
      return true;
    };
    const portal = await codeOf();
    assert.deepEqual(
      [portal.code, /not as a Kubernetes API server does/.test(portal.message)],
      ['cluster-refused', true],
    );
    for (const text of ['', '{', 'a: [', 'kind: Pod', 'kind: Config\nclusters: [{}]']) {
      writeFileSync(other, text);
      const failure = await codeOf({ kubeconfig: other });
      assert.match(failure.message, /cannot be read as a kubeconfig/, text);
    }
  });

  test('KUBECONFIG is a list: the first file that names a thing wins, missing ones are passed over', async () => {
    const second = join(folder, 'second');
    const config = JSON.parse(kubeconfig(certificates!, 'https://127.0.0.1:9'));
    config.contexts.push({ name: 'extra', context: { cluster: 'replay', user: 'jane' } });
    config['current-context'] = 'extra';
    writeFileSync(second, JSON.stringify(config));
    const env = { KUBECONFIG: [join(folder, 'missing'), file, second].join(':') };
    for (const context of [undefined, 'extra']) {
      const items = await read({ kubeconfig: undefined, env, context });
      const [first] = items;
      assert.ok(first !== undefined && 'text' in first);
      assert.deepEqual(first.text.rendered, { by: 'cluster', from: context ?? 'test' });
    }
  });
});

/** `--cluster` against a real API server, given by PETRIFY_TEST_KUBECONFIG: what it admits is what is judged. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { load } from 'js-yaml';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { clusterSource } from '../../src/cluster/source.ts';
import type { Live } from '../../src/manifest/document.ts';
import type { SourceItem } from '../../src/source/source.ts';
import { send } from './real.ts';

const kubeconfig = process.env.PETRIFY_TEST_KUBECONFIG;
const namespace = `petrify-test-${randomBytes(4).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'petrify-cluster-'));
const skip = kubeconfig === undefined && 'PETRIFY_TEST_KUBECONFIG names no kubeconfig of a cluster for tests';

const container = (name: string) => ({ name, image: 'registry.invalid/none:1', command: ['sleep', '1'] });

after(() => rmSync(folder, { recursive: true }));

suite('a real cluster', { skip }, () => {
  let call: (method: string, path: string, body?: object, type?: string) => Promise<Record<string, unknown>>;
  const inNamespace = (group: string, plural: string) => `${group}/namespaces/${namespace}/${plural}`;

  /** Makes an object and gives it back as the API server has it. */
  async function create(group: string, plural: string, object: object) {
    return (await call('POST', inNamespace(group, plural), object)) as { metadata: { uid: string; name: string } };
  }

  function pod(name: string, containers: object[], metadata: object = {}, spec: object = {}) {
    // No such node: a pod of these tests runs nowhere, whatever cluster they are given.
    const placed = { nodeSelector: { 'petrify.dev/no-such-node': 'true' }, ...spec };
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers, ...placed } };
  }

  const ownedBy = (apiVersion: string, kind: string, { name, uid }: { name: string; uid: string }) => ({
    ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
  });

  const adopt = (group: string, plural: string, name: string, metadata: object) =>
    call('PATCH', `${inNamespace(group, plural)}/${name}`, { metadata }, 'application/merge-patch+json');

  const template = (containers: object[]) => ({
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
  });

  async function read(options: { all?: boolean; kinds?: readonly ('ConfigMap' | 'Namespace' | 'Role')[] } = {}) {
    const items: SourceItem[] = [];
    const wanted = { kubeconfig, env: {}, namespace: options.all ? undefined : namespace };
    for await (const item of clusterSource({ ...wanted, kinds: new Set(options.kinds) })) items.push(item);
    return items;
  }
  const livesIn = (items: SourceItem[]): Live[] =>
    items.flatMap((item) => ('text' in item ? (item.text.live ?? []) : []));
  const of = (lives: Live[], pods: string) => lives.find((live) => live.pods.join(' ') === pods);

  before(async () => {
    call = send(await loadKubeconfig({ kubeconfig, env: {} }));
    await call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    // Where no controller manager runs, the namespace's own objects are ours to make; where one does, they are there.
    await create('/api/v1', 'serviceaccounts', { metadata: { name: 'default' } }).catch(() => {});
  });
  after(async () => {
    await call('DELETE', `/api/v1/namespaces/${namespace}/pods`);
    await call('DELETE', `/api/v1/namespaces/${namespace}`);
  });

  test('pods of a ReplicaSet belong to its Deployment, and what a template lacks was injected', async () => {
    // From below, so that controllers, where some run, find everything as they want it and adopt it; else we do.
    const labels = { app: 'web' };
    const names = ['web-1-a', 'web-1-b', 'web-1-c'];
    for (const name of names) {
      const containers = name === 'web-1-c' ? [container('web'), container('stranger')] : [container('web')];
      await create('/api/v1', 'pods', pod(name, containers, { labels }));
    }
    const spec = { replicas: names.length, ...template([container('web')]) };
    const set = await create('/apis/apps/v1', 'replicasets', { metadata: { name: 'web-1', labels }, spec });
    for (const name of names) await adopt('/api/v1', 'pods', name, ownedBy('apps/v1', 'ReplicaSet', set.metadata));
    const deployment = await create('/apis/apps/v1', 'deployments', { metadata: { name: 'web' }, spec });
    await adopt('/apis/apps/v1', 'replicasets', 'web-1', ownedBy('apps/v1', 'Deployment', deployment.metadata));
    const lives = livesIn(await read());
    const both = of(lives, 'web-1-a web-1-b');
    assert.deepEqual(both?.owner, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' });
    assert.deepEqual(both?.injected, {});
    assert.deepEqual(of(lives, 'web-1-c')?.injected, {
      stranger: `injected: not in the template of Deployment ${namespace}/web`,
    });
  });

  test('a pod made by hand owes its containers to whoever wrote it', async () => {
    await create('/api/v1', 'pods', pod('alone', [container('web')], {}, { initContainers: [container('first')] }));
    const alone = of(livesIn(await read()), 'alone');
    assert.equal(alone?.owner, undefined);
    assert.deepEqual(alone?.injected, {});
  });

  test('what admission adds to a pod without a template is known by having no field manager', async (context) => {
    const group = '/apis/admissionregistration.k8s.io/v1';
    const name = `${namespace}-inject`;
    const inject = `Object{spec: Object.spec{containers: [Object.spec.containers{name: "sidecar", image: "registry.invalid/none:1"}]}}`;
    const policy = {
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          objectSelector: { matchLabels: { inject: 'true' } },
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: inject } }],
      },
    };
    try {
      await call('POST', `${group}/mutatingadmissionpolicies`, policy);
    } catch (error) {
      context.skip(`the cluster has no MutatingAdmissionPolicy v1: ${(error as Error).message}`);
      return;
    }
    try {
      await call('POST', `${group}/mutatingadmissionpolicybindings`, {
        metadata: { name },
        spec: { policyName: name },
      });
      const injected = await untilInjected(context.signal);
      assert.deepEqual(of(livesIn(await read()), injected)?.injected, {
        sidecar: 'injected: no field manager of the pod wrote it',
      });
    } finally {
      await call('DELETE', `${group}/mutatingadmissionpolicybindings/${name}`);
      await call('DELETE', `${group}/mutatingadmissionpolicies/${name}`);
    }
  });

  /** A policy takes effect some seconds after it was written. */
  async function untilInjected(signal: AbortSignal): Promise<string> {
    for (let index = 0; index < 60 && !signal.aborted; index++) {
      const name = `bare-${index}`;
      const labels = { inject: 'true' };
      const made = (await create('/api/v1', 'pods', pod(name, [container('web')], { labels }))) as unknown as {
        spec: { containers: object[] };
      };
      if (made.spec.containers.length === 2) return name;
      await call('DELETE', `${inNamespace('/api/v1', 'pods')}/${name}?gracePeriodSeconds=0`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.fail('the policy never took effect');
  }

  test('a list of more than one page is complete', async () => {
    const names = Array.from({ length: 260 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    const owner = ownedBy(
      'v1',
      'ConfigMap',
      (await create('/api/v1', 'configmaps', { metadata: { name: 'many' } })).metadata,
    );
    for (let start = 0; start < names.length; start += 20) {
      const some = names.slice(start, start + 20);
      await Promise.all(some.map((name) => create('/api/v1', 'pods', pod(name, [container('web')], owner))));
    }
    assert.ok(of(livesIn(await read()), names.join(' ')), 'one group of all');
    assert.ok(of(livesIn(await read({ all: true })), names.join(' ')), 'in all namespaces as well');
  });

  test('a namespace, its roles and the ConfigMaps that pods mount, without data', async () => {
    for (const name of ['used', 'unused']) {
      await create('/api/v1', 'configmaps', { metadata: { name }, immutable: true, data: { key: 'hush' } });
    }
    const volumes = [{ name: 'config', configMap: { name: 'used' } }];
    await create('/api/v1', 'pods', pod('mounts', [container('web')], {}, { volumes }));
    const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] }];
    await create('/apis/rbac.authorization.k8s.io/v1', 'roles', { metadata: { name: 'shell' }, rules });
    const items = await read({ kinds: ['ConfigMap', 'Namespace', 'Role'] });
    const texts = items.flatMap((item) => ('text' in item && item.text.live === undefined ? [item.text] : []));
    const files = texts.map((text) => text.file);
    for (const file of [`Namespace/${namespace}`, `${namespace}/Role/shell`, `${namespace}/ConfigMap/used`]) {
      assert.ok(files.includes(file), file);
    }
    assert.ok(!files.includes(`${namespace}/ConfigMap/unused`));
    assert.ok(!JSON.stringify(items).includes('hush'));
  });

  test('the ClusterRole of the documentation is enough, and nothing of it is too much', async () => {
    const page = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8');
    const written = load(page.split('```yaml\n')[1]!.split('```')[0]!) as {
      rules: { apiGroups: string[]; resources: string[] }[];
    };
    const group = '/apis/rbac.authorization.k8s.io/v1';
    const name = `${namespace}-check`;
    const user = `${namespace}-jane`;
    const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
    const roleRef = { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' };
    await ownedByEachKind();
    // Each right by itself, so that each can be taken away.
    const rules = written.rules.flatMap(({ resources, ...rule }) =>
      resources.map((one) => ({ ...rule, resources: [one] })),
    );
    await call('POST', `${group}/clusterroles`, { metadata: { name }, rules });
    try {
      assert.notEqual((await refused(user, false)).length, 0, 'without the binding everything is refused');
      await create(group, 'rolebindings', { metadata: { name }, subjects, roleRef });
      await until(async () => (await refused(user, true)).length === 0);
      await call('POST', `${group}/clusterrolebindings`, { metadata: { name }, subjects, roleRef });
      await until(async () => (await refused(user, false)).length === 0);
      for (const [index, rule] of rules.entries()) {
        const path = `${group}/clusterroles/${name}`;
        await call('PUT', path, { metadata: { name }, rules: rules.toSpliced(index, 1) });
        let messages: string[] = [];
        const missing = () => `without ${rule.resources[0]}: ${messages.join('; ') || 'nothing'} is refused`;
        await until(async () => {
          messages = await refused(user, false);
          return messages.length === 1 && messages[0]!.includes(`refuses to list ${rule.resources[0]}`);
        }, missing);
      }
    } finally {
      await call('DELETE', `${group}/clusterrolebindings/${name}`).catch(() => {});
      await call('DELETE', `${group}/clusterroles/${name}`);
    }
  });

  /** A pod of each of Kubernetes' own controllers, so that each is asked for. */
  async function ownedByEachKind() {
    const labels = { app: 'each' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: nowhere() } };
    const forJob = { template: { spec: { ...nowhere(), restartPolicy: 'Never' } } };
    const kinds: [string, string, string, string, object][] = [
      ['/apis/apps/v1', 'apps/v1', 'StatefulSet', 'statefulsets', { ...spec, serviceName: 'each', replicas: 1 }],
      ['/apis/apps/v1', 'apps/v1', 'DaemonSet', 'daemonsets', spec],
      ['/apis/apps/v1', 'apps/v1', 'ReplicaSet', 'replicasets', { ...spec, replicas: 1 }],
      ['/apis/batch/v1', 'batch/v1', 'Job', 'jobs', forJob],
      ['/api/v1', 'v1', 'ReplicationController', 'replicationcontrollers', { ...spec, selector: labels, replicas: 1 }],
    ];
    for (const [group, apiVersion, kind, plural, body] of kinds) {
      const made = await create(group, plural, { metadata: { name: 'each' }, spec: body });
      const name = kind === 'StatefulSet' ? 'each-0' : `each-${plural}`;
      const metadata = { labels, ...ownedBy(apiVersion, kind, made.metadata) };
      await create('/api/v1', 'pods', pod(name, [container('web')], metadata)).catch(() => {});
    }
  }

  const nowhere = () => ({ containers: [container('web')], nodeSelector: { 'petrify.dev/no-such-node': 'true' } });

  /** What is refused to somebody else. */
  async function refused(user: string, onlyNamespace: boolean): Promise<string[]> {
    const config = await loadKubeconfig({ kubeconfig, env: {} });
    const as = JSON.parse(config.exportConfig());
    const { context } = as.contexts.find((one: { name: string }) => one.name === as['current-context']);
    as.users.find((one: { name: string }) => one.name === context.user).user.as = user;
    const file = join(folder, 'config');
    writeFileSync(file, JSON.stringify(as));
    const options = { kubeconfig: file, env: {}, namespace: onlyNamespace ? namespace : undefined };
    const messages: string[] = [];
    for await (const item of clusterSource({
      ...options,
      kinds: new Set(['ConfigMap', 'ClusterRole', 'Namespace', 'Role']),
    })) {
      if ('unreadable' in item) messages.push(item.unreadable.message);
    }
    return messages;
  }

  /** Rights take effect a moment after they were written. */
  async function until(holds: () => Promise<boolean>, what: () => string = () => ''): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`it never came true: ${what()}`);
  }
});

/** Proofs in a real cluster, given by PETRIFY_TEST_KUBECONFIG: namespaces, users and rights of a test's own. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../../src/cluster/impersonate.ts';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { newRun } from '../../src/engine/runs.ts';
import { type ClusterHost, kubernetesHost } from '../../src/host/kubernetes.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { proveInCluster } from '../../src/prove/prove.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { send } from '../cluster/real.ts';
import type { Ground } from './both-ways.ts';

export const kubeconfig = process.env.PETRIFY_TEST_KUBECONFIG;
export const missing = kubeconfig === undefined && 'PETRIFY_TEST_KUBECONFIG names no kubeconfig of a cluster for tests';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

let opened: Promise<ClusterHost> | undefined;
export function host(): Promise<ClusterHost> {
  opened ??= kubernetesHost({ kubeconfig, env: {} });
  return opened;
}

type Call = ReturnType<typeof send>;
let calling: Promise<Call> | undefined;
/** Asks the API server with the rights of the kubeconfig. */
export async function call(...args: Parameters<Call>): ReturnType<Call> {
  calling ??= loadKubeconfig({ kubeconfig, env: {} }).then(send);
  return (await calling)(...args);
}

export interface InCluster {
  readonly identity?: Identity;
}

/** Where the workloads of tests are proven: each in a run of its own, of which nothing is left. */
export const CLUSTER: Ground<InCluster> = {
  missing,
  async prove({ workload, options = {}, container }) {
    const proofs = await provenIn(workload, options);
    return proofs.find(({ workload: { container: name } }) => container === undefined || name === container)!;
  },
};

export async function provenIn(workload: Workload, options: InCluster = {}): Promise<readonly Proof[]> {
  const run = newRun();
  const there = await host();
  try {
    return await proveInCluster(there, workload, { petrify: '0.0.0-test', run, documents: [], ...options });
  } finally {
    await there.removeRun(run);
  }
}

const made: string[] = [];

/** A name that no other test has. */
export const uniqueName = () => `petrify-test-${randomBytes(4).toString('hex')}`;

export async function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  await call('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  made.push(`/api/v1/namespaces/${name}`);
}

/** Gives a user rights in one namespace. */
export async function grant(user: string, within: string, rules: readonly object[]): Promise<void> {
  const [name, path] = [uniqueName(), `${RBAC}/namespaces/${within}`];
  const apiGroup = 'rbac.authorization.k8s.io';
  await call('POST', `${path}/roles`, { metadata: { name }, rules });
  await call('POST', `${path}/rolebindings`, {
    metadata: { name },
    subjects: [{ kind: 'User', name: user, apiGroup }],
    roleRef: { kind: 'Role', name, apiGroup },
  });
}

/** Removes every namespace that was made here, with what is in it. */
export async function removeNamespaces(): Promise<void> {
  for (const path of made.splice(0)) await call('DELETE', path);
}

/** Until it is so: rights and labels take effect a moment after they were written. */
export async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await what()); tries += 1) {
    if (tries === 100) throw new Error('it does not come to be so');
    await sleep(100);
  }
}

/** The workload as it would be in another namespace. */
export const within = (workload: Workload, name: string): Workload => ({ ...workload, namespace: name });

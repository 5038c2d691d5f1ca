/** The pod cases in a real cluster, given by PETRIFY_TEST_KUBECONFIG; its nodes must have the image of the example. */
import { describe, test } from 'node:test';
import { loadKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { kubernetesHost } from '../../src/host/kubernetes.ts';
import { send } from '../cluster/real.ts';
import { podCases } from './pod-cases.ts';

const kubeconfig = process.env.PETRIFY_TEST_KUBECONFIG;
const skip = 'PETRIFY_TEST_KUBECONFIG names no kubeconfig of a cluster for tests';

if (kubeconfig === undefined) test('pods in a cluster', { skip }, () => {});
else {
  const call = send(await loadKubeconfig({ kubeconfig, env: {} }));
  const host = await kubernetesHost({ kubeconfig, env: {} });
  describe(`pods ${host.where}`, () => {
    podCases(host, async (run) => {
      const { items } = await call('GET', `/api/v1/namespaces?labelSelector=petrify.dev/run=${run}`);
      return (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    });
  });
}

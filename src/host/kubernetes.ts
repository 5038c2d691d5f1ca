/** A throw-away namespace of a cluster as a place where pods run: one for each run, nothing written outside of it. */
import { type Cluster, openCluster } from '../cluster/client.ts';
import type { KubeconfigOptions } from '../cluster/kubeconfig.ts';
import type { PodOptions } from '../engine/pod.ts';
import type { Workload } from '../workload/workload.ts';
import { type Additions, type ClusterPlace, type ClusterPod, runInCluster } from './cluster-pod.ts';
import type { ImageOptions, PodHost } from './host.ts';
import { type LookedInto, lookInto } from './looking-pod.ts';
import { makeNamespace, namespaceOf, removeLeftoverNamespaces, removeNamespaces } from './namespace.ts';

/** What one run has in the cluster. */
interface InRun extends ClusterPlace {
  /** By the name of the image. */
  readonly looked: Map<string, Promise<LookedInto>>;
}

/** A cluster, for those who ask more of it than that pods run. */
export interface ClusterHost extends PodHost {
  readonly cluster: Cluster;
  runPod(workload: Workload, options: PodOptions, additions?: Additions): Promise<ClusterPod>;
}

/** Throws Failure('no-cluster') or ('cluster-refused') where there is nobody to ask. */
export async function kubernetesHost(options: KubeconfigOptions): Promise<ClusterHost> {
  const cluster = await openCluster(options);
  const runs = new Map<string, Promise<InRun>>();
  let pods = 0;

  const inRun = (run: string) => once(runs, run, () => begin(run));

  async function begin(run: string): Promise<InRun> {
    const namespace = await makeNamespace(cluster, run);
    const looked = new Map<string, Promise<LookedInto>>();
    const filesOf = async (image: string) => (await looked.get(image))?.files ?? 'it was not looked into';
    return { cluster, namespace, taken: new Set(), looked, filesOf };
  }

  async function look(name: string, given: ImageOptions): Promise<LookedInto> {
    const { namespace, looked } = await inRun(given.run);
    pods += 1;
    const pod = `petrify-image-${pods}`;
    return once(looked, name, () => lookInto(cluster, namespace, name, { pod, options: given }));
  }

  return {
    cluster,
    info: { name: 'kubernetes', version: cluster.version, address: cluster.server, local: false },
    where: `in the cluster ${cluster.api.name} (Kubernetes ${cluster.version})`,
    placeOf: (run) => `in the cluster ${cluster.api.name}, namespace ${namespaceOf(run)}`,
    image: async (name, given) => (await look(name, given)).image,
    openTree: async ({ name }, run) => (await look(name, { run })).tree,
    runPod: async (workload, given, additions) => runInCluster(await inRun(given.run), workload, given, additions),
    removeRun: (run) => removeNamespaces(cluster, run),
    removeLeftovers: () => removeLeftoverNamespaces(cluster),
  };
}

/** Makes it the first time that it is asked for; what failed is tried again. */
function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let making = made.get(key);
  if (making === undefined) {
    making = make();
    made.set(key, making);
    making.catch(() => made.delete(key));
  }
  return making;
}

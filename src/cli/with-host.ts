/** Finds where pods shall run for one command, clears what crashed runs left there, and removes everything of this one. */
import { interruptible } from '../engine/cleanup.ts';
import { connectEngine, type EngineChoice } from '../engine/connect.ts';
import { Failure } from '../failure.ts';
import type { PodHost } from '../host/host.ts';
import type { ClusterHost } from '../host/kubernetes.ts';
import { sandboxHost } from '../host/sandbox.ts';
import type { Io, Progress } from './io.ts';
import { INTERRUPTED } from './with-engine.ts';

/** An engine on some machine, or the cluster of a kubeconfig. */
export interface HostChoice {
  readonly engine: EngineChoice | 'kubernetes';
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export interface HostWork<H extends PodHost = PodHost> {
  readonly host: H;
  readonly run: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Runs `work` where pods can run. Ctrl-C removes everything and ends in Failure('interrupted'). */
export async function withHost<T>(
  choice: HostChoice,
  io: Io,
  doing: string,
  work: (at: HostWork) => Promise<T>,
): Promise<T> {
  return onHost(await hostOf(choice, io), io, doing, work);
}

/** As `withHost`, in the cluster of a kubeconfig and nowhere else. */
export async function withCluster<T>(
  choice: Omit<HostChoice, 'engine'>,
  io: Io,
  doing: string,
  work: (at: HostWork<ClusterHost>) => Promise<T>,
): Promise<T> {
  return onHost(await clusterOf(choice, io), io, doing, work);
}

async function onHost<H extends PodHost, T>(
  host: H,
  io: Io,
  doing: string,
  work: (at: HostWork<H>) => Promise<T>,
): Promise<T> {
  await host.removeLeftovers();
  const progress = await io.progress(`${doing} ${host.where}`);
  try {
    return await interruptible(
      (run) => host.removeRun(run),
      (run, signal) => work({ host, run, signal, progress }),
      (what) => progress.pause(() => io.err(INTERRUPTED[what])),
    );
  } finally {
    progress.end();
  }
}

/** The line that says where: what works in a sandbox need not work in a cluster, and one cluster is not another. */
export function ranWhere(host: PodHost, run: string, io: Io): string {
  const caution = host.info.name === 'kubernetes' ? '' : '; what works here is not yet known to work in your cluster';
  return `running ${io.visible(host.placeOf(run))}${caution}\n`;
}

async function hostOf({ engine, kubeconfig, context }: HostChoice, io: Io): Promise<PodHost> {
  if (engine === 'kubernetes') return clusterOf({ kubeconfig, context }, io);
  if (kubeconfig !== undefined || context !== undefined) {
    throw new Failure(
      'bad-usage',
      '--kubeconfig and --context choose a cluster, and no cluster is asked to run anything.',
      {
        hint: 'add --engine kubernetes',
      },
    );
  }
  return sandboxHost(await connectEngine(engine, io.env));
}

async function clusterOf({ kubeconfig, context }: Omit<HostChoice, 'engine'>, io: Io): Promise<ClusterHost> {
  // Its library is large: it is loaded only where a cluster is meant.
  const { kubernetesHost } = await import('../host/kubernetes.ts');
  return kubernetesHost({ kubeconfig, context, env: io.env });
}

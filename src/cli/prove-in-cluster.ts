/** `petrify prove` in a cluster: a copy of each workload in a throw-away namespace, or its pod that serves. */
import type { Identity } from '../cluster/impersonate.ts';
import { interruptible } from '../engine/cleanup.ts';
import { Failure } from '../failure.ts';
import type { Proof } from '../prove/proof.ts';
import { type ProveOptions, proveInCluster, proveLive } from '../prove/prove.ts';
import type { Workload } from '../workload/workload.ts';
import { eachWorkload, type Failed, timeLimitMs } from './each-workload.ts';
import type { Input } from './input.ts';
import type { Io } from './io.ts';
import { ranWhere, withCluster } from './with-host.ts';

export interface ClusterProofOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Who makes the attempts from outside; absent: who runs Petrify. */
  readonly as?: string;
  readonly asGroup?: readonly string[];
  /** The pod that serves is attacked, instead of a copy. */
  readonly live?: boolean;
}

/** What is told to every proof of a workload, wherever it is made. */
export type ToldOf = (workload: Workload) => Pick<ProveOptions, 'petrify' | 'profile'>;

export interface Proven {
  readonly done: readonly { readonly workload: Workload; readonly proofs: readonly Proof[] }[];
  readonly failed: readonly Failed[];
}

/** Throws Failure('bad-usage') for what a cluster alone has where none is asked, and for what no cluster is given. */
export function refuseClusterOptions(
  options: ClusterProofOptions & { readonly engine: string; readonly hostAttacks?: boolean },
): void {
  const { kubeconfig, context, as, asGroup = [], live, engine, hostAttacks } = options;
  const given = { kubeconfig, context, as, 'as-group': asGroup.length > 0 || undefined, live };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (engine !== 'kubernetes' && flag !== undefined) {
    throw new Failure('bad-usage', `--${flag} is for a cluster, and none is asked here.`, {
      hint: 'add --engine kubernetes',
    });
  }
  if (engine === 'kubernetes' && hostAttacks === true) {
    throw new Failure(
      'bad-usage',
      '--host-attacks changes the host, and that of a cluster is a node which others use.',
      {
        hint: 'leave it out, or prove in a sandbox of this machine: --engine podman',
      },
    );
  }
  if (asGroup.length > 0 && as === undefined) {
    throw new Failure('bad-usage', '--as-group says the groups of a user, and --as names none.', {
      hint: 'add --as USER',
    });
  }
}

export async function proveAtCluster(
  path: string,
  input: Input,
  options: ClusterProofOptions,
  told: ToldOf,
  io: Io,
): Promise<Proven> {
  const asked = { ...options, identity: identityOf(options), told };
  return options.live === true ? live(path, input, asked, io) : copies(path, input, asked, io);
}

interface Asked extends ClusterProofOptions {
  readonly identity: Identity | undefined;
  readonly told: ToldOf;
}

function identityOf({ as, asGroup = [] }: ClusterProofOptions): Identity | undefined {
  return as === undefined ? undefined : { user: as, groups: asGroup };
}

function copies(path: string, input: Input, { kubeconfig, context, identity, told }: Asked, io: Io): Promise<Proven> {
  const documents = input.documents.map(({ value }) => value);
  return withCluster({ kubeconfig, context }, io, `proving ${path}`, ({ host, run, signal, progress }) => {
    progress.pause(() => io.err(ranWhere(host, run, io)));
    return eachWorkload(input.workloads, { signal, limitMs: timeLimitMs(undefined) }, async (workload, signal) => ({
      workload,
      proofs: await proveInCluster(host, workload, {
        ...told(workload),
        run,
        documents,
        identity,
        signal,
        progress: (line) => progress.update(line),
        onAttempt: ({ id, outcome }) => progress.update(`${workload.name}: ${id} ${outcome}`),
      }),
    }));
  });
}

/** Nothing is made in the cluster, so that there is nothing to remove. */
async function live(
  path: string,
  input: Input,
  { kubeconfig, context, identity, told }: Asked,
  io: Io,
): Promise<Proven> {
  const { openCluster } = await import('../cluster/client.ts');
  const cluster = await openCluster({ kubeconfig, context, env: io.env });
  const progress = await io.progress(`proving ${path} in the cluster ${cluster.api.name}`);
  const nothingMade = async () => {};
  try {
    // An attempt that has begun is ended, and takes away what it has made.
    return await interruptible(nothingMade, (_, signal) =>
      eachWorkload(input.workloads, { signal, limitMs: timeLimitMs(undefined) }, async (workload, signal) => ({
        workload,
        proofs: await proveLive(workload, {
          ...told(workload),
          cluster,
          identity,
          signal,
          onAttempt: ({ id, outcome }) => progress.update(`${workload.name}: ${id} ${outcome}`),
        }),
      })),
    );
  } finally {
    progress.end();
    cluster.api.close();
  }
}

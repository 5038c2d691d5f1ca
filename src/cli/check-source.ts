/** Where `check` gets its manifests: files, charts and kustomizations, only what changed; an interrupt ends it. */
import { Failure } from '../failure.ts';
import type { Notice } from '../manifest/document.ts';
import type { Settled } from '../settings/settle.ts';
import type { Source } from '../source/source.ts';
import type { ObjectKind } from '../workload/objects.ts';
import type { Io } from './io.ts';

export interface SourceOptions {
  readonly diffFrom?: string;
  /** What runs in a cluster is judged, instead of paths. */
  readonly cluster?: boolean;
  readonly context?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
}

/** Refuses what does not go together: paths or a cluster, one of them. Throws `Failure('bad-usage')`. */
export function refuseMixed(paths: readonly string[], options: SourceOptions): void {
  const { cluster, context, namespace, kubeconfig, diffFrom } = options;
  const refuse = (message: string, hint: string) => new Failure('bad-usage', message, { hint });
  if (!cluster) {
    const only = Object.entries({ context, namespace, kubeconfig }).find(([, value]) => value !== undefined);
    if (only !== undefined) throw refuse(`--${only[0]} is for a cluster, and none is judged`, 'add --cluster');
    if (paths.length === 0) throw refuse('nothing to check', 'give files, folders, - for standard input, or --cluster');
    return;
  }
  if (paths.length > 0) throw refuse('--cluster and paths do not go together', 'run check once for each');
  if (diffFrom !== undefined) throw refuse('--cluster and --diff-from do not go together', 'a cluster has no commits');
}

export async function sourceFor(
  paths: readonly string[],
  options: SourceOptions,
  { allowNetwork, exclude, helmValues }: Settled,
  io: Io,
  signal: AbortSignal,
  kinds: ReadonlySet<ObjectKind>,
): Promise<Source> {
  const { diffFrom, kubeconfig, context, namespace } = options;
  if (options.cluster) {
    const { clusterSource } = await import('../cluster/source.ts');
    return clusterSource({ kubeconfig, context, namespace, signal, kinds, env: io.env });
  }
  const { streamSources } = await import('../source/stream.ts');
  const { stdin, env } = io;
  const source = streamSources(paths, { stdin, allowNetwork, exclude, signal, env, helm: { values: helmValues } });
  if (diffFrom === undefined) return source;
  const { changedSince } = await import('../source/git.ts');
  return changedSince(source, diffFrom, { env, values: helmValues });
}

/** What the settings have to say first; then the source, until the signal is aborted: throws `Failure('interrupted')`. */
export async function* interruptible(source: Source, notices: readonly Notice[], signal: AbortSignal): Source {
  for (const notice of notices) yield { notice };
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(new Failure('interrupted', 'interrupted'));
  signal.addEventListener('abort', abort);
  const items = source[Symbol.asyncIterator]();
  while (true) {
    if (signal.aborted) abort();
    const next = items.next();
    // Whoever waits for standard input is not waited for; that it was closed under it is no news.
    next.catch(() => {});
    const item = await Promise.race([aborted.promise, next]);
    if (item.done) return;
    yield item.value;
  }
}

/** Where `check` gets its manifests: files, charts and kustomizations, only what changed; an interrupt ends it. */
import { Failure } from '../failure.ts';
import type { Notice } from '../manifest/document.ts';
import type { Settled } from '../settings/settle.ts';
import type { Source } from '../source/source.ts';
import type { Io } from './io.ts';

export interface SourceOptions {
  readonly diffFrom?: string;
}

export async function sourceFor(
  paths: readonly string[],
  { diffFrom }: SourceOptions,
  { allowNetwork, exclude, helmValues }: Settled,
  io: Io,
  signal: AbortSignal,
): Promise<Source> {
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
  for await (const item of source) {
    if (signal.aborted) break;
    yield item;
  }
  if (signal.aborted) throw new Failure('interrupted', 'interrupted');
}

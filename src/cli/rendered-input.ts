/** Input of which a part is printed by Helm or Kustomize: charts and kustomizations as `check` takes them, files as they stand. */
import type { ManifestText, Unreadable } from '../manifest/document.ts';
import { settle } from '../settings/settle.ts';
import { readSources } from '../source/read.ts';
import { streamSources } from '../source/stream.ts';
import { walkPaths } from '../source/walk.ts';
import { type Input, inputOf, readInput, sayUnreadable } from './input.ts';
import type { Io } from './io.ts';

export interface RenderingOptions {
  /** Values files for charts, the later ones winning. */
  readonly helmValues?: readonly string[] | undefined;
  /** Charts and kustomizations may fetch what they refer to. */
  readonly allowNetwork?: boolean | undefined;
  /** Charts print these into their objects. */
  readonly release?: string | undefined;
  readonly namespace?: string | undefined;
}

/** As `readInput`; what Helm or Kustomize printed says so (`rendered`), and has no file of its own to be written back to. */
export async function readRenderedInput(paths: readonly string[], options: RenderingOptions, io: Io): Promise<Input> {
  const found = [...walkPaths(paths, { rendered: true })].flat();
  if (!found.some(({ kind }) => kind === 'chart' || kind === 'kustomization')) return readInput(paths, io);
  const { allowNetwork } = settle({ allowNetwork: options.allowNetwork }, io.env, {});
  const { helmValues: values = [], release, namespace } = options;
  const helm = {
    values,
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const files = new Set<string>();
  const rendered: ManifestText[] = [];
  const unreadable: Unreadable[] = [];
  const { stdin, env } = io;
  for await (const item of streamSources(
    paths.filter((path) => path !== '-'),
    { stdin, env, allowNetwork, helm },
  )) {
    if ('unreadable' in item) unreadable.push(item.unreadable);
    else if ('notice' in item) sayUnreadable({ unreadable: [{ line: 1, ...item.notice }] }, io);
    else if (item.text.rendered) rendered.push(item.text);
    else files.add(item.text.file);
  }
  // A stream cuts long files into parts, and a file is written back whole.
  const own = await readSources([...(paths.includes('-') ? ['-'] : []), ...files], { stdin });
  return inputOf([...own.texts, ...rendered], [...unreadable, ...own.unreadable]);
}

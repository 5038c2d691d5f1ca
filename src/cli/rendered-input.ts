/** Input of which a part is printed by Helm or Kustomize: charts and kustomizations as `check` takes them, files as they stand. */
import type { ManifestText, Unreadable } from '../manifest/document.ts';
import { settle } from '../settings/settle.ts';
import { readSources } from '../source/read.ts';
import { type StreamOptions, streamSources } from '../source/stream.ts';
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

/**
 * As `readInput`; what Helm or Kustomize printed says so (`rendered`), and has no file of its own to be written back to.
 * Of a chart or kustomization that is named itself only that is taken: the files beside its own are tests and examples.
 */
export async function readRenderedInput(paths: readonly string[], options: RenderingOptions, io: Io): Promise<Input> {
  const groups = [...walkPaths(paths, { rendered: true })];
  const isRendered = (kind: string) => kind === 'chart' || kind === 'kustomization';
  if (!groups.flat().some(({ kind }) => isRendered(kind))) return readInput(paths, io);
  const named = new Set(paths.filter((_, index) => groups[index]!.some((one) => isRendered(one.kind) && isNamed(one))));
  const files = new Set<string>();
  const rendered: ManifestText[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of paths) {
    if (path === '-') continue;
    for await (const item of streamSources([path], streamOptions(options, io))) {
      if ('unreadable' in item) unreadable.push(item.unreadable);
      else if ('notice' in item) sayUnreadable({ unreadable: [{ line: 1, ...item.notice }] }, io);
      else if (item.text.rendered) rendered.push(item.text);
      else if (!named.has(path)) files.add(item.text.file);
    }
  }
  // A stream cuts long files into parts, and a file is written back whole.
  const own = await readSources([...(paths.includes('-') ? ['-'] : []), ...files], { stdin: io.stdin });
  return inputOf([...own.texts, ...rendered], [...unreadable, ...own.unreadable]);
}

const isNamed = (found: object) => 'named' in found && found.named === true;

function streamOptions(options: RenderingOptions, { stdin, env }: Io): StreamOptions {
  const { allowNetwork } = settle({ allowNetwork: options.allowNetwork }, env, {});
  const { helmValues: values = [], release, namespace } = options;
  const names = { ...(release === undefined ? {} : { release }), ...(namespace === undefined ? {} : { namespace }) };
  return { stdin, env, allowNetwork, helm: { values, ...names } };
}

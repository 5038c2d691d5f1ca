/** Everything that is to be judged, as a stream: files in parts, charts and kustomizations rendered, in a stable order. */
import { join } from 'node:path';
import type { Notice, Unreadable } from '../manifest/document.ts';
import { bytesOfFile, bytesOfPipe, bytesOfStream } from './bytes.ts';
import { decoded, NotText, notText } from './decode.ts';
import { type HelmOptions, type Rendering, renderChart, textsOfTemplates } from './helm.ts';
import {
  buildKustomization,
  type KustomizationPlan,
  kustomizationsFrom,
  kustomizeOnPath,
  planKustomizations,
} from './kustomize.ts';
import { type Origin, partsOf } from './parts.ts';
import { programOnPath, type ToolLimits } from './run-tool.ts';
import type { Source, SourceItem } from './source.ts';
import { type Found, unreadableBecause, walkPaths } from './walk.ts';

export interface StreamOptions {
  readonly stdin: NodeJS.ReadableStream;
  /** Charts and kustomizations may fetch what they refer to. */
  readonly allowNetwork: boolean;
  /** Globs of paths that are passed over: without a `/` they match names, else whole paths. */
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal;
  /** Where `helm` and `kustomize` or `kubectl` are looked for; absent: the program's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly helm?: HelmOptions;
  readonly toolLimits?: ToolLimits;
}

type Kind<K extends Found['kind']> = Extract<Found, { kind: K }>;

interface Streaming {
  readonly options: StreamOptions;
  readonly rendering: Rendering;
  readonly kustomize: readonly string[] | undefined;
  readonly plan: KustomizationPlan;
}

/**
 * The texts at `paths`: a file in parts that are cut between documents, a folder with every `.yaml`, `.yml` and `.json`
 * below it, a glob that no shell expanded, `-` for `stdin`; charts and kustomizations as Helm and Kustomize print them.
 * Reads on when it is asked to. Never throws for what stands there.
 */
export async function* streamSources(paths: readonly string[], options: StreamOptions): Source {
  const { allowNetwork, signal, toolLimits: limits } = options;
  const env = options.env ?? process.env;
  const rendering: Rendering = { env, allowNetwork, signal, limits };
  const kustomize = kustomizeOnPath(env);
  for (const found of walkPaths(paths, { exclude: options.exclude, rendered: true })) {
    const folders = found.filter((one) => one.kind === 'kustomization');
    const plan = planKustomizations(folders, kustomize !== undefined);
    const streaming: Streaming = { options, rendering, kustomize, plan };
    for (const one of found) {
      if (signal?.aborted) return;
      yield* itemsOf(one, streaming);
    }
  }
}

async function* itemsOf(found: Found, streaming: Streaming): Source {
  switch (found.kind) {
    case 'unreadable':
      return yield { unreadable: found.unreadable };
    case 'stdin':
      return yield* textsOf('-', bytesOfStream(streaming.options.stdin));
    case 'file':
      if (streaming.plan.taken.has(found.real)) return;
      return yield* textsOf(found.path, found.isPipe ? bytesOfPipe(found.path) : bytesOfFile(found.path));
    case 'chart':
      return yield* chart(found, streaming);
    case 'kustomization':
      return yield* kustomization(found, streaming);
  }
}

/** The parts of a text. Where it stops being text, what came before was given already. */
async function* textsOf(file: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Source {
  try {
    yield* partsOf({ file }, decoded(bytes));
  } catch (error) {
    yield { unreadable: error instanceof NotText ? notText(file, error) : unreadableBecause(file, error) };
  }
}

async function* chart({ path, named }: Kind<'chart'>, { options, rendering }: Streaming): Source {
  const helm = programOnPath('helm', rendering.env);
  if (helm === undefined) {
    const hint = 'install Helm, or render it elsewhere: helm template … | petrify check -';
    return yield passedOver(path, 'is a Helm chart, and there is no helm on the PATH: not judged', hint, named);
  }
  const result = await renderChart(helm, path, options.helm ?? {}, rendering);
  if ('output' in result) {
    for (const { text, ...origin } of textsOfTemplates(result.output.toString('utf8'), path))
      yield* partsOf(origin, [text]);
  } else if (/library charts are not installable/.test(result.failure)) {
    yield { notice: { file: path, message: 'is a library chart: it makes nothing by itself' } };
  } else yield { unreadable: refused(path, `helm template ${result.failure}`, hintFor(result.failure)) };
}

function hintFor(failure: string): string | undefined {
  if (/missing in charts\/ directory/.test(failure)) return 'fetch what it depends on first: helm dependency build';
  if (/dial tcp|lookup |proxyconnect|connection refused|unreachable/.test(failure)) return NETWORK_HINT;
  return undefined;
}

const NETWORK_HINT = 'charts and kustomizations get no network unless it is allowed (--allow-network)';

async function* kustomization(found: Kind<'kustomization'>, { plan, kustomize, rendering }: Streaming): Source {
  const { path, real, named } = found;
  const file = join(path, found.file);
  if (plan.unused.has(real)) {
    return yield { notice: { file, message: 'is a component that no kustomization here uses: not judged by itself' } };
  }
  if (!plan.built.has(real)) return;
  if (kustomize === undefined) {
    const message =
      'is a kustomization, and there is neither kustomize nor kubectl on the PATH: judged without its patches';
    return yield passedOver(
      file,
      message,
      'install Kustomize, or build it elsewhere: kustomize build … | petrify check -',
      named,
    );
  }
  if (!rendering.allowNetwork) {
    const remote = kustomizationsFrom(real).flatMap((one) => one.remote)[0];
    if (remote !== undefined)
      return yield {
        unreadable: refused(file, `needs ${remote}, which is not on this machine: not built`, NETWORK_HINT),
      };
  }
  const result = await buildKustomization(kustomize, path, rendering);
  const origin: Origin = { file, rendered: { by: 'kustomize', from: path } };
  if ('output' in result) yield* partsOf(origin, [result.output.toString('utf8')]);
  else
    yield {
      unreadable: refused(
        file,
        `${kustomize.includes('build') ? 'kustomize build' : 'kubectl kustomize'} ${result.failure}`,
      ),
    };
}

/** In a walk a missing tool is said; who asked for the very folder gets no answer, and that is an error. */
function passedOver(file: string, message: string, hint: string, named: boolean): SourceItem {
  const notice: Notice = { file, message, hint };
  return named ? { unreadable: { ...notice, line: 1 } } : { notice };
}

function refused(file: string, message: string, hint?: string): Unreadable {
  return hint === undefined ? { file, line: 1, message } : { file, line: 1, message, hint };
}

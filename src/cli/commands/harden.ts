/** `petrify harden`: hardens every workload of the given manifests by running them; prints, writes or exports the result. */
import type { Finding } from '../../controls/control.ts';
import { controls } from '../../controls/index.ts';
import { judge } from '../../controls/verdict.ts';
import { hardenFromCatalogue } from '../../harden/from-catalogue.ts';
import { hardenWorkload } from '../../harden/harden.ts';
import { fileMemory } from '../../harden/memory.ts';
import { applied } from '../../harden/run.ts';
import { controlsById } from '../../report/check-result.ts';
import { type Judgement, renderCatalogueText, renderHardenText } from '../../report/harden-text.ts';
import { styleFor } from '../../report/style.ts';
import type { Workload } from '../../workload/workload.ts';
import { requireCatalogue } from '../catalogue.ts';
import { eachWorkload, type Failed, sayFailed, timeLimitMs } from '../each-workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { fromLogs, sayFromLogs } from '../from-logs.ts';
import {
  type HardenOutputOptions,
  type Planned,
  putOut,
  refuseInput,
  refuseOptions,
  renderingOf,
} from '../harden-output.ts';
import { type HostAccess, type HostAccessOptions, hostAccessOf, sayHostAccess } from '../host-access.ts';
import { type Input, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { readRenderedInput } from '../rendered-input.ts';
import { ofWorkload, refuseImages, unrunImages } from '../unrun-images.ts';
import { type HostChoice, ranWhere, withHost } from '../with-host.ts';

export interface HardenCommandOptions
  extends Omit<HostChoice, 'engine'>,
    Omit<HostAccessOptions, 'engine' | 'logs'>,
    HardenOutputOptions {
  /** Where images are read from when nothing is run. */
  readonly images?: readonly string[];
  readonly engine: HostChoice['engine'] | 'none';
  /** `FILE`, `-` or `CONTAINER=FILE`: nothing is run. */
  readonly logs?: readonly string[];
  /** A command that makes it work and says whether it does. */
  readonly exercise?: string;
  /** How long each run is watched, in seconds. */
  readonly for?: number;
  readonly state?: 'claim';
  /** A file in which every run is remembered. */
  readonly resume?: string;
  /** false: no user is written. */
  readonly user?: boolean;
  /** false: neither the catalogue nor its knobs are asked. */
  readonly catalog?: boolean;
}

interface Decided extends Planned {
  readonly ok: boolean;
}

/** Exit code: 2 when something could not be read or run, 1 when a workload is not immutable afterwards, else 0. */
export async function harden(paths: readonly string[], options: HardenCommandOptions, io: Io): Promise<number> {
  refuseOptions(paths, options);
  refuseImages(options);
  if (options.engine === 'none' && !options.logs) requireCatalogue(options);
  const input = await readRenderedInput(paths, renderingOf(options), io);
  requireWorkloads(input, paths, io);
  refuseInput(input, options);
  const access = hostAccessOf(options, input.workloads);
  sayHostAccess(access, input.workloads, io);
  const { done: decided, failed } = options.logs
    ? await planFromLogs(input, options.logs, paths, options, io)
    : options.engine === 'none'
      ? await fromCatalogue(input, options.images ?? [], io)
      : await byRunning(input, { ...options, engine: options.engine }, { ...options, ...access }, io);
  await putOut(input, decided, options, io);
  sayFailed(failed, io);
  sayUnreadable(input, io);
  if (input.unreadable.length > 0 || failed.length > 0) return EXIT_CANNOT_RUN;
  return decided.every(({ ok }) => ok) ? EXIT_HOLDS : EXIT_FINDINGS;
}

interface Results {
  readonly done: readonly Decided[];
  readonly failed: readonly Failed[];
}

async function byRunning(
  input: Input,
  choice: HostChoice,
  options: HardenCommandOptions & HostAccess,
  io: Io,
): Promise<Results> {
  const documents = input.documents.map(({ value }) => value);
  const memory = options.resume === undefined ? undefined : fileMemory(options.resume);
  return withHost(choice, io, 'hardening', ({ host, run, signal, progress }) => {
    progress.pause(() => io.err(ranWhere(host, run, io)));
    const bound = { signal, limitMs: timeLimitMs(options.for) };
    return eachWorkload(input.workloads, bound, async (workload, signal): Promise<Decided> => {
      const result = await hardenWorkload(host, workload, {
        run,
        documents,
        hostPaths: options.hostPaths,
        hostNamespaces: options.hostNamespaces,
        exercise: options.exercise,
        ...(options.for === undefined ? {} : { seconds: options.for }),
        state: options.state,
        users: options.user === false ? 'keep' : undefined,
        catalogue: options.catalog !== false,
        ...(memory === undefined ? {} : { memory }),
        signal,
        progress: (line) => progress.update(`${workload.name}: ${line}`),
      });
      const judged = result.outcome === 'hardened' ? judgementOf(applied(workload, result)) : undefined;
      progress.pause(() => io.err(renderHardenText(result, judged, styleFor(io.colour.err))));
      return result.outcome === 'hardened'
        ? {
            workload,
            documents: result.documents,
            ok: judged?.verdict === 'immutable',
            changes: result.changes,
            profile: result.profile,
          }
        : { workload, ok: false, changes: [], profile: undefined };
    });
  });
}

/** Hardened is the tightest that works; whether that is immutable, the controls say. */
function judgementOf(workload: Workload): Judgement {
  const { verdict, containers, findings } = judge(workload);
  const controlOf = controlsById(controls);
  const words = (whose: string, finding: Finding): string[] => {
    const { level, message } = controlOf(finding);
    return level === 'strict' ? [] : [`${whose}: ${message(finding.args)} (${finding.control})`];
  };
  const remaining = [
    ...findings.flatMap((finding) => words('pod', finding)),
    ...containers.flatMap(({ container, findings: own }) => own.flatMap((one) => words(container.name, one))),
  ];
  return { verdict, remaining };
}

async function planFromLogs(
  input: Input,
  logs: readonly string[],
  paths: readonly string[],
  { catalog }: Pick<HardenCommandOptions, 'catalog'>,
  io: Io,
): Promise<Results> {
  const results = await fromLogs(input.workloads, logs, paths, io, { catalogue: catalog !== false });
  sayFromLogs(results, io);
  const done = results.map((result) => ({ ...result, ok: result.obstacles.length === 0 }));
  // Logs without a line say nothing: that is not "it holds".
  return { done: done.length > 0 ? done : input.workloads.map(undecided), failed: [] };
}

const undecided = (workload: Workload): Decided => ({ workload, changes: [], profile: undefined, ok: false });

async function fromCatalogue(input: Input, images: readonly string[], io: Io): Promise<Results> {
  const unrun = await unrunImages(input.workloads, images, io);
  const done = input.workloads.map((workload) => {
    const result = hardenFromCatalogue(workload, ofWorkload(workload, unrun));
    io.err(renderCatalogueText(result, styleFor(io.colour.err)));
    return { ...result, ok: result.obstacles.length === 0 };
  });
  return { done, failed: [] };
}

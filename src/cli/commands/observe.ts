/** `petrify observe`: runs a workload or a bare image and lists what it writes. */
import { existsSync } from 'node:fs';
import { Failure } from '../../failure.ts';
import { hardenFromCatalogue } from '../../harden/from-catalogue.ts';
import { podForImage } from '../../observe/bare-image.ts';
import { observeWorkload } from '../../observe/observe.ts';
import { buildProfile } from '../../profile/build.ts';
import type { ImmutabilityProfile } from '../../profile/profile.ts';
import { renderProfile } from '../../profile/render.ts';
import { renderProfileText } from '../../report/profile-text.ts';
import { styleFor } from '../../report/style.ts';
import { writeOutput } from '../../source/write.ts';
import { writableRoot } from '../../workload/variant.ts';
import type { Workload } from '../../workload/workload.ts';
import { requireCatalogue } from '../catalogue.ts';
import { contribute } from '../contribute.ts';
import { eachWorkload, type Failed, sayFailed, timeLimitMs } from '../each-workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { fromLogs } from '../from-logs.ts';
import { type HostAccess, type HostAccessOptions, hostAccessOf, sayHostAccess } from '../host-access.ts';
import { type Input, readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { ofWorkload, refuseImages, unrunImages } from '../unrun-images.ts';
import { type HostChoice, ranWhere, withHost } from '../with-host.ts';

export interface ObserveOptions extends Omit<HostChoice, 'engine'>, Omit<HostAccessOptions, 'engine' | 'logs'> {
  readonly engine: HostChoice['engine'] | 'none';
  readonly format: 'text' | 'json';
  readonly output?: string;
  /** `FILE`, `-` or `CONTAINER=FILE`: nothing is run. */
  readonly logs?: readonly string[];
  /** A command that makes it work. */
  readonly exercise?: string;
  /** How long it is watched, in seconds. */
  readonly for?: number;
  /** Print entries of the catalogue instead of the report. */
  readonly contribute?: boolean;
  /** Where images are read from when nothing is run. */
  readonly images?: readonly string[];
  /** false: the catalogue is not asked. */
  readonly catalog?: boolean;
}

/** One workload's result: its profile, and why it is incomplete where the workload did not become ready. */
interface Observed {
  readonly profile: ImmutabilityProfile;
  readonly notReady: string | undefined;
  /** What the sandbox could not give, or withheld. */
  readonly differences: readonly string[];
}

interface Results {
  readonly done: readonly Observed[];
  readonly failed: readonly Failed[];
}

const EMPTY: Input = { texts: [], documents: [], workloads: [], unreadable: [] };

/** Exit code: 2 when something could not be read, 1 when a workload did not become ready, else 0. */
export async function observe(target: string, options: ObserveOptions, io: Io): Promise<number> {
  refuseImages(options);
  if (options.engine === 'none' && !options.logs) requireCatalogue(options);
  if (options.engine === 'none' && options.contribute) {
    throw new Failure('bad-usage', '--contribute makes an entry of what was seen, and --engine none runs nothing.', {
      hint: 'leave one of them out; petrify catalog prints what is known',
    });
  }
  const isImage = looksLikeImage(target);
  const input = isImage ? EMPTY : await readInput([target], io);
  if (!isImage) requireWorkloads(input, [target], io);
  const bare = isImage ? [podForImage(target)] : input.workloads;
  const access = hostAccessOf(options, bare);
  sayHostAccess(access, bare, io);
  const { done, failed } = options.logs
    ? await readFromLogs(bare, options.logs, target, options, io)
    : options.engine === 'none'
      ? await fromCatalogue(bare, options.images ?? [], io)
      : await run(target, isImage, input, { ...options, ...access, engine: options.engine }, io);
  deliver(done, options, io);
  for (const { notReady, differences } of done) {
    for (const difference of differences) io.err(`note: ${io.visible(difference)}\n`);
    if (notReady !== undefined) io.err(`petrify: ${io.visible(notReady)}\n`);
  }
  sayFailed(failed, io);
  sayUnreadable(input, io);
  if (input.unreadable.length > 0 || failed.length > 0) return EXIT_CANNOT_RUN;
  return done.some(({ notReady }) => notReady !== undefined) ? EXIT_FINDINGS : EXIT_HOLDS;
}

function deliver(done: readonly Observed[], options: ObserveOptions, io: Io): void {
  const { format, output } = options;
  const profiles = done.map(({ profile }) => profile);
  if (profiles.length === 0) return;
  // What did not become ready has not shown what it writes.
  if (options.contribute)
    contribute(
      done.filter(({ notReady }) => notReady === undefined).map(({ profile }) => profile),
      new Date(),
      io,
    );
  else if (format === 'json') io.out(textOf(profiles, 'json'));
  else for (const profile of profiles) io.out(renderProfileText(profile, styleFor(io.colour.out)));
  if (output === undefined) return;
  writeOutput(output, textOf(profiles, output.endsWith('.json') ? 'json' : 'yaml'));
  io.err(`ImmutabilityProfile written to ${io.visible(output)}\n`);
}

/** A path that exists, ends like a manifest, starts in a folder that exists, or is `-`, is a manifest; else an image. */
function looksLikeImage(target: string): boolean {
  if (target === '-' || /\.(ya?ml|json)$/.test(target) || /^\.{0,2}\//.test(target)) return false;
  const [first = ''] = target.split('/', 1);
  return !existsSync(target) && !(target.includes('/') && existsSync(first));
}

/** What the logs tell is incomplete by nature: a server that died at a write never came to the next. */
async function readFromLogs(
  workloads: readonly Workload[],
  logs: readonly string[],
  target: string,
  { catalog }: Pick<ObserveOptions, 'catalog'>,
  io: Io,
): Promise<Results> {
  const results = await fromLogs(workloads, logs, [target], io, { catalogue: catalog !== false });
  io.err('Nothing was run: this is what the logs tell, and a server that fails at one write never reaches the next.\n');
  const done = results.map(({ profile, notes, refusals, workload }) => ({
    profile,
    notReady: refusals > 0 ? undefined : `no line of the log of ${workload.name} tells where a write was refused`,
    differences: notes,
  }));
  return { done, failed: [] };
}

async function fromCatalogue(workloads: readonly Workload[], images: readonly string[], io: Io): Promise<Results> {
  const read = images.length > 0 ? ', and what was read of their files' : '';
  io.err(`Nothing was run: this is what the embedded catalogue knows of the images${read}.\n`);
  const unrun = await unrunImages(workloads, images, io);
  const done = workloads.map((workload) => {
    const { profile, unknown } = hardenFromCatalogue(workload, ofWorkload(workload, unrun));
    return { profile, notReady: unknown.length > 0 ? unknown.join('; ') : undefined, differences: [] };
  });
  return { done, failed: [] };
}

type Running = HostChoice & HostAccess & Pick<ObserveOptions, 'exercise' | 'for'>;

async function run(target: string, isImage: boolean, input: Input, options: Running, io: Io): Promise<Results> {
  return withHost(options, io, `observing ${target}`, async ({ host, run: id, signal, progress }) => {
    progress.pause(() => io.err(ranWhere(host, id, io)));
    const workloads = isImage
      ? [podForImage(target, (await host.image(target, { run: id, signal })).ports)]
      : input.workloads;
    const bound = { signal, limitMs: timeLimitMs(options.for) };
    return eachWorkload(workloads, bound, async (workload, signal): Promise<Observed> => {
      const observation = await observeWorkload(host, writableRoot(workload), {
        hostPaths: options.hostPaths,
        hostNamespaces: options.hostNamespaces,
        run: id,
        documents: input.documents.map(({ value }) => value),
        exercise: options.exercise,
        ...(options.for === undefined ? {} : { seconds: options.for }),
        signal,
        progress: (line) => progress.update(`${workload.name}: ${line}`),
      });
      const { ready, reason } = observation.outcome;
      const notReady = `${workload.kind} ${workload.name} did not become ready: ${reason}; what it would write later is not known`;
      return {
        profile: buildProfile(workload, observation.containers),
        notReady: ready ? undefined : notReady,
        differences: observation.differences,
      };
    });
  });
}

/** One profile as it is; several as a YAML stream or a JSON List. */
function textOf(profiles: readonly ImmutabilityProfile[], format: 'yaml' | 'json'): string {
  if (profiles.length === 1) return renderProfile(profiles[0]!, format);
  if (format === 'yaml') return profiles.map((profile) => renderProfile(profile, format)).join('---\n');
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: profiles }, null, 2)}\n`;
}

/** `petrify harden`: hardens every workload of the given manifests by running them; prints, writes or exports the result. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Finding } from '../../controls/control.ts';
import { controls } from '../../controls/index.ts';
import { judge } from '../../controls/verdict.ts';
import { Failure } from '../../failure.ts';
import { hardenFromCatalogue } from '../../harden/from-catalogue.ts';
import { applied, hardenWorkload } from '../../harden/harden.ts';
import type { ManifestText } from '../../manifest/document.ts';
import type { Change } from '../../plan/change.ts';
import { renderChanges } from '../../plan/render.ts';
import type { ImmutabilityProfile } from '../../profile/profile.ts';
import { renderProfile } from '../../profile/render.ts';
import { controlsById } from '../../report/check-result.ts';
import { renderDiff } from '../../report/diff.ts';
import { type Judgement, renderCatalogueText, renderHardenText } from '../../report/harden-text.ts';
import { styleFor } from '../../report/style.ts';
import { writeAtomic, writeOutput } from '../../source/write.ts';
import type { Workload } from '../../workload/workload.ts';
import { eachWorkload, type Failed, sayFailed } from '../each-workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { type Input, readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { type HostChoice, withHost } from '../with-host.ts';

export interface HardenCommandOptions extends Omit<HostChoice, 'engine'> {
  readonly engine: HostChoice['engine'] | 'none';
  readonly diff?: boolean;
  readonly write?: boolean;
  readonly output?: string;
}

/** What is to be done to one workload; no changes where it could not be hardened. */
interface Decided {
  readonly workload: Workload;
  readonly changes: readonly Change[];
  readonly profile: ImmutabilityProfile | undefined;
  readonly ok: boolean;
}

/** Exit code: 2 when something could not be read or run, 1 when a workload is not immutable afterwards, else 0. */
export async function harden(paths: readonly string[], options: HardenCommandOptions, io: Io): Promise<number> {
  if (options.write && paths.includes('-')) {
    throw new Failure('bad-usage', '--write cannot write to standard input.', {
      hint: 'use --output DIR, or the diff',
    });
  }
  if (options.output !== undefined && existsSync(options.output) && !statSync(options.output).isDirectory()) {
    throw new Failure('bad-usage', `--output ${options.output} is a file.`, {
      hint: 'name a folder; it is made where it is missing',
    });
  }
  const input = await readInput(paths, io);
  requireWorkloads(input, paths, io);
  const { done: decided, failed } =
    options.engine === 'none'
      ? fromCatalogue(input, io)
      : await byRunning(input, { ...options, engine: options.engine }, io);
  const results = input.texts.map((text) => ({ text, after: hardenedText(text, decided) }));
  const elsewhere = options.write === true || options.output !== undefined;
  if (options.diff || !elsewhere) printDiffs(results, io);
  if (options.write) await writeInPlace(results, io);
  if (options.output !== undefined) await writeTo(options.output, results, decided, io);
  sayFailed(failed, io);
  sayUnreadable(input, io);
  if (input.unreadable.length > 0 || failed.length > 0) return EXIT_CANNOT_RUN;
  return decided.every(({ ok }) => ok) ? EXIT_HOLDS : EXIT_FINDINGS;
}

interface Results {
  readonly done: readonly Decided[];
  readonly failed: readonly Failed[];
}

async function byRunning(input: Input, choice: HostChoice, io: Io): Promise<Results> {
  const documents = input.documents.map(({ value }) => value);
  return withHost(choice, io, 'hardening', ({ host, run, signal, progress }) =>
    eachWorkload(input.workloads, async (workload): Promise<Decided> => {
      const result = await hardenWorkload(host, workload, {
        run,
        documents,
        signal,
        progress: (line) => progress.update(`${workload.name}: ${line}`),
      });
      const judged = result.outcome === 'hardened' ? judgementOf(applied(workload, result)) : undefined;
      progress.pause(() => io.err(renderHardenText(result, judged, styleFor(io.colour.err))));
      return result.outcome === 'hardened'
        ? { workload, ok: judged?.verdict === 'immutable', changes: result.changes, profile: result.profile }
        : { workload, ok: false, changes: [], profile: undefined };
    }),
  );
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

function fromCatalogue(input: Input, io: Io): Results {
  const done = input.workloads.map((workload) => {
    const result = hardenFromCatalogue(workload);
    io.err(renderCatalogueText(result, styleFor(io.colour.err)));
    return { ...result, ok: result.obstacles.length === 0 };
  });
  return { done, failed: [] };
}

/** The new text of one file: all of its workloads' changes at once. */
function hardenedText(text: ManifestText, decided: readonly Decided[]): string {
  const own = decided.filter(({ workload }) => workload.document.text === text);
  return renderChanges(
    text.text,
    own.map(({ workload, changes }) => ({ document: workload.document, changes })),
  );
}

interface Result {
  readonly text: ManifestText;
  readonly after: string;
}

/** On a terminal with control characters shown; into a pipe byte for byte, so that `patch` can take it. */
function printDiffs(results: readonly Result[], io: Io): void {
  for (const { text, after } of results) {
    io.out(renderDiff(text.file, text.text, after, styleFor(io.colour.out), io.colour.out));
  }
}

async function writeInPlace(results: readonly Result[], io: Io): Promise<void> {
  for (const { text, after } of results) {
    if (after === text.text) continue;
    writeAtomic(text.file, after);
    io.err(`written: ${io.visible(text.file)}\n`);
  }
}

/** Files keep their names; two of the same name would overwrite each other, so the later ones get a number. */
async function writeTo(folder: string, results: readonly Result[], decided: readonly Decided[], io: Io): Promise<void> {
  const taken = new Set<string>();
  const write = async (name: string, text: string) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = name.replace(/(\.[^.]*)?$/, `-${number}$1`);
    taken.add(free);
    writeOutput(join(folder, free), text);
    io.err(`written: ${io.visible(join(folder, free))}\n`);
  };
  for (const { text, after } of results) await write(text.file === '-' ? 'stdin.yaml' : basename(text.file), after);
  for (const { profile } of decided) {
    if (profile)
      await write(`${fileName(profile.metadata.name)}.immutabilityprofile.yaml`, renderProfile(profile, 'yaml'));
  }
}

/** Names come from strangers: nothing of a path may be left in one. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '') || 'workload';
}

/** `petrify harden`: hardens every workload of the given manifests by running them; prints, writes or exports the result. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EngineChoice } from '../../engine/connect.ts';
import { Failure } from '../../failure.ts';
import { hardenFromCatalogue } from '../../harden/from-catalogue.ts';
import { type Hardened, hardenWorkload, type NotHardened } from '../../harden/harden.ts';
import type { ManifestText } from '../../manifest/document.ts';
import type { Change } from '../../plan/change.ts';
import { renderChanges } from '../../plan/render.ts';
import type { ImmutabilityProfile } from '../../profile/profile.ts';
import { renderProfile } from '../../profile/render.ts';
import { renderDiff } from '../../report/diff.ts';
import { renderCatalogueText, renderHardenText } from '../../report/harden-text.ts';
import { styleFor } from '../../report/style.ts';
import { writeAtomic } from '../../source/write.ts';
import type { Workload } from '../../workload/workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { type Input, readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { withEngine } from '../with-engine.ts';

export interface HardenCommandOptions {
  readonly engine: EngineChoice | 'none';
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

/** Exit code: 2 when something could not be read, 1 when a workload could not be hardened, else 0. */
export async function harden(paths: readonly string[], options: HardenCommandOptions, io: Io): Promise<number> {
  if (options.write && paths.includes('-')) {
    throw new Failure('bad-usage', '--write cannot write to standard input.', { hint: 'use --output DIR, or the diff' });
  }
  const input = await readInput(paths, io);
  requireWorkloads(input, paths);
  const decided = options.engine === 'none' ? fromCatalogue(input, io) : await byRunning(input, options.engine, io);
  const results = input.texts.map((text) => ({ text, after: hardenedText(text, decided) }));
  if (options.write) await writeInPlace(results, io);
  else if (options.output !== undefined) await writeTo(options.output, results, decided, io);
  else for (const { text, after } of results) io.out(renderDiff(text.file, text.text, after, styleFor(io.colour.out), io.colour.out));
  sayUnreadable(input, io);
  if (input.unreadable.length > 0) return EXIT_CANNOT_RUN;
  return decided.every(({ ok }) => ok) ? EXIT_HOLDS : EXIT_FINDINGS;
}

async function byRunning(input: Input, choice: EngineChoice, io: Io): Promise<Decided[]> {
  const documents = input.documents.map(({ value }) => value);
  return withEngine(choice, io, 'hardening', async ({ engine, run, signal, progress }) => {
    const decided: Decided[] = [];
    for (const workload of input.workloads) {
      const result = await hardenOne(workload, () =>
        hardenWorkload(engine, workload, {
          run,
          documents,
          signal,
          progress: (line) => progress.update(`${workload.name}: ${line}`),
        }),
      );
      progress.pause(() => io.err(renderHardenText(result, styleFor(io.colour.err))));
      const ok = result.outcome === 'hardened';
      decided.push({ workload, ok, changes: ok ? result.changes : [], profile: ok ? result.profile : undefined });
    }
    return decided;
  });
}

/** One workload that fails must not lose the others: its failure becomes what stands in its way. */
async function hardenOne(workload: Workload, work: () => Promise<Hardened | NotHardened>): Promise<Hardened | NotHardened> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || ['interrupted', 'no-engine'].includes(error.code)) throw error;
    const obstacles = [error.message, ...(error.hint === undefined ? [] : [error.hint])];
    return { outcome: 'not-hardened', workload, obstacles, trials: [], starts: 1 };
  }
}

function fromCatalogue(input: Input, io: Io): Decided[] {
  return input.workloads.map((workload) => {
    const result = hardenFromCatalogue(workload);
    io.err(renderCatalogueText(result, styleFor(io.colour.err)));
    return { ...result, ok: result.obstacles.length === 0 };
  });
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

async function writeInPlace(results: readonly Result[], io: Io): Promise<void> {
  for (const { text, after } of results) {
    if (after === text.text) continue;
    await writeAtomic(text.file, after);
    io.err(`written: ${io.visible(text.file)}\n`);
  }
}

/** Files keep their names; two of the same name would overwrite each other, so the later ones get a number. */
async function writeTo(folder: string, results: readonly Result[], decided: readonly Decided[], io: Io): Promise<void> {
  await mkdir(folder, { recursive: true });
  const taken = new Set<string>();
  const write = async (name: string, text: string) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = name.replace(/(\.[^.]*)?$/, `-${number}$1`);
    taken.add(free);
    await writeAtomic(join(folder, free), text);
    io.err(`written: ${io.visible(join(folder, free))}\n`);
  };
  for (const { text, after } of results) await write(text.file === '-' ? 'stdin.yaml' : basename(text.file), after);
  for (const { profile } of decided) {
    if (profile) await write(`${fileName(profile.metadata.name)}.immutabilityprofile.yaml`, renderProfile(profile, 'yaml'));
  }
}

/** Names come from strangers: nothing of a path may be left in one. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '') || 'workload';
}

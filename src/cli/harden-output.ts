/** What `harden` gives its user: the difference, the files in place or in a folder, or patches; refused before anything is run where it cannot be. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '../failure.ts';
import type { ManifestText } from '../manifest/document.ts';
import type { Change } from '../plan/change.ts';
import { explainedLines } from '../plan/explained-lines.ts';
import { type PatchedObject, patchedObjects } from '../plan/patched-object.ts';
import { appendDocuments, renderChanges } from '../plan/render.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { renderProfile } from '../profile/render.ts';
import { renderDiff } from '../report/diff.ts';
import { styleFor } from '../report/style.ts';
import { writeAtomic, writeOutput } from '../source/write.ts';
import type { JsonObject } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import type { HardenFormat } from './harden-formats.ts';
import { printPatches, writePatches } from './harden-patches.ts';
import type { Input } from './input.ts';
import type { Io } from './io.ts';
import type { RenderingOptions } from './rendered-input.ts';

export interface HardenOutputOptions {
  readonly helmValues?: readonly string[];
  readonly allowNetwork?: boolean;
  /** Under which name a chart will be installed, and where. */
  readonly helmRelease?: string;
  readonly helmNamespace?: string;
  /** Absent: the one that fits the input. */
  readonly format?: HardenFormat;
  /** The reason of every changed line. */
  readonly explain?: boolean;
  readonly diff?: boolean;
  readonly write?: boolean;
  readonly output?: string;
}

/** How charts and kustomizations are to be printed. */
export function renderingOf(options: HardenOutputOptions): RenderingOptions {
  const { helmValues, allowNetwork, helmRelease: release, helmNamespace: namespace } = options;
  return { helmValues, allowNetwork, release, namespace };
}

/** What is to be done to one workload; no changes where it could not be hardened. */
export interface Planned {
  readonly workload: Workload;
  readonly changes: readonly Change[];
  readonly profile: ImmutabilityProfile | undefined;
  /** Objects that belong beside the workload: claims. */
  readonly documents?: readonly JsonObject[];
}

/** Options that do not go together. Throws `Failure('bad-usage')`. */
export function refuseOptions(paths: readonly string[], options: HardenOutputOptions): void {
  const { format, write, diff, output } = options;
  if (write && paths.includes('-')) {
    throw refused('--write cannot write to standard input.', 'use --output DIR, or the diff');
  }
  if (output !== undefined && existsSync(output) && !statSync(output).isDirectory()) {
    throw refused(`--output ${output} is a file.`, 'name a folder; it is made where it is missing');
  }
  if (format === undefined || format === 'diff') return;
  if (write) throw refused(`--write writes manifests, and --format ${format} makes patches`, 'take one of them away');
  if (diff && output === undefined)
    throw refused(`--diff and --format ${format} both print`, 'add --output DIR for the patches');
}

/** What the input does not allow, before anything is run for it. Throws `Failure('bad-usage')`. */
export function refuseInput(input: Input, options: HardenOutputOptions): void {
  const { workloads, texts } = input;
  const { write, output } = options;
  const format = formatFor(input, options);
  if (format === 'helm-values' && chartOf(input) === undefined)
    throw refused(
      '--format helm-values is for one chart, and nothing else beside it',
      'run harden once for each chart',
    );
  const rendered = texts.find((text) => text.rendered !== undefined)?.rendered;
  if (write && rendered)
    throw refused(
      `--write cannot write into ${rendered.from}: ${rendered.by} printed its objects`,
      'use --format kustomize, or --output DIR',
    );
  const ids = workloads.map(({ apiVersion, kind, namespace = '', name }) =>
    [apiVersion, kind, namespace, name].join(' '),
  );
  if (format === 'json-patch' && output === undefined && new Set(workloads.map(objectId)).size > 1)
    throw refused(
      'a JSON Patch does not say which object it is for, and there are several',
      'use --output DIR, or another format',
    );
  const twice = ids.find(
    (id, index) => ids.indexOf(id) !== index && objectId(workloads[ids.indexOf(id)]!) !== objectId(workloads[index]!),
  );
  if (format === 'kustomize' && twice !== undefined)
    throw refused(`there are two objects ${twice}, and a kustomization may hold one`, 'run harden once for each');
}

function objectId({ source, objectPath }: Workload): string {
  return JSON.stringify([source.file, source.document, objectPath]);
}

function refused(message: string, hint: string): Failure {
  return new Failure('bad-usage', message, { hint });
}

/** What was asked for; else what the input is: a chart has values, a kustomization takes patches, a file has lines. */
function formatFor(input: Input, { format, diff, write }: HardenOutputOptions): HardenFormat {
  if (format !== undefined) return format;
  if (diff || write) return 'diff';
  if (chartOf(input) !== undefined) return 'helm-values';
  return input.texts.every(({ rendered }) => rendered?.by === 'kustomize') ? 'kustomize' : 'diff';
}

/** The chart that all of the input comes from. */
function chartOf({ texts }: Input): string | undefined {
  const [first] = texts;
  if (first?.rendered?.by !== 'helm') return undefined;
  const { from } = first.rendered;
  return texts.every(({ rendered }) => rendered?.by === 'helm' && rendered.from === from) ? from : undefined;
}

/** Prints and writes what was asked for. */
export async function putOut(
  input: Input,
  planned: readonly Planned[],
  options: HardenOutputOptions,
  io: Io,
): Promise<void> {
  const { texts } = input;
  const { write, output, explain = false } = options;
  const format = formatFor(input, options);
  const objects = patchedObjects(planned);
  const isShown = options.diff === true || (format === 'diff' && !write && output === undefined);
  if (format === 'diff' || isShown) {
    const results = texts.map((text): Result => ({ text, after: hardenedText(text, planned) }));
    for (const result of results) show(result, objects, { isShown, explain }, io);
    if (write) writeInPlace(results, io);
    if (format === 'diff' && output !== undefined) writeTexts(results, writerIn(output, io));
  }
  const chart = chartOf(input);
  if (format === 'helm-values') {
    const { putOutChart } = await import('./harden-chart.ts');
    await putOutChart(chart!, objects, { ...renderingOf(options), explain, output }, writerIn(output ?? '.', io), io);
  } else if (format !== 'diff') {
    if (output === undefined) printPatches(objects, texts, { format, explain }, io);
    else writePatches(objects, texts, { format, explain }, output, writerIn(output, io), io);
  }
  if (format !== 'diff') putClaims(planned, output === undefined ? undefined : writerIn(output, io), io);
  if (output !== undefined) writeProfiles(planned, writerIn(output, io));
}

/** A patch changes an object that is there; what belongs beside it comes as a file of its own, or is shown. */
function putClaims(
  planned: readonly Planned[],
  write: ((name: string, text: string) => void) | undefined,
  io: Io,
): void {
  const text = appendDocuments(
    '',
    planned.flatMap(({ documents = [] }) => documents),
  );
  if (text === '') return;
  if (write) write(CLAIMS_FILE, text);
  else io.err(['apply these claims as well:', ...text.split('\n').map((line) => io.visible(line))].join('\n'));
}

const CLAIMS_FILE = 'claims.yaml';

interface Result {
  readonly text: ManifestText;
  readonly after: string;
}

/** The new text of one file: all of its workloads' changes at once. */
function hardenedText(text: ManifestText, planned: readonly Planned[]): string {
  const own = planned.filter(({ workload }) => workload.document.text === text);
  const changed = renderChanges(
    text.text,
    own.map(({ workload, changes }) => ({ document: workload.document, changes })),
  );
  return appendDocuments(
    changed,
    own.flatMap(({ documents = [] }) => documents),
  );
}

/**
 * The reasons first: what stands before the head of a patch is passed over by `patch` and `git apply`. On a terminal with
 * control characters shown; into a pipe byte for byte.
 */
function show(
  { text, after }: Result,
  objects: readonly PatchedObject[],
  { isShown, explain }: { isShown: boolean; explain: boolean },
  io: Io,
): void {
  if (explain && after !== text.text) {
    for (const { sign, line, text: said, because } of explainedLines(text, after, objects))
      io.out(`${io.visible(`${text.file}:${line}: ${sign} ${said.trim()}  ${because}`)}\n`);
  }
  if (isShown) io.out(renderDiff(text.file, text.text, after, styleFor(io.colour.out), io.colour.out));
}

function writeInPlace(results: readonly Result[], io: Io): void {
  for (const { text, after } of results) {
    if (after === text.text) continue;
    writeAtomic(text.file, after);
    io.err(`written: ${io.visible(text.file)}\n`);
  }
}

type Write = (name: string, text: string) => void;

/** Files keep their names; two of the same name would overwrite each other, so the later ones get a number. */
function writerIn(folder: string, io: Io): Write {
  const taken = new Set<string>();
  return (name, text) => {
    let free = name;
    for (let number = 2; taken.has(free); number++) free = name.replace(/(\.[^.]*)?$/, `-${number}$1`);
    taken.add(free);
    writeOutput(join(folder, free), text);
    io.err(`written: ${io.visible(join(folder, free))}\n`);
  };
}

function writeTexts(results: readonly Result[], write: Write): void {
  for (const { text, after } of results) write(text.file === '-' ? 'stdin.yaml' : basename(text.file), after);
}

function writeProfiles(planned: readonly Planned[], write: Write): void {
  for (const { profile } of planned) {
    if (profile) write(`${fileName(profile.metadata.name)}.immutabilityprofile.yaml`, renderProfile(profile, 'yaml'));
  }
}

/** Names come from strangers: nothing of a path may be left in one. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '') || 'workload';
}

/** What `harden` gives for a chart: values that have the effect, as far as the chart exposes them, and a post-renderer for the rest. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { type ChartValues, type Rendered, searchChartValues } from '../harden/chart-search.ts';
import type { Path } from '../manifest/document.ts';
import { valueAt } from '../manifest/position.ts';
import { readDocuments } from '../manifest/read.ts';
import { isSame } from '../plan/chart-values.ts';
import { kustomizationFolder } from '../plan/kustomize.ts';
import { yamlOf } from '../plan/patch-text.ts';
import type { PatchedObject } from '../plan/patched-object.ts';
import { commentOf, reasonLines } from '../plan/reasons.ts';
import { replay } from '../plan/replay.ts';
import { shellWord } from '../plan/shell-word.ts';
import { settle } from '../settings/settle.ts';
import { RELEASE, renderChart, textsOfTemplates, valuesOfChart } from '../source/helm.ts';
import { programOnPath } from '../source/run-tool.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Io } from './io.ts';
import type { RenderingOptions } from './rendered-input.ts';

export interface ChartOptions extends RenderingOptions {
  readonly explain: boolean;
  readonly output?: string | undefined;
}

/** Names of what is written. */
const VALUES_FILE = 'values.petrify.yaml';
const POST_RENDERER = 'post-renderer';
const SCRIPT = 'post-renderer.sh';
/** Helm 4 takes the names of plugins only. */
const PLUGIN_FILE = 'plugin.yaml';
const EXECUTABLE = 0o755;

/** Searches, then prints the values, or writes them and the post-renderer into the folder. */
export async function putOutChart(
  chart: string,
  objects: readonly PatchedObject[],
  options: ChartOptions,
  write: (name: string, text: string) => void,
  io: Io,
): Promise<void> {
  if (objects.length === 0) {
    io.err(`${io.visible(chart)}: there is nothing to change\n`);
    return;
  }
  const progress = await io.progress(`finding the values of ${chart} that have the effect`);
  const result = await search(chart, objects, options, io).finally(() => progress.end());
  const rest = objects.flatMap((object) => left(object, result.now.get(idOf(object.before))));
  const lost = objects.filter((object) => result.now.get(idOf(object.before)) === undefined);
  say(chart, result, { rest, lost }, io);
  const text = valuesText(result, objects, options.explain);
  const { output } = options;
  if (output === undefined) {
    io.out(text);
    if (rest.length > 0) io.err('use --output DIR to get a post-renderer for the rest\n');
    return;
  }
  write(VALUES_FILE, text);
  if (rest.length > 0) writePostRenderer(chart, rest, options, write, output);
  sayCommands(chart, rest, options, output, io);
}

async function search(
  chart: string,
  objects: readonly PatchedObject[],
  options: ChartOptions,
  io: Io,
): Promise<ChartValues> {
  const helm = programOnPath('helm', io.env);
  if (helm === undefined) throw new Failure('bad-usage', 'there is no helm on the PATH', { hint: 'install Helm' });
  const folder = mkdtempSync(join(tmpdir(), 'petrify-values-'));
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await searchIn(folder, { helm, chart, objects, options, env: io.env, signal: interruption.signal });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

/** They end the search; what it made for itself is removed then. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Searching {
  readonly helm: string;
  readonly chart: string;
  readonly objects: readonly PatchedObject[];
  readonly options: ChartOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

async function searchIn(folder: string, searching: Searching): Promise<ChartValues> {
  const { helm, chart, objects, options, env, signal } = searching;
  const { helmValues = [], release, namespace } = options;
  const { allowNetwork } = settle({ allowNetwork: options.allowNetwork }, env, {});
  const names = { ...(release === undefined ? {} : { release }), ...(namespace === undefined ? {} : { namespace }) };
  const rendering = { env, allowNetwork, signal };
  const text = await valuesOfChart(helm, chart, { values: helmValues, ...names }, rendering);
  const file = join(folder, 'values.json');
  const render = async (values: JsonObject): Promise<Rendered> => {
    writeFileSync(file, JSON.stringify(values));
    const printed = await renderChart(helm, chart, { values: [...helmValues, file], ...names }, rendering);
    if (signal.aborted) throw new Failure('interrupted', 'interrupted');
    if ('failure' in printed) return undefined;
    return objectsOf(textsOfTemplates(printed.output.toString('utf8'), chart).map((one) => one.text));
  };
  const wanted = new Map(objects.map((object) => [idOf(object.before), object]));
  const values = objectOr(readDocuments({ file: 'values.yaml', text }).documents[0]?.value);
  return searchChartValues({ values, wanted, render });
}

/** By id; the items of lists are objects of their own. Objects that are there twice are told apart by their number. */
function objectsOf(texts: readonly string[]): ReadonlyMap<string, unknown> {
  const objects = new Map<string, unknown>();
  const add = (value: unknown): void => {
    const { items, kind } = objectOr(value);
    if (Array.isArray(items) && String(kind).endsWith('List')) {
      for (const item of items) add(item);
      return;
    }
    if (!isObject(value)) return;
    let id = idOf(value);
    while (objects.has(id)) id += ' (again)';
    objects.set(id, value);
  };
  for (const text of texts) for (const { value } of readDocuments({ file: 'rendered', text }).documents) add(value);
  return objects;
}

function idOf(object: unknown): string {
  const { apiVersion, kind, metadata } = objectOr(object);
  const { name, namespace } = objectOr(metadata);
  return [apiVersion, kind, textOf(namespace) ?? '', name].join(' ');
}

/** What is still to be done to an object when the chart renders it with the values that were found. */
function left(object: PatchedObject, now: unknown): readonly PatchedObject[] {
  if (now === undefined) return [];
  const changes = object.made
    .map(({ change }) => change)
    .filter(({ path, value, op }) => {
      const isInsertion = op === 'add' && typeof path.at(-1) === 'number';
      const list = isInsertion ? path.slice(0, -1).reduce<unknown>((at, step) => Object(at)[step], now) : [];
      return !listOf(list).some((item) => isSame(item, value, path, object.podSpecPaths));
    });
  const replayed = replay(now, changes);
  return replayed.made.length === 0 ? [] : [{ ...object, ...replayed, before: now }];
}

function valuesText({ values, found, now }: ChartValues, objects: readonly PatchedObject[], explain: boolean): string {
  const head = [`# Makes the pods of this chart as petrify hardened them: helm upgrade … --values ${VALUES_FILE}`];
  if (explain) {
    for (const { key, object, path } of found) {
      const one = objects.find(({ before }) => idOf(before) === object);
      const reasons = one ? reasonsGranted(one, path, now.get(object)) : [];
      head.push(`# ${key.join('.')}: ${commentOf(reasons).join('').slice(2)}`);
    }
  }
  if (Object.keys(values).length === 0) head.push('# This chart exposes nothing of it.');
  const lines = head.map((line) => line.replace(/[\s\p{C}]+/gu, ' '));
  return `${lines.join('\n')}\n${yamlOf(values)}`;
}

/** Reasons of what the plan does at a place or below it, as far as the chart now does it. */
function reasonsGranted(object: PatchedObject, path: Path, now: unknown): string[] {
  const isThere = (place: Path) =>
    path.every((step, index) => place[index] === step || typeof step === 'number') &&
    isSame(valueAt(now, place), valueAt(object.after, place), place, object.podSpecPaths);
  return object.places
    .filter(({ before, after }) => isThere(after ?? before ?? []))
    .map(({ change }) => change.because);
}

/** A hook of Helm never comes to a post-renderer. */
const isHook = ({ before }: PatchedObject) =>
  Object.hasOwn(objectOr(objectOr(objectOr(before).metadata).annotations), 'helm.sh/hook');

function writePostRenderer(
  chart: string,
  rest: readonly PatchedObject[],
  options: ChartOptions,
  write: (name: string, text: string) => void,
  output: string,
): void {
  const { explain } = options;
  const files = kustomizationFolder(rest, { resources: ['all.yaml'], explain, mayBeMissing: isHook });
  for (const { name, text } of files) write(`${POST_RENDERER}/${name}`, text);
  write(`${POST_RENDERER}/${PLUGIN_FILE}`, yamlOf(pluginOf(chart, options)));
  write(`${POST_RENDERER}/${SCRIPT}`, POST_RENDERER_TEXT);
  chmodSync(join(output, POST_RENDERER, SCRIPT), EXECUTABLE);
}

function pluginOf(chart: string, options: ChartOptions): JsonObject {
  return {
    apiVersion: 'v1',
    type: 'postrenderer/v1',
    name: pluginName(chart, options),
    version: '0.1.0',
    runtime: 'subprocess',
    runtimeConfig: { platformCommand: [{ command: `\${HELM_PLUGIN_DIR}/${SCRIPT}` }] },
  };
}

/** Patches are for the names of one release. */
function pluginName(chart: string, { release }: ChartOptions): string {
  const name = release ?? basename(resolve(chart)).replace(/\.(?:tgz|tar\.gz)$/, '');
  return `petrify-${name.replace(/[^A-Za-z0-9_-]+/g, '-')}`;
}

const POST_RENDERER_TEXT = `#!/bin/sh
# Patches what Helm renders: reads it on standard input, prints it hardened. Needs kubectl or kustomize on the PATH.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(dirname "$0")"/*.yaml "$folder"
cat > "$folder/all.yaml"
if command -v kustomize > /dev/null; then kustomize build "$folder"; else kubectl kustomize "$folder"; fi
`;

interface Rest {
  readonly rest: readonly PatchedObject[];
  /** Objects that have another name at each rendering. */
  readonly lost: readonly PatchedObject[];
}

function say(chart: string, { found, renderings, cutShort }: ChartValues, { rest, lost }: Rest, io: Io): void {
  const keys = [...new Set(found.map(({ key }) => key.join('.')))];
  const what = keys.length === 0 ? 'exposes nothing of it' : `exposes ${keys.join(', ')}`;
  io.err(`${io.visible(`${chart} ${what}`)} (${renderings} renderings)\n`);
  if (cutShort !== undefined) io.err(`note: ${io.visible(cutShort)}\n`);
  for (const { kind, name } of lost)
    io.err(`note: ${io.visible(`${kind} ${name}`)} has another name at each rendering: it stays as it is\n`);
  for (const object of rest) {
    io.err(`${io.visible(`not by values, ${object.kind} ${object.name ?? ''}:`)}\n`);
    for (const line of reasonLines(object)) io.err(`  ${io.visible(line)}\n`);
  }
}

function sayCommands(
  chart: string,
  rest: readonly PatchedObject[],
  options: ChartOptions,
  output: string,
  io: Io,
): void {
  const { helmValues = [], release, namespace } = options;
  const values = [...helmValues, join(output, VALUES_FILE)].map((file) => `--values ${shellWord(file)}`).join(' ');
  const where = namespace === undefined ? '' : ` --namespace ${shellWord(namespace)}`;
  const upgrade = `helm upgrade --install ${shellWord(release ?? 'RELEASE')} ${shellWord(chart)}${where} ${values}`;
  if (rest.length === 0) {
    io.err(`apply it with: ${io.visible(upgrade)}\n`);
    return;
  }
  const folder = join(output, POST_RENDERER);
  const plugin = `helm plugin install ${shellWord(folder)}`;
  const name = pluginName(chart, options);
  io.err(`with Helm 4: ${io.visible(`${plugin} && ${upgrade} --post-renderer ${name}`)}\n`);
  io.err(`with Helm 3: ${io.visible(`${upgrade} --post-renderer ${shellWord(resolve(folder, SCRIPT))}`)}\n`);
  if (release === undefined && rest.some(({ name }) => name?.includes(RELEASE)))
    io.err('note: these objects are named after the release: give --helm-release NAME for patches that find them\n');
  if (rest.some(isHook)) io.err('note: Helm 3 gives no hooks to a post-renderer\n');
}

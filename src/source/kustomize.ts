/** Kustomizations: what each refers to, which of a walk stand for themselves, and building one with the tool on the PATH. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readDocuments } from '../manifest/read.ts';
import type { Rendering } from './helm.ts';
import { programOnPath, runTool, type ToolResult } from './run-tool.ts';

/** Longest kustomization that is looked into, in bytes. */
const MAX_LENGTH = 4 * 1024 * 1024;
/** Most kustomizations that lead from one to the next. */
const MAX_FOLLOWED = 10_000;

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export interface Kustomization {
  /** Real path of its folder. */
  readonly folder: string;
  readonly isComponent: boolean;
  /** Real paths of other kustomizations' folders. */
  readonly folders: readonly string[];
  /** Real paths of objects that it takes over. */
  readonly resources: readonly string[];
  /** Real paths of what is no object of its own: patches, values, sources of generators. */
  readonly inputs: readonly string[];
  /** What it would have to fetch. */
  readonly remote: readonly string[];
  /** Charts that Kustomize would have Helm fetch or render. */
  readonly usesHelm: boolean;
}

/** The kustomization of a folder; undefined: there is none that can be read. */
export function kustomizationIn(folder: string): Kustomization | undefined {
  const value = contentOf(folder);
  if (value === undefined) return undefined;
  const found = { folders: [] as string[], resources: [] as string[], inputs: [] as string[], remote: [] as string[] };
  for (const key of [
    'resources',
    'bases',
    'components',
    'crds',
    'generators',
    'transformers',
    'validators',
    'configurations',
  ])
    for (const entry of strings(value[key])) sort(found, folder, entry, key === 'resources' ? 'resources' : 'inputs');
  const patches = [value.patches, value.patchesJson6902, value.replacements]
    .flatMap(list)
    .map((one) => field(one, 'path'));
  const strategic = strings(value.patchesStrategicMerge).filter((entry) => !entry.includes('\n'));
  const generators = [value.configMapGenerator, value.secretGenerator].flatMap(list);
  const sources = generators.flatMap((one) => [
    ...strings(field(one, 'files')).map((entry) => entry.slice(entry.indexOf('=') + 1)),
    ...strings(field(one, 'envs')),
    ...strings([field(one, 'env')]),
  ]);
  const openapi = field(value.openapi, 'path');
  for (const entry of strings([...patches, ...strategic, ...sources, openapi])) sort(found, folder, entry, 'inputs');
  const usesHelm = list(value.helmCharts).length > 0 || list(value.helmChartInflationGenerator).length > 0;
  return { folder, isComponent: value.kind === 'Component', usesHelm, ...found };
}

type Value = Readonly<Record<string, unknown>>;

function contentOf(folder: string): Value | undefined {
  for (const name of NAMES) {
    const file = join(folder, name);
    try {
      const stats = statSync(file);
      if (!stats.isFile() || stats.size > MAX_LENGTH) continue;
      const value = readDocuments({ file, text: readFileSync(file, 'utf8') }).documents[0]?.value;
      return typeof value === 'object' && value !== null ? (value as Value) : {};
    } catch {
      // Another name may be there; what cannot be read is Kustomize's to say.
    }
  }
  return undefined;
}

function sort(
  found: { folders: string[]; resources: string[]; inputs: string[]; remote: string[] },
  folder: string,
  entry: string,
  kind: 'resources' | 'inputs',
): void {
  if (entry.includes('\n')) return;
  try {
    const real = realpathSync(resolve(folder, entry));
    if (statSync(real).isDirectory()) found.folders.push(real);
    else found[kind].push(real);
  } catch {
    if (isRemote(entry)) found.remote.push(entry);
  }
}

/** A URL, `github.com/…`, `git@…` or `…?ref=`: what Kustomize would clone or download. */
function isRemote(entry: string): boolean {
  return /^[a-z][a-z0-9+.-]*:|^[^/]*@[^/]*:|\?|\/\//i.test(entry) || /^[^./][^/]*\.[a-z]+\/[^/]+\/./i.test(entry);
}

function strings(value: unknown): string[] {
  return list(value).filter((one) => typeof one === 'string' && one !== '' && !one.includes('\0')) as string[];
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Value)[key] : undefined;
}

/** The kustomization of a folder and all that it leads to, itself first. */
export function kustomizationsFrom(folder: string): Kustomization[] {
  const found = new Map<string, Kustomization>();
  const open = [folder];
  while (open.length > 0 && found.size < MAX_FOLLOWED) {
    const next = open.pop()!;
    const one = found.has(next) ? undefined : kustomizationIn(next);
    if (!one) continue;
    found.set(next, one);
    open.push(...one.folders);
  }
  return [...found.values()];
}

export interface KustomizationPlan {
  /** Real paths of the folders that are built: those that no other one refers to. */
  readonly built: ReadonlySet<string>;
  /** Components that nothing uses. */
  readonly unused: ReadonlySet<string>;
  /** Real paths of files that are judged through a kustomization, or are no objects. */
  readonly taken: ReadonlySet<string>;
}

/** @param canBuild without a tool the objects are read as they stand, and only what is no object is taken */
export function planKustomizations(
  folders: readonly { readonly real: string; readonly named: boolean }[],
  canBuild: boolean,
): KustomizationPlan {
  const all = new Map(folders.map(({ real }) => [real, kustomizationIn(real)]));
  const referred = new Set<string>();
  for (const [folder, one] of all) for (const other of one?.folders ?? []) if (other !== folder) referred.add(other);
  const built = new Set<string>();
  const unused = new Set<string>();
  const reached = new Set<string>();
  const taken = new Set<string>();
  const build = (folder: string) => {
    built.add(folder);
    for (const one of kustomizationsFrom(folder)) {
      reached.add(one.folder);
      for (const file of one.inputs) taken.add(file);
      if (canBuild) for (const file of one.resources) taken.add(file);
    }
  };
  for (const { real, named } of folders) {
    if (named) build(real);
    else if (referred.has(real)) continue;
    else if (all.get(real)?.isComponent) {
      unused.add(real);
      for (const file of all.get(real)!.inputs) taken.add(file);
    } else build(real);
  }
  // Kustomizations that refer to each other in a circle: Kustomize shall say so.
  for (const { real } of folders)
    if (!reached.has(real) && !unused.has(real) && !reachedFrom(unused, real)) build(real);
  return { built, unused, taken };
}

function reachedFrom(folders: ReadonlySet<string>, folder: string): boolean {
  for (const one of folders) if (kustomizationsFrom(one).some((other) => other.folder === folder)) return true;
  return false;
}

/** The command that builds a kustomization: `kustomize build` or `kubectl kustomize`. */
export function kustomizeOnPath(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const kustomize = programOnPath('kustomize', env);
  if (kustomize !== undefined) return [kustomize, 'build'];
  const kubectl = programOnPath('kubectl', env);
  return kubectl === undefined ? undefined : [kubectl, 'kustomize'];
}

/** What the tool prints. Its own guards stay on: no file outside of the folder, no plugins, no Helm. */
export function buildKustomization(
  [program, command]: readonly string[],
  folder: string,
  rendering: Rendering,
): Promise<ToolResult> {
  const variables = (home: string) => ({
    XDG_CONFIG_HOME: home,
    KUSTOMIZE_PLUGIN_HOME: home,
    KUBECONFIG: join(home, 'kubeconfig'),
    GIT_TERMINAL_PROMPT: '0',
  });
  return runTool({ ...rendering, program: program!, args: [command!, resolve(folder)], variables });
}

/** Folders of everything that a built kustomization reads: its own, its bases' and its files'. */
export function placesOfKustomization(folder: string): readonly string[] {
  const all = kustomizationsFrom(realpathSync(folder));
  return [
    ...new Set(all.flatMap((one) => [one.folder, ...[...one.resources, ...one.inputs].map((file) => dirname(file))])),
  ];
}

/** Renders a chart with the `helm` on the PATH; each template that printed something is one text. */
import { join, resolve } from 'node:path';
import type { ManifestText } from '../manifest/document.ts';
import { runTool, type ToolLimits, type ToolResult } from './run-tool.ts';

export interface HelmOptions {
  /** Files of values, the later ones winning. */
  readonly values?: readonly string[];
  /** `key=value`, as for `helm template --set`. */
  readonly set?: readonly string[];
  /** Charts print it into the names of their objects. */
  readonly release?: string;
  readonly namespace?: string;
}

export interface Rendering {
  readonly env: NodeJS.ProcessEnv;
  readonly allowNetwork: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ToolLimits | undefined;
}

/** Helm wants a name for a release. */
export const RELEASE = 'release-name';
const NAMESPACE = 'default';

/** What `helm template` prints for a chart's folder or archive. */
export function renderChart(
  program: string,
  chart: string,
  options: HelmOptions,
  rendering: Rendering,
): Promise<ToolResult> {
  const args = ['template', ...commonArguments(chart, options), '--include-crds'];
  return runTool({ ...rendering, program, args, variables });
}

function commonArguments(chart: string, options: HelmOptions): readonly string[] {
  const { release = RELEASE, namespace = NAMESPACE } = options;
  const values = (options.values ?? []).flatMap((file) => ['--values', isUrl(file) ? file : resolve(file)]);
  const set = (options.set ?? []).flatMap((setting) => ['--set', setting]);
  return [release, resolve(chart), '--namespace', namespace, ...values, ...set];
}

/**
 * The values that hold for a chart, as YAML: its own, those of its dependencies under their names, the user's over them.
 * A Helm that asks a cluster even for a dry run shows the chart's own values only.
 */
export async function valuesOfChart(
  program: string,
  chart: string,
  options: HelmOptions,
  rendering: Rendering,
): Promise<string> {
  const args = ['install', ...commonArguments(chart, options), '--dry-run=client', '--debug'];
  const dry = await runTool({ ...rendering, program, args, variables });
  const computed = 'output' in dry ? COMPUTED_VALUES.exec(dry.output.toString('utf8'))?.[1] : undefined;
  if (computed !== undefined) return computed;
  const shown = await runTool({ ...rendering, program, args: ['show', 'values', resolve(chart)], variables });
  return 'output' in shown ? shown.output.toString('utf8') : '';
}

/** Between two headings of what a dry run prints. */
const COMPUTED_VALUES = /^COMPUTED VALUES:\r?\n(.*?)^HOOKS:\r?$/ms;

/** Nothing of the user's own Helm: no plugins, repositories, clusters. */
const variables = (folder: string) => ({
  HELM_CACHE_HOME: join(folder, 'cache'),
  HELM_CONFIG_HOME: join(folder, 'config'),
  HELM_DATA_HOME: join(folder, 'data'),
  HELM_PLUGINS: join(folder, 'plugins'),
  HELM_REPOSITORY_CONFIG: join(folder, 'repositories.yaml'),
  HELM_REGISTRY_CONFIG: join(folder, 'registry.json'),
  KUBECONFIG: join(folder, 'kubeconfig'),
});

function isUrl(file: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
}

/** Before each document Helm says which template printed it. */
const SOURCE = /^---\r?\n# Source: ([^\r\n]+)\r?\n/gm;

/** One text a template, in the order in which Helm prints them first. */
export function textsOfTemplates(output: string, chart: string): ManifestText[] {
  const heads = [...output.matchAll(SOURCE)];
  const texts = new Map<string, string[]>();
  const keep = (source: string | undefined, start: number, end: number) => {
    const text = output.slice(start, end);
    if (text.trim() === '') return;
    const file = source === undefined ? chart : fileOf(chart, source);
    const pieces = texts.get(file);
    if (pieces) pieces.push(text);
    else texts.set(file, [text]);
  };
  keep(undefined, 0, heads[0]?.index ?? output.length);
  for (const [index, head] of heads.entries()) keep(head[1], head.index, heads[index + 1]?.index ?? output.length);
  return Array.from(texts, ([file, pieces]) => ({
    file,
    text: pieces.join(''),
    rendered: { by: 'helm', from: chart },
  }));
}

/** `web/templates/x.yaml` below the chart's own path. A template may print such a line itself: nothing outside is named. */
function fileOf(chart: string, source: string): string {
  const steps = source.split('/').slice(1);
  const isOdd = steps.length === 0 || steps.some((step) => step === '' || step === '.' || step === '..');
  return isOdd ? chart : join(chart, ...steps);
}

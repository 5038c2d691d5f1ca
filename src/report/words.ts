/** Words that every report of `check` uses: names, places, fixes, standings, counts. */
import type { Control, SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument, Position } from '../manifest/document.ts';
import type { Standing, Summary, WeighedContainer, WeighedFinding, WeighedWorkload } from './check-result.ts';
import { count } from './lines.ts';

/** From worst to best. */
export const VERDICTS: readonly SpecVerdict[] = ['mutable', 'bypassable', 'immutable'];

interface Named {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly document?: ManifestDocument;
}

/** `Deployment shop/web`; pods of a cluster are called by their owner. */
export function titleOf({ namespace, document, ...own }: Named): string {
  const { kind, name } = document?.text.live?.owner ?? own;
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** A place in a file that somebody can open, or, for what was rendered, only where it came from. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What printed the text has lines that are in no file. */
export function placeOf(document: ManifestDocument, file: string, position: Pick<Position, 'line' | 'column'>): Place {
  if (document.text.rendered !== undefined) return { file };
  return { file, line: position.line, column: position.column };
}

/** `file:line:column`, as terminals and editors follow it. */
export function placeWords({ file, line, column }: Place): string {
  return [file, ...(line === undefined ? [] : [line]), ...(column === undefined ? [] : [column])].join(':');
}

/** How the text came to be, where it is not the file's own. */
export function renderedWords({ text: { rendered } }: ManifestDocument): string | undefined {
  if (rendered === undefined) return undefined;
  return rendered.by === 'cluster'
    ? `from the cluster ${rendered.from}`
    : `rendered by ${rendered.by}, ${rendered.from}`;
}

/** Names of so many pods are written out. */
const MAX_PODS_NAMED = 3;

/** What a cluster knows beside the object. */
export function liveWords({ text: { live } }: ManifestDocument): string | undefined {
  if (live === undefined) return undefined;
  const named = live.pods.slice(0, MAX_PODS_NAMED).join(', ');
  const more = live.pods.length > MAX_PODS_NAMED ? `, and ${live.pods.length - MAX_PODS_NAMED} more` : '';
  return `runs as ${count(live.pods.length, 'pod')}: ${named}${more}`;
}

/** What is known of who injected a container; undefined: its owner's template has it. */
export function injectedWords({ text: { live } }: ManifestDocument, container: string): string | undefined {
  if (live === undefined || !Object.hasOwn(live.injected, container)) return undefined;
  return live.injected[container] as string;
}

/** The fix, short, with who has to do it. */
export function fixLine({ fix }: Pick<Control, 'fix'>): string {
  return fix.kind === 'needs-human' ? `decide: ${fix.why}` : `fix: ${fix.describe}`;
}

/** Why a finding does not count; undefined: it does. */
export function standingWords(standing: Standing): string | undefined {
  if (standing.kind === 'counts') return undefined;
  if (standing.kind === 'known') return 'known already';
  const until = standing.until === null ? '' : `, until ${standing.until}`;
  const by = standing.by === 'settings' ? ' by the settings' : '';
  return `excepted${by}${until}: ${standing.reason}`;
}

/** Why a verdict has no reason among the findings that are shown; undefined: it has one. */
export function unexplained(verdict: SpecVerdict, findings: readonly WeighedFinding[]): string | undefined {
  if (verdict === 'immutable' || findings.some((one) => one.verdict === verdict)) return undefined;
  return `What makes it ${verdict} is left out at this level or switched off by the settings.`;
}

/** The sentence for a workload without any container that could be read. */
export const NO_CONTAINERS = 'No container of it could be read, so nothing is known of what it would run.';

/** A container with its role where that is not the usual one: `seed (init)`. */
export function containerTitle({ container: { name, role } }: WeighedContainer): string {
  return role === 'main' ? name : `${name} (${role})`;
}

/** Which of several pod templates, where a kind may have some: the path to its pod spec inside the object. */
export function templateOf({ podSpecPath, objectPath }: WeighedWorkload['workload']): string {
  const path = podSpecPath.slice(objectPath.length).join('.');
  return USUAL.has(path) ? '' : path;
}

/** Where Kubernetes' own kinds have their only pod spec. */
const USUAL: ReadonlySet<string> = new Set([
  'spec',
  'template.spec',
  'spec.template.spec',
  'spec.jobTemplate.spec.template.spec',
]);

/** A finding with whose it is. */
export interface Owned {
  readonly finding: WeighedFinding;
  /** undefined: the pod's, or an object's. */
  readonly container: string | undefined;
}

/** Every finding of a workload, worst first, the pod's own before those of its containers. */
export function allFindings({ findings, containers }: WeighedWorkload): readonly Owned[] {
  const all: Owned[] = findings.map((finding) => ({ finding, container: undefined }));
  for (const one of containers)
    for (const finding of one.findings) all.push({ finding, container: one.container.name });
  return all.sort((a, b) => VERDICTS.indexOf(a.finding.verdict) - VERDICTS.indexOf(b.finding.verdict));
}

export function sumOf(counts: Readonly<Record<SpecVerdict, number>>): number {
  return VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
}

/** `3 workloads: 2 mutable, 1 immutable · 5 findings · 1 excepted`. */
export function tallyWords({ tally }: Summary): string {
  const verdicts = VERDICTS.filter((verdict) => tally.workloads[verdict] > 0)
    .map((verdict) => `${tally.workloads[verdict]} ${verdict}`)
    .join(', ');
  return [
    `${count(sumOf(tally.workloads), 'workload')}${verdicts === '' ? '' : `: ${verdicts}`}`,
    count(sumOf(tally.findings), 'finding'),
    ...(tally.excepted > 0 ? [`${tally.excepted} excepted`] : []),
    ...(tally.known > 0 ? [`${tally.known} known`] : []),
    ...(tally.belowLevel > 0 ? [`${tally.belowLevel} more below this level`] : []),
  ].join(' · ');
}

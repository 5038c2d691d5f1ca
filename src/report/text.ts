/** The result of `check` for a person: verdicts with their chain of reasons, each at its place. */
import type { SpecVerdict, Verdict } from '../controls/control.ts';
import type { Notice, Unreadable } from '../manifest/document.ts';
import type { WritableVolume } from '../workload/surface.ts';
import type { Workload } from '../workload/workload.ts';
import type {
  ControlOf,
  Format,
  Standing,
  Summary,
  WeighedContainer,
  WeighedFinding,
  WeighedObject,
  WeighedWorkload,
} from './check-result.ts';
import { columnWidth, count, paragraph } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** The order of the summary: worst first. */
const VERDICTS: readonly SpecVerdict[] = ['mutable', 'bypassable', 'immutable'];

/** What stands before a finding: the worst can be found without colours. */
const MARKS: Readonly<Record<Verdict, string>> = { mutable: '✗', bypassable: '!', immutable: '·', proven: '·' };

/** The whole report; ends with a line feed. */
export function textFormat(controlOf: ControlOf, style: Style): Format {
  return {
    open: () => '',
    separator: '',
    workload: (judged) => block(workloadLines(judged, controlOf, style)),
    objects: '',
    object: (judged) => block(objectLines(judged, controlOf, style)),
    close: (summary) => `${closing(summary, style).join('\n')}\n`,
  };
}

const block = (lines: readonly string[]): string => `${lines.join('\n')}\n\n`;

/** `file:line:column`, as terminals and editors follow it. */
function place(file: string, line: number, column: number | undefined): string {
  return visible(column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`);
}

function workloadLines(judged: WeighedWorkload, controlOf: ControlOf, style: Style): string[] {
  const { workload, verdict, containers, findings } = judged;
  const { kind, namespace, name, source } = workload;
  const title = style.strong(visible(`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`));
  const where = `${place(source.file, source.line, undefined)}${visible(templateOf(workload))}`;
  const lines = [`${title}  ${style.verdict[verdict](verdict)}  ${style.faint(where)}`];
  if (containers.length === 0)
    lines.push(...paragraph('No container of it could be read, so nothing is known of what it would run.', 2));
  lines.push(...findingLines(findings, source.file, 2, controlOf, style));
  for (const container of containers) lines.push(...containerLines(container, source.file, controlOf, style));
  return lines;
}

function objectLines({ object, findings }: WeighedObject, controlOf: ControlOf, style: Style): string[] {
  const { kind, namespace, name, source } = object;
  const title = style.strong(visible(`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`));
  const lines = [`${title}  ${style.faint(place(source.file, source.line, undefined))}`];
  lines.push(...findingLines(findings, source.file, 2, controlOf, style));
  return lines;
}

function containerLines(judged: WeighedContainer, file: string, controlOf: ControlOf, style: Style): string[] {
  const { container, verdict, findings, writable } = judged;
  const role = container.role === 'main' ? '' : ` ${style.faint(`(${container.role})`)}`;
  const lines = [`  ${visible(container.name)}${role}  ${style.verdict[verdict](verdict)}`];
  lines.push(...findingLines(findings, file, 4, controlOf, style));
  if (writable.length > 0)
    lines.push(...paragraph(`writable: ${visible(writable.map(volumeWords).join(', '))}`, 4).map(style.faint));
  return lines;
}

function findingLines(
  findings: readonly WeighedFinding[],
  file: string,
  indent: number,
  controlOf: ControlOf,
  style: Style,
): string[] {
  const lines: string[] = [];
  const width = columnWidth(
    findings.map((finding) => controlOf(finding).phrase),
    Number.POSITIVE_INFINITY,
  );
  const space = ' '.repeat(indent);
  for (const finding of findings) {
    const { id, phrase, message } = controlOf(finding);
    const mark = style.verdict[finding.verdict](MARKS[finding.verdict]);
    const where = place(file, finding.position.line, finding.position.column);
    lines.push(`${space}${mark} ${phrase.padEnd(width)}  ${style.faint(where)}`);
    lines.push(...paragraph(visible(`${message(finding.args)} (${id})`), indent + 2));
    const standing = standingWords(finding.standing);
    if (standing !== undefined) lines.push(...paragraph(visible(standing), indent + 2).map(style.faint));
  }
  return lines;
}

function standingWords(standing: Standing): string | undefined {
  if (standing.kind === 'counts') return undefined;
  if (standing.kind === 'known') return 'known already';
  const until = standing.until === null ? '' : `, until ${standing.until}`;
  return `excepted${until}: ${standing.reason}`;
}

function volumeWords({ path, kind, noexecRequested, writtenBy }: WritableVolume): string {
  const words = [kind ?? 'no such volume', noexecRequested ? 'noexec if the cluster supports it' : 'executable'];
  if (writtenBy !== null) words.push(`written by container ${writtenBy}`);
  return `${path} (${words.join(', ')})`;
}

function unreadableLines(unreadable: readonly Unreadable[], style: Style): string[] {
  const lines = [style.strong('Could not be read')];
  for (const { file, line, column, message, hint } of unreadable) {
    lines.push(`  ${style.problem('✗')} ${place(file, line, column)}`, ...paragraph(visible(message), 4));
    if (hint !== undefined) lines.push(...paragraph(visible(hint), 4).map(style.faint));
  }
  return lines;
}

function closing({ tally, unreadable, notices }: Summary, style: Style): string[] {
  const lines: string[] = [];
  if (unreadable.length > 0) lines.push(...unreadableLines(unreadable, style), '');
  for (const notice of notices) lines.push(...noticeLines(notice, style));
  if (notices.length > 0) lines.push('');
  const workloads = VERDICTS.reduce((sum, verdict) => sum + tally.workloads[verdict], 0);
  const findings = VERDICTS.reduce((sum, verdict) => sum + tally.findings[verdict], 0);
  const verdicts = VERDICTS.filter((verdict) => tally.workloads[verdict] > 0)
    .map((verdict) => `${tally.workloads[verdict]} ${verdict}`)
    .join(', ');
  const parts = [
    `${count(workloads, 'workload')}${verdicts === '' ? '' : `: ${verdicts}`}`,
    count(findings, 'finding'),
    ...(tally.excepted > 0 ? [`${tally.excepted} excepted`] : []),
    ...(tally.known > 0 ? [`${tally.known} known`] : []),
    ...(tally.belowLevel > 0 ? [`${tally.belowLevel} below this level`] : []),
  ];
  lines.push(parts.join(' · '));
  if (unreadable.length > 0) lines.push(style.problem(`${count(unreadable.length, 'document')} could not be read`));
  return lines;
}

function noticeLines({ file, line, message, hint }: Notice, style: Style): string[] {
  const where = line === undefined ? visible(file) : place(file, line, undefined);
  const lines = [`${where}: ${visible(message)}`];
  if (hint !== undefined) lines.push(...paragraph(visible(hint), 2));
  return lines.map(style.faint);
}

/** Which of several pod templates, where a kind may have some: the path to its pod spec inside the object. */
function templateOf({ podSpecPath, objectPath }: Workload): string {
  const path = podSpecPath.slice(objectPath.length).join('.');
  return USUAL.has(path) ? '' : ` ${path}`;
}

/** Where Kubernetes' own kinds have their only pod spec. */
const USUAL: ReadonlySet<string> = new Set([
  'spec',
  'template.spec',
  'spec.template.spec',
  'spec.jobTemplate.spec.template.spec',
]);

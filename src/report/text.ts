/** The result of `check` for a person: verdicts with their chain of reasons, each at its place. */
import type { Verdict } from '../controls/control.ts';
import type { ContainerVerdict, WorkloadVerdict } from '../controls/verdict.ts';
import type { Unreadable } from '../manifest/document.ts';
import type { WritableVolume } from '../workload/surface.ts';
import type { Workload } from '../workload/workload.ts';
import { type CheckResult, type ControlOf, controlsById } from './check-result.ts';
import { columnWidth, count, paragraph, tally } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** The order of the summary: worst first. */
const VERDICTS: readonly Verdict[] = ['mutable', 'bypassable', 'immutable'];

/** What stands before a finding: the worst can be found without colours. */
const MARKS: Readonly<Record<Verdict, string>> = { mutable: '✗', bypassable: '!', immutable: '·', proven: '·' };

/** The whole report; ends with a line feed. */
export function renderCheckText(result: CheckResult, style: Style): string {
  const controlOf = controlsById(result.controls);
  const lines: string[] = [];
  for (const [index, judged] of result.workloads.entries()) {
    const twins = [result.workloads[index - 1], result.workloads[index + 1]];
    const ambiguous = twins.some((other) => other !== undefined && sameObject(other.workload, judged.workload));
    lines.push(...workloadLines(judged, ambiguous, controlOf, style), '');
  }
  if (result.unreadable.length > 0) lines.push(...unreadableLines(result.unreadable, style), '');
  lines.push(summary(result, style));
  return `${lines.join('\n')}\n`;
}

/** `file:line:column`, as terminals and editors follow it. */
function place(file: string, line: number, column: number | undefined): string {
  return visible(column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`);
}

function workloadLines(judged: WorkloadVerdict, ambiguous: boolean, controlOf: ControlOf, style: Style): string[] {
  const { workload, verdict, containers } = judged;
  const { kind, namespace, name, source } = workload;
  const title = style.strong(visible(`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`));
  const where = ambiguous
    ? `${place(source.file, source.line, undefined)} ${visible(templateOf(workload))}`
    : place(source.file, source.line, undefined);
  const lines = [`${title}  ${style.verdict[verdict](verdict)}  ${style.faint(where)}`];
  if (containers.length === 0)
    lines.push(...paragraph('No container of it could be read, so nothing is known of what it would run.', 2));
  for (const container of containers) lines.push(...containerLines(container, source.file, controlOf, style));
  return lines;
}

function containerLines(judged: ContainerVerdict, file: string, controlOf: ControlOf, style: Style): string[] {
  const { container, verdict, findings, writable } = judged;
  const role = container.role === 'main' ? '' : ` ${style.faint(`(${container.role})`)}`;
  const lines = [`  ${visible(container.name)}${role}  ${style.verdict[verdict](verdict)}`];
  const width = columnWidth(
    findings.map((finding) => controlOf(finding).phrase),
    Number.POSITIVE_INFINITY,
  );
  for (const finding of findings) {
    const { id, phrase, message } = controlOf(finding);
    const mark = style.verdict[finding.verdict](MARKS[finding.verdict]);
    const where = place(file, finding.position.line, finding.position.column);
    lines.push(`    ${mark} ${phrase.padEnd(width)}  ${style.faint(where)}`);
    lines.push(...paragraph(visible(`${message(finding.args)} (${id})`), 6));
  }
  if (writable.length > 0)
    lines.push(...paragraph(`writable: ${visible(writable.map(volumeWords).join(', '))}`, 4).map(style.faint));
  return lines;
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

function summary({ workloads, unreadable }: CheckResult, style: Style): string {
  const verdicts = workloads.map(({ verdict }) => verdict);
  const findings = workloads.flatMap(({ containers }) => containers.flatMap((judged) => judged.findings));
  const judged = `${count(workloads.length, 'workload')}${verdicts.length > 0 ? `: ${tally(verdicts, VERDICTS)}` : ''}`;
  const lines = [`${judged} · ${count(findings.length, 'finding')}`];
  if (unreadable.length > 0) lines.push(style.problem(`${count(unreadable.length, 'document')} could not be read`));
  return lines.join('\n');
}

function sameObject(a: Workload, b: Workload): boolean {
  return (
    a.document === b.document &&
    a.objectPath.length === b.objectPath.length &&
    a.objectPath.every((step, i) => step === b.objectPath[i])
  );
}

/** Which of several pod templates: the path to its pod spec inside the object. */
function templateOf({ podSpecPath, objectPath }: Workload): string {
  return podSpecPath.slice(objectPath.length).join('.');
}

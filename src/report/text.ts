/** The result of `check` for a person: verdicts with their chain of reasons, each at its place. */
import type { Verdict } from '../controls/control.ts';
import type { ManifestDocument, Notice, Unreadable } from '../manifest/document.ts';
import type { WritableVolume } from '../workload/surface.ts';
import { cells, padded } from './cells.ts';
import type {
  ControlOf,
  Format,
  Summary,
  WeighedContainer,
  WeighedFinding,
  WeighedObject,
  WeighedWorkload,
} from './check-result.ts';
import { columnWidth, count, paragraph, WIDTH } from './lines.ts';
import { excerptOf, spanAt } from './span.ts';
import type { Style } from './style.ts';
import { uncommanded, visible } from './visible.ts';
import {
  containerTitle,
  fixLine,
  injectedWords,
  liveWords,
  NO_CONTAINERS,
  placeOf,
  placeWords,
  renderedWords,
  standingWords,
  tallyWords,
  templateOf,
  titleOf,
  unexplained,
} from './words.ts';

/** What stands before a finding: the worst can be found without colours. */
const MARKS: Readonly<Record<Verdict, string>> = { mutable: '✗', bypassable: '!', immutable: '·', proven: '·' };
/** Narrower, nothing could be read; wider, nobody follows a line. */
const NARROWEST = 40;
const WIDEST = 160;

interface Page {
  readonly controlOf: ControlOf;
  readonly style: Style;
  readonly width: number;
}

/** What stands in one block of the report, with what it said already: a sentence is said once. */
interface Block extends Page {
  readonly document: ManifestDocument;
  readonly file: string;
  readonly said: Set<string>;
}

/** The whole report; ends with a line feed. */
export function textFormat(controlOf: ControlOf, style: Style, width: number = WIDTH): Format {
  const page = { controlOf, style, width: Math.min(Math.max(width, NARROWEST), WIDEST) };
  return {
    open: () => '',
    separator: '',
    workload: (judged) => block(workloadLines(judged, page)),
    object: (judged) => block(objectLines(judged, page)),
    close: (summary) => uncommanded(`${closing(summary, page).join('\n')}\n`),
  };
}

const block = (lines: readonly string[]): string => uncommanded(`${lines.join('\n')}\n\n`);

function workloadLines(judged: WeighedWorkload, page: Page): string[] {
  const { workload, verdict, containers, findings } = judged;
  const { source, document } = workload;
  const { style, width } = page;
  const one: Block = { ...page, document, file: source.file, said: new Set() };
  const where = placeWords(placeOf(document, source.file, { line: source.line, column: 1 })).replace(/:1$/, '');
  const template = templateOf(workload);
  const lines = [
    `${style.strong(visible(titleOf(workload)))}  ${style.verdict[verdict](verdict)}  ${style.faint(visible(template === '' ? where : `${where} ${template}`))}`,
  ];
  for (const words of [renderedWords(document), liveWords(document)])
    if (words !== undefined) lines.push(...paragraph(visible(words), 2, width).map(style.faint));
  if (containers.length === 0) lines.push(...paragraph(NO_CONTAINERS, 2, width));
  lines.push(...findingLines(findings, 2, one));
  const shownVerdicts = [...findings, ...containers];
  if (containers.length > 0 && !shownVerdicts.some((each) => each.verdict === verdict))
    lines.push(...paragraph(unexplained(verdict, findings) ?? '', 2, width).map(style.faint));
  for (const container of containers) lines.push(...containerLines(container, one));
  return lines;
}

function objectLines({ object, findings }: WeighedObject, page: Page): string[] {
  const { source, document } = object;
  const where = placeWords(placeOf(document, source.file, { line: source.line, column: 1 })).replace(/:1$/, '');
  const lines = [`${page.style.strong(visible(titleOf(object)))}  ${page.style.faint(visible(where))}`];
  lines.push(...findingLines(findings, 2, { ...page, document, file: source.file, said: new Set() }));
  return lines;
}

function containerLines(judged: WeighedContainer, one: Block): string[] {
  const { container, verdict, findings, writable } = judged;
  const { style, width } = one;
  const injected = injectedWords(one.document, container.name);
  const by = injected === undefined ? '' : `  ${style.faint(visible(`injected: ${injected}`))}`;
  const lines = [`  ${visible(containerTitle(judged))}  ${style.verdict[verdict](verdict)}${by}`];
  lines.push(...findingLines(findings, 4, one));
  const why = unexplained(verdict, findings);
  if (why !== undefined) lines.push(...paragraph(why, 4, width).map(style.faint));
  if (writable.length > 0)
    lines.push(...paragraph(`writable: ${visible(writable.map(volumeWords).join(', '))}`, 4, width).map(style.faint));
  return lines;
}

/** Findings of one place together, under the line that they are about. */
function findingLines(findings: readonly WeighedFinding[], indent: number, one: Block): string[] {
  const lines: string[] = [];
  const { controlOf } = one;
  const width = columnWidth(
    findings.map((finding) => controlOf(finding).phrase),
    one.width,
  );
  for (const group of byPlace(findings)) {
    lines.push(...placeLines(group[0]!, indent, one));
    for (const finding of group) lines.push(...sentenceLines(finding, indent, width, one));
  }
  return lines;
}

function byPlace(findings: readonly WeighedFinding[]): readonly (readonly WeighedFinding[])[] {
  const groups = new Map<number, WeighedFinding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.position.offset);
    if (group === undefined) groups.set(finding.position.offset, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function placeLines({ position }: WeighedFinding, indent: number, one: Block): string[] {
  const { document, file, style } = one;
  const space = ' '.repeat(indent);
  const where = `${space}${style.faint(visible(placeWords(placeOf(document, file, position))))}`;
  const gutter = `${space}${style.faint('│')} `;
  const excerpt = excerptOf(document.text.text, spanAt(document, position.offset), one.width - indent - 2);
  const line = `${excerpt.before}${style.strong(excerpt.marked)}${excerpt.after}`;
  const caret = `${' '.repeat(cells(excerpt.before))}${style.problem('^'.repeat(Math.max(1, cells(excerpt.marked))))}`;
  return [where, `${gutter}${line}`, `${gutter}${caret}`];
}

function sentenceLines(finding: WeighedFinding, indent: number, column: number, one: Block): string[] {
  const { controlOf, style, said, width } = one;
  const control = controlOf(finding);
  const mark = style.verdict[finding.verdict](MARKS[finding.verdict]);
  const lines = [`${' '.repeat(indent)}${mark} ${padded(control.phrase, column)}  ${style.faint(control.id)}`];
  const once = (text: string): string[] => {
    if (said.has(text)) return [];
    said.add(text);
    return paragraph(visible(text), indent + 2, width);
  };
  lines.push(...once(control.message(finding.args)));
  const standing = standingWords(finding.standing);
  if (standing === undefined) lines.push(...once(fixLine(control)).map(style.faint));
  else lines.push(...paragraph(visible(standing), indent + 2, width).map(style.faint));
  return lines;
}

function volumeWords({ path, kind, noexecRequested, writtenBy }: WritableVolume): string {
  const words = [kind ?? 'no such volume', noexecRequested ? 'noexec if the cluster supports it' : 'executable'];
  if (writtenBy !== null) words.push(`written by container ${writtenBy}`);
  return `${path} (${words.join(', ')})`;
}

function unreadableLines(unreadable: readonly Unreadable[], { style, width }: Page): string[] {
  const lines = [style.strong('Could not be read')];
  for (const { file, line, column, message, hint } of unreadable) {
    const where = placeWords({ file, line, ...(column === undefined ? {} : { column }) });
    lines.push(`  ${style.problem('✗')} ${visible(where)}`, ...paragraph(visible(message), 4, width));
    if (hint !== undefined) lines.push(...paragraph(visible(hint), 4, width).map(style.faint));
  }
  return lines;
}

function closing(summary: Summary, page: Page): string[] {
  const { unreadable, notices } = summary;
  const lines: string[] = [];
  if (unreadable.length > 0) lines.push(...unreadableLines(unreadable, page), '');
  for (const notice of notices) lines.push(...noticeLines(notice, page));
  if (notices.length > 0) lines.push('');
  lines.push(...paragraph(tallyWords(summary), 0, page.width));
  if (unreadable.length > 0)
    lines.push(page.style.problem(`${count(unreadable.length, 'document')} could not be read`));
  return lines;
}

function noticeLines({ file, line, message, hint }: Notice, { style, width }: Page): string[] {
  const where = placeWords({ file, ...(line === undefined ? {} : { line }) });
  const lines = [visible(`${where}: ${message}`)];
  if (hint !== undefined) lines.push(...paragraph(visible(hint), 2, width));
  return lines.map(style.faint);
}

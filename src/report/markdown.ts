/** The result of `check` as Markdown, for the summary of a job or a comment on a pull request. */
import type { SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument, Notice, Unreadable } from '../manifest/document.ts';
import type { ControlOf, Format, Summary, WeighedObject, WeighedWorkload } from './check-result.ts';
import { codeCell, inlineCell, mixedCell } from './markdown-cell.ts';
import {
  allFindings,
  fixLine,
  type Owned,
  placeOf,
  placeWords,
  renderedWords,
  standingWords,
  sumOf,
  titleOf,
  unexplained,
  VERDICTS,
} from './words.ts';

/**
 * The summary of a job step holds 1 MiB of UTF-8, of which a UTF-16 code unit takes three bytes at most: so many code
 * units of findings leave room for the rest.
 */
const MAX_FINDINGS = 300_000;
/** So many files that could not be read, or were passed over, are named. */
const MAX_NAMED = 50;

const MARKS: Readonly<Record<SpecVerdict, string>> = { mutable: '❌', bypassable: '⚠️', immutable: 'ℹ️' };
const MEANINGS: Readonly<Record<SpecVerdict, string>> = {
  mutable: 'its own user can change the root filesystem',
  bypassable: 'the root filesystem is read-only, but something can undo it',
  immutable: 'nothing in the specification undoes it',
};

export function markdownFormat(controlOf: ControlOf): Format {
  return {
    held: MAX_FINDINGS,
    open: (summary) => (summary === undefined ? '' : opening(summary)),
    separator: '\n',
    workload: (judged: WeighedWorkload) => {
      const { workload, verdict } = judged;
      const findings = [...judged.findings, ...judged.containers.flatMap((one) => one.findings)];
      const why = unexplained(verdict, findings);
      return section(workload, verdict, allFindings(judged), why, controlOf);
    },
    object: ({ object, findings }: WeighedObject) =>
      section(
        object,
        undefined,
        findings.map((finding) => ({ finding, container: undefined })),
        undefined,
        controlOf,
      ),
    close: closing,
  };
}

interface Owner {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly document: ManifestDocument;
}

/** Nothing where nothing is to be said. */
function section(
  owner: Owner,
  verdict: SpecVerdict | undefined,
  all: readonly Owned[],
  why: string | undefined,
  controlOf: ControlOf,
): string {
  if (all.length === 0 && why === undefined) return '';
  const { document, source } = owner;
  const rendered = renderedWords(document);
  const mark = verdict === undefined ? '' : ` ${MARKS[verdict]} ${verdict}`;
  const lines = [
    `### ${codeCell(titleOf(owner))}${mark}`,
    '',
    `${codeCell(source.file)}${rendered === undefined ? '' : ` ${inlineCell(rendered)}`}`,
    '',
  ];
  if (why !== undefined) lines.push(why, '');
  if (all.length > 0) lines.push('| | Finding | Where |', '| --- | --- | --- |');
  for (const { finding, container } of all) {
    const control = controlOf(finding);
    const standing = standingWords(finding.standing);
    const place = codeCell(placeWords(placeOf(document, source.file, finding.position)));
    const where = container === undefined ? place : `${codeCell(container)}<br>${place}`;
    const then = standing === undefined ? mixedCell(fixLine(control)) : `*${inlineCell(standing)}*`;
    const what = `**${inlineCell(control.phrase)}** ${codeCell(control.id)}<br>${mixedCell(control.message(finding.args))}<br>${then}`;
    lines.push(`| ${MARKS[finding.verdict]} | ${what} | ${where} |`);
  }
  return `${lines.join('\n')}\n`;
}

function opening(summary: Summary): string {
  const { tally } = summary;
  const total = sumOf(tally.workloads);
  const worst = VERDICTS.find((verdict) => tally.workloads[verdict] > 0);
  const title =
    worst === undefined
      ? 'nothing to judge'
      : worst === 'immutable'
        ? 'every workload is immutable'
        : `not every workload is immutable`;
  const rows = VERDICTS.map(
    (verdict) =>
      `| ${MARKS[verdict]} ${verdict} | ${tally.workloads[verdict]} | ${tally.findings[verdict]} | ${MEANINGS[verdict]} |`,
  );
  const others = [
    ...(tally.objects > 0 ? [`${tally.objects} other objects looked at`] : []),
    ...(tally.excepted > 0 ? [`${tally.excepted} findings excepted`] : []),
    ...(tally.known > 0 ? [`${tally.known} findings known already`] : []),
    ...(tally.belowLevel > 0 ? [`${tally.belowLevel} more findings below this level`] : []),
  ];
  return `## Petrify: ${title}

| Verdict | Workloads | Findings | |
| --- | ---: | ---: | --- |
${rows.join('\n')}
| all | ${total} | ${sumOf(tally.findings)} | |
${others.length > 0 ? `\n${others.join(' · ')}\n` : ''}
`;
}

function closing({ leftOut, unreadable, notices }: Summary): string {
  const lines: string[] = [];
  if (leftOut > 0) lines.push('', `…and ${leftOut} more workloads or objects with findings, which do not fit in here.`);
  if (unreadable.length > 0) lines.push('', `### Could not be read: ${unreadable.length}`, '', ...named(unreadable));
  if (notices.length > 0) lines.push('', `### Passed over: ${notices.length}`, '', ...named(notices));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** A stranger's message may be long, and these count towards the limit as well. */
const MAX_WORDS = 500;

function named(all: readonly (Unreadable | Notice)[]): string[] {
  const lines = all.slice(0, MAX_NAMED).map(({ file, line, message, hint }) => {
    const place = placeWords({ file, ...(line === undefined ? {} : { line }) });
    const text = hint === undefined ? message : `${message} (${hint})`;
    return `- ${codeCell(place.slice(0, MAX_WORDS))}: ${inlineCell(text.slice(0, MAX_WORDS))}`;
  });
  return all.length > MAX_NAMED ? [...lines, `- and ${all.length - MAX_NAMED} more`] : lines;
}

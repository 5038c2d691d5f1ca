/** Proofs as Markdown, for the summary of a job or a comment on a pull request. */
import type { Attempt, Outcome, Proof, ProofVerdict } from '../prove/proof.ts';
import { count, tally } from './lines.ts';
import { codeCell, inlineCell, mixedCell } from './markdown-cell.ts';
import {
  attackOf,
  byFamily,
  identityWords,
  OUTCOMES,
  otherReasons,
  type Problem,
  type ProofReport,
  placeOfAttempt,
  proofTitle,
  shownBlocked,
} from './proof-report.ts';
import { residualFacts } from './residual-words.ts';
import { placeWords } from './words.ts';

/** The summary of a job step holds 1 MiB of UTF-8, of which a UTF-16 code unit takes three bytes at most. */
const MAX_LENGTH = 300_000;
/** A hostile manifest may hold any number of places, and names of any length. */
const MAX_ROWS = 200;
const MAX_WORDS = 500;

const VERDICT_MARKS: Readonly<Record<ProofVerdict, string>> = {
  mutable: '❌',
  bypassable: '⚠️',
  immutable: '❔',
  proven: '✅',
};
const OUTCOME_MARKS: Readonly<Record<Outcome, string>> = {
  succeeded: '❌',
  unknown: '❔',
  residual: 'ℹ️',
  blocked: '✅',
};

export function renderProofMarkdown({ proved, problems }: ProofReport): string {
  const rows = proved.slice(0, MAX_ROWS).map(({ proof }) => {
    const outcomes = OUTCOMES.map((wanted) => proof.attempts.filter(({ outcome }) => outcome === wanted).length);
    return `| ${codeCell(short(proofTitle(proof)))} | ${VERDICT_MARKS[proof.verdict]} ${proof.verdict} | ${outcomes.join(' | ')} |`;
  });
  const all = proved.every(({ proof }) => proof.verdict === 'proven') && problems.length === 0;
  const title = all ? 'every container is proven' : 'not every container is proven';
  let text = `## Petrify: ${title}

| Container | Verdict | ${OUTCOMES.join(' | ')} |
| --- | --- | ${OUTCOMES.map(() => '---:').join(' | ')} |
${rows.join('\n')}
`;
  let leftOut = 0;
  for (const { proof } of proved) {
    const section = sectionOf(proof);
    if (text.length + section.length > MAX_LENGTH) leftOut += 1;
    else text += section;
  }
  if (leftOut > 0) text += `\n…and ${count(leftOut, 'more container')}, which do not fit in here.\n`;
  if (problems.length > 0)
    text += `\n### Could not be attacked\n\n${problems.slice(0, MAX_ROWS).map(problemLine).join('\n')}\n`;
  return text;
}

/** Drops the half of a character that the cut leaves; what a stranger wrote of halves is shown like other traps. */
const short = (text: string) =>
  text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS).replace(/[\ud800-\udbff]$/, '')}…` : text;

function sectionOf(proof: Proof): string {
  const { verdict, where, image, identity, time, attempts, residual, traces } = proof;
  const lines = ['', `### ${codeCell(short(proofTitle(proof)))} ${VERDICT_MARKS[verdict]} ${verdict}`, ''];
  lines.push(
    `${codeCell(short(image.name))} · ${inlineCell(short(where))} · ${identityWords(identity)} · ${inlineCell(time)}`,
  );
  const reasons = [...otherReasons(proof), ...traces];
  if (reasons.length > 0)
    lines.push('', ...reasons.slice(0, MAX_ROWS).map((reason) => `- ${mixedCell(short(reason))}`));
  const open = attempts.filter(({ outcome }) => outcome === 'succeeded' || outcome === 'unknown');
  if (open.length > 0) {
    lines.push('', '| | Attack | What happened |', '| --- | --- | --- |', ...open.slice(0, MAX_ROWS).map(attemptRow));
    if (open.length > MAX_ROWS) lines.push(`| | … | ${open.length - MAX_ROWS} more |`);
  }
  if (residual.length > 0) {
    lines.push(
      '',
      '| Still open | Executable | Why |',
      '| --- | --- | --- |',
      ...residual.slice(0, MAX_ROWS).map(residualRow),
    );
  }
  lines.push('', ...heldLines(attempts));
  return `${lines.join('\n')}\n`;
}

function attemptRow({ id, outcome, title, detail, errno, layer }: Attempt): string {
  const stopped = [errno, layer].filter((one) => one !== null).join(', ');
  const what = `${inlineCell(short(detail))}${stopped === '' ? '' : ` (${inlineCell(short(stopped))})`}`;
  return `| ${OUTCOME_MARKS[outcome]} ${outcome} | **${inlineCell(title)}** ${codeCell(short(id))} | ${what} |`;
}

function residualRow(residual: Proof['residual'][number]): string {
  const { what, executable, why } = residual;
  const facts = residualFacts(residual);
  const more = facts.length === 0 ? '' : `<br>*${inlineCell(short(facts.join(' · ')))}*`;
  return `| ${codeCell(short(what))} | ${executable ? 'yes' : 'no'} | ${inlineCell(short(why))}${more} |`;
}

/** What was blocked, folded: how much of each family, and by which layer. */
function heldLines(attempts: readonly Attempt[]): string[] {
  const blocked = attempts.filter(({ outcome }) => outcome === 'blocked');
  if (blocked.length === 0) return ['Nothing was blocked.'];
  const lines = [
    `${count(blocked.length, 'attempt')} blocked, ${shownBlocked(attempts)} of which succeed on a twin without the controls:`,
    '',
    '| Family | Blocked by | Attacks |',
    '| --- | --- | --- |',
  ];
  for (const [family, own] of byFamily(blocked)) {
    const layers = own.map(({ errno, layer }) => layer ?? errno ?? 'not known');
    const words = tally(layers, [...new Set(layers)]);
    const attacks = [...Map.groupBy(own, attackOf)].map(([attack, all]) => {
      const places = all.map(placeOfAttempt).filter((place) => place !== '');
      return `${codeCell(short(attack))}${places.length > 1 ? ` ×${places.length}` : ''}`;
    });
    lines.push(`| ${family} | ${inlineCell(short(words))} | ${attacks.slice(0, MAX_ROWS).join(', ')} |`);
  }
  return lines;
}

function problemLine({ file, line, message, hint }: Problem): string {
  const place = placeWords({ file, ...(line === undefined ? {} : { line }) });
  return `- ${codeCell(short(place))}: ${inlineCell(short(hint === undefined ? message : `${message} (${hint})`))}`;
}

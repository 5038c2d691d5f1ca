/** Proofs as one page that needs nothing else: what did not hold, what stays open, and every attempt by family. */
import type { AttackDescription } from '../prove/describe.ts';
import type { Attempt, Proof } from '../prove/proof.ts';
import { FAMILY_WORDS, harmlessWords, hostWords, opensWords, stopsWords } from './explain-attack.ts';
import { htmlHead } from './html-head.ts';
import { STYLE } from './html-style.ts';
import { html, mixed } from './html-text.ts';
import { count } from './lines.ts';
import {
  attackOf,
  byFamily,
  differencesTitle,
  identityWords,
  OUTCOMES,
  otherReasons,
  ownerTitle,
  PROOF_VERDICTS,
  type Problem,
  type ProofReport,
  type ProvedContainer,
  placeOfAttempt,
  shownBlocked,
} from './proof-report.ts';
import { PROOF_STYLE } from './proof-style.ts';
import { closedPlaces, isAcceptable, residualFacts } from './residual-words.ts';
import { placeWords } from './words.ts';

const PAGE_STYLE = STYLE + PROOF_STYLE;

export function renderProofHtml(report: ProofReport): string {
  const { proved, problems, attacks, version } = report;
  const known = new Set(attacks.map(({ id }) => id));
  const made = new Set(proved.flatMap(({ proof }) => [...proof.attempts, ...proof.notAttempted].map(attackOf)));
  return `${opening()}${summary(report)}<main>
${proved.map((one) => containerHtml(one, known)).join('')}</main>
${problemsHtml(problems)}${attacksHtml(attacks.filter(({ id }) => made.has(id)))}<footer><p>Petrify ${html(version)}</p></footer>
</body>
</html>
`;
}

function opening(): string {
  return `${htmlHead({ title: 'Petrify: proof of immutability', style: PAGE_STYLE })}<header><h1>Petrify: proof</h1><p>What was tried to change these containers while they ran, what came of it, and what stays open.</p></header>
`;
}

const badge = (word: string): string => `<span class="v ${word}">${word}</span>`;

/** Whatever a stranger wrote as a place is code. */
const code = (text: string): string => (text === '' ? '' : `<code>${html(text)}</code>`);

function summary({ proved }: ProofReport): string {
  const tiles = PROOF_VERDICTS.map((verdict) => {
    const number = proved.filter(({ proof }) => proof.verdict === verdict).length;
    return `<div class="${verdict}"><dt>${verdict}</dt><dd>${number}</dd></div>`;
  });
  const attempts = proved.flatMap(({ proof }) => proof.attempts);
  return `<section id="summary" aria-label="Summary">
<dl>${tiles.join('')}</dl>
${countsHtml(attempts)}</section>
`;
}

/** How many ended how, as words and as a bar. */
function countsHtml(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return '<p class="note">No attempt was made.</p>\n';
  const counts = OUTCOMES.map(
    (wanted) => [wanted, attempts.filter(({ outcome }) => outcome === wanted).length] as const,
  );
  const there = counts.filter(([, number]) => number > 0);
  const words = there.map(([outcome, number]) => `${badge(outcome)} ${number}`);
  return `<p class="count">${count(attempts.length, 'attempt')}: ${words.join(' ')}</p>
`;
}

function containerHtml({ proof, place }: ProvedContainer, known: ReadonlySet<string>): string {
  const { workload, verdict, attempts, residual } = proof;
  const reasons = [...otherReasons(proof), ...proof.traces];
  return `<article data-v="${verdict}">
<header><h2>${html(ownerTitle(workload))} ${badge(verdict)}</h2>
<p>container ${code(workload.container)} <span class="at">${html(placeWords(place))}</span></p></header>
${countsHtml(attempts)}${listSection('Why it is not proven', reasons)}${openSection(proof, known)}${residualSection(residual)}${familiesSection(proof, known)}${closedHtml(proof)}${notAttemptedHtml(proof)}${listSection(differencesTitle(proof), proof.differences)}${basisHtml(proof)}</article>
`;
}

function listSection(title: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return '';
  const items = sentences.map((sentence) => `<li>${mixed(sentence)}</li>`);
  return `<section><h3>${title}</h3>\n<ul class="reasons">${items.join('')}</ul></section>\n`;
}

/** What succeeded or has no clear result, apart from what held. */
function openSection({ attempts }: Proof, known: ReadonlySet<string>): string {
  const open = OUTCOMES.slice(0, 2).flatMap((wanted) => attempts.filter(({ outcome }) => outcome === wanted));
  if (open.length === 0) return '';
  return `<section><h3>What did not hold</h3>
${attemptTable('Attempts that succeeded, or of which nobody can tell', open, known)}</section>
`;
}

function residualSection(residual: Proof['residual']): string {
  if (residual.length === 0) return '';
  const rows = residual.map((one) => {
    const facts = residualFacts(one);
    const more = facts.length === 0 ? '' : `<p class="fix">${html(facts.join(' · '))}</p>`;
    const mark = isAcceptable(one) ? '' : '<span class="v succeeded">not acceptable</span> ';
    return `<tr><th scope="row">${code(one.what)}</th><td>${html(one.kind)}</td><td>${one.executable ? 'yes' : 'no'}</td><td class="what">${mark}${html(one.why)}${more}</td></tr>\n`;
  });
  return `<section><h3>Still open</h3>
${table('What can be written or used, whatever the manifest says', ['Place or technique', 'Kind', 'Executable', 'Why'], rows)}</section>
`;
}

function familiesSection({ attempts }: Proof, known: ReadonlySet<string>): string {
  if (attempts.length === 0) return '';
  const families = byFamily(attempts).map(([family, own]) => {
    const counts = OUTCOMES.map((wanted) => [wanted, own.filter(({ outcome }) => outcome === wanted).length] as const)
      .filter(([, number]) => number > 0)
      .map(([outcome, number]) => `<span>${badge(outcome)} ${number}</span>`);
    return `<details><summary>${family} <span class="count">${counts.join('')}</span></summary>
${attemptTable(`Attempts to ${FAMILY_WORDS[family]}`, own, known)}</details>
`;
  });
  const shown = shownBlocked(attempts);
  const blocked = attempts.filter(({ outcome }) => outcome === 'blocked').length;
  const note =
    blocked === 0
      ? 'Nothing was blocked.'
      : `${shown} of ${blocked} blocked attempts succeed on a twin without the controls.`;
  return `<section><h3>Every attempt</h3>
<p class="note">${note}</p>
${families.join('')}</section>
`;
}

/** Grouped by attack, its title once. */
function attemptTable(caption: string, attempts: readonly Attempt[], known: ReadonlySet<string>): string {
  // What went through has nothing in its way.
  const refused = attempts.some(
    ({ outcome, errno }) => outcome === 'blocked' || outcome === 'unknown' || errno !== null,
  );
  const rows = [...Map.groupBy(attempts, attackOf)].map(([attack, own]) => {
    const { title, technique } = own[0]!;
    const name = known.has(attack) ? `<a href="#${html(attack)}">${html(attack)}</a>` : html(attack);
    return `<tr class="group"><th colspan="${refused ? 6 : 3}" scope="colgroup">${html(title)} <span class="at">${name} · ${html(technique)}</span></th></tr>
${own.map((attempt) => attemptRow(attempt, refused)).join('')}`;
  });
  const middle = refused ? ['Errno', 'Layer', 'Without the controls'] : [];
  return table(caption, ['Place', 'Outcome', ...middle, 'What happened'], rows);
}

function attemptRow(attempt: Attempt, refused: boolean): string {
  const { outcome, errno, layer, detail } = attempt;
  const middle = refused
    ? `<td>${code(errno ?? '')}</td><td>${html(layer ?? '')}</td><td>${TWIN[attempt.control]}</td>`
    : '';
  const place = placeOfAttempt(attempt);
  return `<tr><th scope="row">${place === '' ? 'the container' : code(place)}</th><td>${badge(outcome)}</td>${middle}<td class="what">${html(detail)}</td></tr>
`;
}

/** As short as a cell wants it, and understood without the head of its column. */
const TWIN: Readonly<Record<Attempt['control'], string>> = {
  succeeded: 'the twin succeeds',
  failed: 'the twin fails too',
  'not-run': 'no twin',
};

function table(caption: string, heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('');
  return `<div class="wide" role="group" aria-label="${html(caption)}" tabindex="0"><table><caption>${html(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.join('')}</tbody></table></div>
`;
}

function closedHtml(proof: Proof): string {
  const closed = closedPlaces(proof);
  if (closed.length === 0) return '';
  const rows = closed.map(
    ({ path, source, errno, layer }) =>
      `<tr><th scope="row">${code(path)}</th><td>${html(source)}</td><td>${code(errno)}</td><td class="what">${html(layer ?? '')}</td></tr>\n`,
  );
  return `<details><summary>Closed <span class="count">${closed.length}</span></summary>
${table('Places that were tried and cannot be written', ['Place', 'Source', 'Errno', 'Layer'], rows)}</details>
`;
}

function notAttemptedHtml({ notAttempted }: Proof): string {
  if (notAttempted.length === 0) return '';
  const rows = notAttempted.map(
    ({ id, reason }) => `<tr><th scope="row">${code(id)}</th><td class="what">${html(reason)}</td></tr>\n`,
  );
  return `<details><summary>Not attempted <span class="count">${notAttempted.length}</span></summary>
${table('Attacks that were not made', ['Attack', 'Why'], rows)}</details>
`;
}

/** On what the proof rests: where, which image, which settings and mounts. */
function basisHtml(proof: Proof): string {
  const { where, environment, image, identity, time, petrify, settings, mounts, program } = proof;
  const facts: readonly (readonly [string, string])[] = [
    ['Where', where],
    ['Runtime', `${environment.runtime ?? 'not known'}, ${environment.architecture}`],
    ['Image', image.name],
    ['Image id', image.id === '' ? 'not known' : image.id],
    ['Digests', image.digests.length === 0 ? 'none' : image.digests.join(' ')],
    ['User', identityWords(identity)],
    [
      'Command',
      program.command === null && program.args === null
        ? 'of the image'
        : [...(program.command ?? ['(of the image)']), ...(program.args ?? [])].join(' '),
    ],
    ['Time', time],
    ['Petrify', petrify],
  ];
  const list = (all: readonly (readonly [string, string])[]) =>
    `<dl class="facts">${all.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join('')}</dl>`;
  const rows = mounts.map(
    ({ path, volume, kind, readOnly, sizeLimit, medium, hostPath, subPath }) =>
      `<tr><th scope="row">${code(path)}</th><td>${html(volume)}</td><td>${html([kind ?? 'not there', medium, hostPath].filter((one) => one !== null).join(', '))}</td><td>${readOnly ? 'read-only' : 'writable'}</td><td>${html(sizeLimit ?? '')}</td><td>${code(subPath ?? '')}</td></tr>\n`,
  );
  const heads = ['Path', 'Volume', 'Kind', 'Access', 'Size limit', 'subPath'];
  return `<section><h3>What it rests on</h3>
${list(facts)}</section>
<details><summary>Settings and mounts</summary>
${list(settingWords(settings))}
${mounts.length === 0 ? '<p class="note">No volume is mounted.</p>' : table('Mounts of the manifest', heads, rows)}</details>
`;
}

function settingWords(settings: Proof['settings']): readonly (readonly [string, string])[] {
  return Object.entries(settings).map(([key, value]): readonly [string, string] => {
    if (key === 'capabilities') return ['capabilities', settings.capabilities.bounding.join(', ') || 'none'];
    if (value === null) return [key, 'not set'];
    return [key, Array.isArray(value) ? value.join(', ') || 'none' : String(value)];
  });
}

function problemsHtml(problems: readonly Problem[]): string {
  if (problems.length === 0) return '';
  const items = problems.map(({ file, line, message, hint }) => {
    const place = placeWords({ file, ...(line === undefined ? {} : { line }) });
    const more = hint === undefined ? '' : `<p class="fix">${html(hint)}</p>`;
    return `<li><span class="at">${html(place)}</span><p>${html(message)}</p>${more}</li>\n`;
  });
  return `<section aria-label="Could not be attacked"><h2>Could not be attacked</h2>\n<ul class="problems">\n${items.join('')}</ul></section>\n`;
}

function attacksHtml(attacks: readonly AttackDescription[]): string {
  if (attacks.length === 0) return '';
  return `<section id="attacks" aria-label="Attacks"><h2>The attacks</h2>
${attacks.map(attackHtml).join('')}</section>
`;
}

function attackHtml(attack: AttackDescription): string {
  const { id, title, why, technique, family } = attack;
  const how = [harmlessWords(attack), hostWords(attack), opensWords(attack)].filter((words) => words !== undefined);
  const link = `<a href="${html(technique.url)}">MITRE ATT&amp;CK ${technique.id}: ${html(technique.name)}</a>`;
  return `<article id="${id}"><h3>${html(title)}</h3>
<p class="at">${id} · ${family} · ${link}</p><p>${mixed(why)}</p><p>${stopsWords(attack, (control) => `<code>${control}</code>`)}</p>
<p class="fix">${how.map(mixed).join(' ')}</p></article>
`;
}

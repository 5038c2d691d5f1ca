/** The result of `check` as one page that needs nothing else: no network, no server, and no script to be read. */
import type { Control, SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import {
  type ControlOf,
  controlsById,
  type Format,
  type Summary,
  type WeighedContainer,
  type WeighedFinding,
  type WeighedObject,
  type WeighedWorkload,
} from './check-result.ts';
import { fixWords } from './explain.ts';
import { htmlHead } from './html-head.ts';
import { SCRIPT } from './html-script.ts';
import { STYLE } from './html-style.ts';
import { html, mixed } from './html-text.ts';
import { count } from './lines.ts';
import { excerptOf, spanAt } from './span.ts';
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
  sumOf,
  titleOf,
  unexplained,
  VERDICTS,
} from './words.ts';

/** Columns of a line of source. */
const EXCERPT_WIDTH = 110;

export function htmlFormat(controls: readonly Control[], version: string): Format {
  const controlOf = controlsById(controls);
  return {
    open: () => opening(controls),
    separator: '',
    workload: (judged) => workloadHtml(judged, controlOf),
    object: (judged) => objectHtml(judged, controlOf),
    close: (summary) => closing(summary, controls, version),
  };
}

function opening(controls: readonly Control[]): string {
  const options = controls.map(({ id }) => `<option>${id}</option>`).join('');
  const boxes = VERDICTS.map(
    (verdict) => `<label><input type="checkbox" name="verdict" value="${verdict}" checked> ${verdict}</label>`,
  ).join('\n');
  return `${htmlHead({ title: 'Petrify: immutability of containers', style: STYLE, script: SCRIPT })}<header><h1>Petrify</h1><p>What keeps these containers from being immutable at runtime, and what to do about it.</p></header>
<form id="filter" role="search" aria-label="Filter" hidden>
<fieldset><legend>Verdict</legend>
${boxes}
</fieldset>
<label>Control <select id="control"><option value="">all</option>${options}</select></label>
<label>Namespace <select id="namespace"><option value="">all</option></select></label>
<label>Text <input id="text" type="search" autocomplete="off" placeholder="name, image, file …"></label>
<p id="count" role="status"></p>
</form>
<main>
`;
}

const badge = (verdict: SpecVerdict): string => `<span class="v ${verdict}">${verdict}</span>`;

interface Owner {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly document: ManifestDocument;
}

function head(owner: Owner, verdict: SpecVerdict | undefined): string {
  const { namespace, source, document } = owner;
  const said = [renderedWords(document), liveWords(document)]
    .filter((words) => words !== undefined)
    .map((words) => `<p class="at">${html(words)}</p>\n`);
  const place = document.text.rendered === undefined ? `${source.file}:${source.line}` : source.file;
  return `<article data-v="${verdict ?? 'object'}"${namespace === undefined ? '' : ` data-n="${html(namespace)}"`}>
<h2>${html(titleOf(owner))}${verdict === undefined ? '' : ` ${badge(verdict)}`}</h2>
<p class="at">${html(place)}</p>
${said.join('')}`;
}

function workloadHtml({ workload, verdict, containers, findings }: WeighedWorkload, controlOf: ControlOf): string {
  const why =
    containers.length === 0
      ? NO_CONTAINERS
      : [...findings, ...containers].some((one) => one.verdict === verdict)
        ? undefined
        : unexplained(verdict, findings);
  const note = why === undefined ? '' : `<p class="note">${html(why)}</p>\n`;
  const inside = containers.map((judged) => containerHtml(judged, workload, controlOf)).join('');
  return `${head(workload, verdict)}${note}${findingsHtml(findings, workload, controlOf)}${inside}</article>\n`;
}

function objectHtml({ object, findings }: WeighedObject, controlOf: ControlOf): string {
  return `${head(object, undefined)}${findingsHtml(findings, object, controlOf)}</article>\n`;
}

function containerHtml(judged: WeighedContainer, owner: Owner, controlOf: ControlOf): string {
  const { container, verdict, findings, writable } = judged;
  const injected = injectedWords(owner.document, container.name);
  const why = unexplained(verdict, findings);
  const notes = [
    ...(injected === undefined ? [] : [`injected: ${injected}`]),
    ...(why === undefined ? [] : [why]),
    ...(writable.length === 0
      ? []
      : [`writable: ${writable.map(({ path, kind }) => `${path} (${kind ?? 'no such volume'})`).join(', ')}`]),
  ].map((words) => `<p class="note">${html(words)}</p>\n`);
  const image = container.image === undefined ? '' : ` <span class="at">${html(container.image)}</span>`;
  return `<section>
<h3>${html(containerTitle(judged))} ${badge(verdict)}${image}</h3>
${findingsHtml(findings, owner, controlOf)}${notes.join('')}</section>
`;
}

/** Findings of one place under the line that they are about. */
function findingsHtml(findings: readonly WeighedFinding[], owner: Owner, controlOf: ControlOf): string {
  const places = new Map<number, WeighedFinding[]>();
  for (const finding of findings) {
    const place = places.get(finding.position.offset);
    if (place === undefined) places.set(finding.position.offset, [finding]);
    else place.push(finding);
  }
  return [...places.values()].map((group) => placeHtml(group, owner, controlOf)).join('');
}

function placeHtml(group: readonly WeighedFinding[], { document, source }: Owner, controlOf: ControlOf): string {
  const { position } = group[0]!;
  const excerpt = excerptOf(document.text.text, spanAt(document, position.offset), EXCERPT_WIDTH);
  const place = html(placeWords(placeOf(document, source.file, position)));
  const items = group.map((finding) => findingHtml(finding, controlOf));
  return `<div class="p"><p class="at">${place}</p>
<code class="x">${html(excerpt.before)}<mark>${html(excerpt.marked)}</mark>${html(excerpt.after)}</code>
<ul>
${items.join('')}</ul></div>
`;
}

function findingHtml(finding: WeighedFinding, controlOf: ControlOf): string {
  const control = controlOf(finding);
  const { verdict, standing } = finding;
  const said = standingWords(standing);
  const then = said === undefined ? mixed(fixLine(control)) : html(said);
  return `<li class="${verdict}${said === undefined ? '' : ' off'}" data-c="${control.id}"><b>${html(control.phrase)}</b> <a href="#${control.id}">${control.id}</a>
<p>${mixed(control.message(finding.args))}</p><p class="fix">${then}</p></li>
`;
}

function closing(summary: Summary, controls: readonly Control[], version: string): string {
  const { tally, unreadable, notices } = summary;
  const others = [
    count(sumOf(tally.findings), 'finding that counts', 'findings that count'),
    ...(tally.excepted > 0 ? [`${tally.excepted} excepted`] : []),
    ...(tally.known > 0 ? [`${tally.known} known already`] : []),
    ...(tally.belowLevel > 0 ? [`${tally.belowLevel} more below this level`] : []),
    ...(tally.objects > 0 ? [`${count(tally.objects, 'other object')} looked at`] : []),
  ];
  const numbers = VERDICTS.map(
    (verdict) => `<div class="${verdict}"><dt>${verdict}</dt><dd>${tally.workloads[verdict]}</dd></div>`,
  );
  return `</main>
<section id="summary" aria-label="Summary">
<dl>${numbers.join('')}</dl>
<p>${others.join(' · ')}</p>
${problems('Could not be read', unreadable)}${problems('Passed over', notices)}</section>
<section id="controls" aria-label="Controls"><h2>Controls</h2>
${controls.map(controlHtml).join('')}</section>
<footer><p>Petrify ${html(version)}</p></footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
  readonly hint?: string;
}

function problems(title: string, all: readonly Problem[]): string {
  if (all.length === 0) return '';
  const items = all.map(({ file, line, message, hint }) => {
    const place = placeWords({ file, ...(line === undefined ? {} : { line }) });
    const more = hint === undefined ? '' : `<p class="fix">${html(hint)}</p>`;
    return `<li><span class="at">${html(place)}</span><p>${html(message)}</p>${more}</li>\n`;
  });
  return `<h2>${title}</h2>\n<ul class="problems">\n${items.join('')}</ul>\n`;
}

function controlHtml(control: Control): string {
  const links = control.references.map(({ title, url }) =>
    url === undefined ? `<li>${html(title)}</li>` : `<li><a href="${html(url)}">${html(title)}</a></li>`,
  );
  return `<article id="${control.id}"><h3>${html(control.title)} ${badge(control.verdict)}</h3>
<p class="at">${control.id}</p><p>${mixed(control.why)}</p><p class="fix">${mixed(fixWords(control.fix))}</p>
<ul>${links.join('')}</ul></article>
`;
}

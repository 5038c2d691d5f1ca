/** What `harden` did for a person: each trial, what works now, or what stands in the way. */
import type { SpecVerdict } from '../controls/control.ts';
import type { FromCatalogue } from '../harden/from-catalogue.ts';
import type { Hardened, HardenResult } from '../harden/harden.ts';
import type { TrialVerdict } from '../harden/trial.ts';
import type { Observation } from '../observe/observe.ts';
import { count, paragraph } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** A reason may quote a line of a log, of any length. */
const MAX_REASON = 600;

/** What the controls say of the hardened workload. */
export interface Judgement {
  readonly verdict: SpecVerdict;
  /** What is left: a sentence for each finding. */
  readonly remaining: readonly string[];
}

/**
 * The account of one workload; ends with a line feed.
 * @param judged of the result where there is one: hardened is not immutable yet
 */
export function renderHardenText(result: HardenResult, judged: Judgement | undefined, style: Style): string {
  const { workload, trials, starts } = result;
  const title = style.strong(visible(`${workload.kind} ${workload.name}`));
  const lines: string[] = [];
  for (const trial of trials) {
    const { identity, verdict } = trial;
    const mark = verdict.works ? style.verdict.immutable('✓') : style.problem('✗');
    const isMore = verdict.works && result.outcome === 'hardened' && trial !== result.accepted;
    lines.push(
      `  ${mark} ${visible(identity)}${isMore ? style.faint('  (works as well, with more than it needs)') : ''}`,
    );
    if (!verdict.works) lines.push(...paragraph(visible((verdict.reason ?? '').slice(0, MAX_REASON)), 4));
  }
  if (result.outcome === 'hardened') {
    const changes = result.changes.length === 0 ? 'nothing to change' : count(result.changes.length, 'change');
    lines.unshift(
      `${title}  ${style.verdict.immutable('hardened')}${verdictWords(judged, style)}  ${style.faint(`${changes}, ${count(starts, 'start')}`)}`,
    );
    for (const sentence of judged?.remaining ?? []) lines.push(...paragraph(`still: ${visible(sentence)}`, 4));
    lines.push(
      ...evidenceThatItWorks(result)
        .flatMap((text) => paragraph(visible(text), 4))
        .map(style.faint),
    );
    lines.push(...result.warnings.flatMap((text) => paragraph(`WARNING: ${visible(text)}`, 4)).map(style.problem));
    lines.push(...result.notes.flatMap((note) => paragraph(`note: ${visible(note)}`, 4)).map(style.faint));
  } else if (result.outcome === 'inconclusive') {
    lines.unshift(
      `${title}  ${style.problem('inconclusive')}  ${style.faint(`left as it is, ${count(starts, 'start')}`)}`,
    );
    lines.push(...paragraph(visible(`it does not become ready here: ${result.reason}`), 4));
    lines.push(...result.missing.flatMap((text) => paragraph(visible(text), 4)));
  } else {
    lines.unshift(
      `${title}  ${style.problem('not hardened')}  ${style.faint(`left as it is, ${count(starts, 'start')}`)}`,
    );
    if (trials.length === 0) lines.push(...result.obstacles.flatMap((text) => paragraph(`${visible(text)}`, 4)));
  }
  return `${lines.join('\n')}\n`;
}

function verdictWords(judged: Judgement | undefined, style: Style): string {
  return judged === undefined ? '' : `, ${style.verdict[judged.verdict](judged.verdict)}`;
}

function evidenceThatItWorks({ accepted }: Hardened): string[] {
  const { observation, verdict } = accepted;
  const { ready, readyMs } = observation.outcome;
  const answers = observation.answered.map(
    ({ container, request, answer }) => `${container === '' ? '' : `${container}: `}${request} answered ${answer}`,
  );
  return [
    `${ready ? `ready after ${readyMs ?? '?'} ms` : 'not ready'}; ${refusalWords(observation, verdict)}${laterWords(observation)}`,
    ...new Set(answers),
    coverageWords(observation),
  ];
}

/** No write seen is never "writes nothing". */
function coverageWords({ answered, containers }: Observation): string {
  const seconds = Math.max(0, ...containers.map(({ coverage }) => coverage.seconds));
  const asked = answered.some(({ container }) => container === '');
  const more = asked
    ? 'what it writes on other occasions'
    : 'what it writes only when it is asked for more (--exercise, --for)';
  return `${count(answered.length, 'request')}, ${seconds} s watched; ${more} is not known`;
}

/** "Nothing was refused" only where silent refusals would have been seen as well. */
function refusalWords({ containers }: Observation, { tolerated }: TrialVerdict): string {
  const seesCalls = containers.every(({ coverage }) =>
    coverage.collectors.some(({ collector, ran }) => collector === 'system-calls' && ran),
  );
  if (!seesCalls) return 'no refused write in its log (silent ones cannot be seen here)';
  return tolerated.length === 0 ? 'no write was refused' : 'no write was refused but those noted below';
}

const LATER_WORDS = { reload: 'reloaded', restart: 'started again', crash: 'started again after a crash' } as const;

function laterWords({ later }: Observation): string {
  const done = later.filter(({ failure }) => failure === undefined).map(({ what }) => LATER_WORDS[what]);
  return done.length === 0 ? '' : `; ${done.join(', ')}`;
}

/** The account of one workload that was planned from the catalogue; ends with a line feed. */
export function renderCatalogueText({ workload, changes, obstacles, read }: FromCatalogue, style: Style): string {
  const title = style.strong(visible(`${workload.kind} ${workload.name}`));
  if (obstacles.length > 0) {
    const lines = obstacles.flatMap((text) => paragraph(visible(text), 4));
    return `${title}  ${style.problem('not hardened')}\n${lines.join('\n')}\n`;
  }
  const what = changes.length === 0 ? 'nothing to change' : count(changes.length, 'change');
  const from = read > 0 ? 'the catalogue and the files of its images' : 'the catalogue';
  return `${title}  planned from ${from}, ${what}\n    nothing was run and nothing is proven: whether it works is not known\n`;
}

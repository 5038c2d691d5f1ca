/** A proof for a person: first what did not hold, then what stays open, then what held, in few lines. */
import type { Attempt, Proof } from '../prove/proof.ts';
import { columnWidth, count, paragraph, tally, WIDTH, wrap } from './lines.ts';
import {
  attackOf,
  byFamily,
  differencesTitle,
  identityWords,
  OUTCOMES,
  otherReasons,
  placeOfAttempt,
  proofTitle,
  shownBlocked,
} from './proof-report.ts';
import { type Closed, closedPlaces, isAcceptable, residualFacts } from './residual-words.ts';
import type { Style } from './style.ts';
import { uncommanded, visible } from './visible.ts';

const MAX_ID_WIDTH = 36;

/** The whole report; ends with a line feed. */
export function renderProofText(proof: Proof, style: Style): string {
  const { attempts } = proof;
  const of = (wanted: Attempt['outcome']) => attempts.filter(({ outcome }) => outcome === wanted);
  const sentences = (all: readonly string[]) => all.flatMap((one) => paragraph(visible(one), 2));
  const lines = [
    ...heading(proof, style),
    ...section('Succeeded', openLines(of('succeeded'), style), style),
    ...section('Unknown', openLines(of('unknown'), style), style),
    ...section('Left behind by the attacks', sentences(proof.traces), style),
    ...section('Why it is not proven', sentences(otherReasons(proof)), style),
    ...section('Still open', residualLines(proof, style), style),
    ...section('Blocked', blockedLines(of('blocked'), style), style),
    ...section('Closed', closedLines(proof, style), style),
    ...section('Not attempted', notAttemptedLines(proof), style),
    ...section(differencesTitle(proof), sentences(proof.differences), style),
    '',
    ...summary(proof, style),
  ];
  return uncommanded(`${lines.join('\n')}\n`);
}

function heading(proof: Proof, style: Style): string[] {
  const { verdict, where, image, time, identity } = proof;
  return [
    `${style.strong(visible(proofTitle(proof)))}  ${style.verdict[verdict](verdict)}`,
    ...[where, `${image.name} (${image.id})`, identityWords(identity), time].map((fact) =>
      style.faint(`  ${visible(fact)}`),
    ),
  ];
}

/** What the words of a call alone say: `openat(/etc/x) succeeded`. */
const PLAIN = /^[^;]* succeeded$/;

/** One line for each attack with all of its places, and what they do not tell. */
function openLines(attempts: readonly Attempt[], style: Style): string[] {
  const familyWidth = columnWidth(
    attempts.map(({ family }) => family),
    MAX_ID_WIDTH,
  );
  const idWidth = columnWidth(
    attempts.map((one) => visible(attackOf(one))),
    MAX_ID_WIDTH,
  );
  const indent = 2 + familyWidth + 2 + idWidth + 2;
  return byFamily(attempts).flatMap(([family, own]) =>
    [...Map.groupBy(own, attackOf)].flatMap(([attack, group], index) => {
      const places = group.map((one) => visible(placeOfAttempt(one)));
      const [first = '', ...rest] = wrap(places.join(' '), WIDTH - indent);
      const mark = style.outcome[group[0]!.outcome](visible(attack).padEnd(idWidth));
      const told = group.filter(({ detail }) => !PLAIN.test(detail));
      return [
        `  ${(index === 0 ? family : '').padEnd(familyWidth)}  ${mark}  ${first}`.trimEnd(),
        ...rest.map((line) => ' '.repeat(indent) + line),
        ...told
          .map((one) => (group.length === 1 ? one.detail : `${placeOfAttempt(one)}: ${one.detail}`))
          .flatMap((text) => paragraph(visible(text), indent))
          .map(style.faint),
      ];
    }),
  );
}

/** By family and by what refused: the attacks, with how often where that is more than once. */
function blockedLines(attempts: readonly Attempt[], style: Style): string[] {
  const stopOf = ({ errno, layer }: Attempt) => [visible(errno ?? ''), layer ?? ''] as const;
  const [errnoWidth, layerWidth] = [0, 1].map((at) =>
    columnWidth(
      attempts.map((one) => stopOf(one)[at]!),
      MAX_ID_WIDTH,
    ),
  ) as [number, number];
  const familyWidth = columnWidth(
    attempts.map(({ family }) => family),
    MAX_ID_WIDTH,
  );
  const indent = 2 + familyWidth + 2 + errnoWidth + 2 + layerWidth + 2;
  return byFamily(attempts).flatMap(([family, own]) =>
    [...Map.groupBy(own, (one) => stopOf(one).join('\n')).values()].flatMap((group, index) => {
      const [errno, layer] = stopOf(group[0]!);
      const attacks = [...Map.groupBy(group, attackOf)].map(
        ([attack, all]) => `${visible(attack)}${all.length > 1 ? `×${all.length}` : ''}`,
      );
      const [first = '', ...rest] = wrap(attacks.join(', '), WIDTH - indent);
      const cells = [errno.padEnd(errnoWidth), layer.padEnd(layerWidth)];
      return [
        `  ${(index === 0 ? family : '').padEnd(familyWidth)}  ${style.outcome.blocked(cells.join('  '))}  ${first}`,
        ...rest.map((line) => ' '.repeat(indent) + line),
      ].map((line) => line.trimEnd());
    }),
  );
}

function residualLines({ residual }: Proof, style: Style): string[] {
  const width = columnWidth(
    residual.map(({ what }) => visible(what)),
    MAX_ID_WIDTH,
  );
  return residual.flatMap((one) => {
    const facts = residualFacts(one);
    const [first = '', ...rest] = row(
      one.what,
      `${one.executable ? 'executable' : 'not executable'}: ${one.why}`,
      width,
    );
    return [
      isAcceptable(one) ? first : style.problem(first),
      ...rest,
      ...(facts.length === 0 ? [] : paragraph(visible(facts.join(' · ')), 2 + width + 2).map(style.faint)),
    ];
  });
}

/** Places that were tried and are closed, by what closes them. */
function closedLines(proof: Proof, style: Style): string[] {
  const stopOf = ({ errno, layer }: Closed) => [visible(errno), visible(layer ?? '')] as const;
  const closed = closedPlaces(proof);
  const widths = [0, 1].map((at) =>
    columnWidth(
      closed.map((one) => stopOf(one)[at]!),
      MAX_ID_WIDTH,
    ),
  );
  const indent = 2 + widths[0]! + 2 + widths[1]! + 2;
  return [...Map.groupBy(closed, (one) => stopOf(one).join('\n')).values()].flatMap((group) => {
    const cells = stopOf(group[0]!).map((cell, at) => cell.padEnd(widths[at]!));
    const [first = '', ...rest] = wrap(group.map(({ path }) => visible(path)).join(' '), WIDTH - indent);
    return [
      `  ${style.outcome.blocked(cells.join('  '))}  ${first}`.trimEnd(),
      ...rest.map((line) => ' '.repeat(indent) + line),
    ];
  });
}

/** So many attacks that have the same reason are named below it. */
const SHARED_REASON = 3;

/** Places of one attack that have the same reason are one line, and so are many attacks that have it. */
function notAttemptedLines({ notAttempted }: Proof): string[] {
  const byReason = [...Map.groupBy(notAttempted, ({ reason }) => reason)].map(([reason, all]) => {
    const names = [...Map.groupBy(all, attackOf)].map(([attack, own]) =>
      own.length === 1 ? own[0]!.id : `${attack}×${own.length}`,
    );
    return { reason, names };
  });
  const single = byReason.filter(({ names }) => names.length < SHARED_REASON);
  const rows = single.flatMap(({ reason, names }) => names.map((name) => [name, reason] as const));
  const width = columnWidth(
    rows.map(([name]) => visible(name)),
    MAX_ID_WIDTH,
  );
  const shared = byReason.filter(({ names }) => names.length >= SHARED_REASON);
  return [
    ...rows.flatMap(([name, reason]) => row(name, reason, width)),
    ...shared.flatMap(({ reason, names }) => [
      ...paragraph(visible(reason), 2),
      ...paragraph(visible(names.join(', ')), 4),
    ]),
  ];
}

/** Two columns, the second wrapped under itself. */
function row(name: string, text: string, width: number): string[] {
  const indent = 2 + width + 2;
  const [first = '', ...rest] = wrap(visible(text), WIDTH - indent);
  return [`  ${visible(name).padEnd(width)}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)];
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.strong(title), ...lines];
}

function summary({ attempts, verdict }: Proof, style: Style): string[] {
  const outcomes = attempts.map(({ outcome }) => outcome);
  const shown = shownBlocked(attempts);
  const parts = [`${count(attempts.length, 'attempt')}${attempts.length > 0 ? `: ${tally(outcomes, OUTCOMES)}` : ''}`];
  if (shown > 0) parts.push(`${shown} of the blocked succeed without the controls`);
  return [`${parts.join(' · ')} · ${style.verdict[verdict](verdict)}`];
}

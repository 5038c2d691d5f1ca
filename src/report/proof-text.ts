/** A proof for a person: every attempt with what came of it, what stays open, and why the verdict is what it is. */
import type { Outcome, Proof } from '../prove/proof.ts';
import { columnWidth, count, paragraph, tally, WIDTH, wrap } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

const OUTCOMES: readonly Outcome[] = ['blocked', 'residual', 'succeeded', 'unknown'];
const OUTCOME_WIDTH = 'succeeded'.length;
/** The widest errno of those that refuse a write: ENAMETOOLONG never does. */
const ERRNO_WIDTH = 'EACCES'.length;
const MAX_ID_WIDTH = 36;

/** The whole report; ends with a line feed. */
export function renderProofText(proof: Proof, style: Style): string {
  const lines = [
    ...heading(proof, style),
    '',
    ...attemptLines(proof, style),
    ...section('Still open', residualLines(proof), style),
    ...section('Not attempted', listLines(proof.notAttempted.map(({ id, reason }) => [id, reason])), style),
    ...section(
      'Different from Kubernetes',
      proof.differences.flatMap((one) => paragraph(visible(one), 2)),
      style,
    ),
    ...section(
      'Why it is not proven',
      proof.reasons.flatMap((reason) => paragraph(visible(reason), 2)),
      style,
    ),
    '',
    summary(proof, style),
  ];
  return `${lines.join('\n')}\n`;
}

function heading({ workload, verdict, where, image, time, identity }: Proof, style: Style): string[] {
  const { kind, namespace, name, container } = workload;
  const title = visible(`${kind} ${namespace === null ? '' : `${namespace}/`}${name}, container ${container}`);
  return [
    `${style.strong(title)}  ${style.verdict[verdict](verdict)}`,
    ...[where, `${image.name} (${image.id})`, identityWords(identity), time].map((fact) =>
      style.faint(`  ${visible(fact)}`),
    ),
  ];
}

function identityWords(identity: Proof['identity']): string {
  if (identity === null) return 'user unknown: nothing could be read inside of the container';
  const none = /^0+$/.test(identity.capabilities);
  return `uid ${identity.uid}, gid ${identity.gid}, ${none ? 'no capability' : `capabilities ${identity.capabilities}`} in effect`;
}

/** One line for what came out alike: the attack, its errno, and every place where it was tried. */
interface Row {
  readonly outcome: Outcome;
  readonly attack: string;
  readonly errno: string;
  readonly places: string[];
  /** What places and errno do not tell: what a program said, what a call that succeeded did. */
  readonly details: { readonly place: string; readonly detail: string }[];
}

/** `openat(/etc/x) met EROFS: …`: errno and place say the same. */
const PLAIN_REFUSAL = / met E[A-Z]+: /;

function rowsOf({ attempts }: Proof): Row[] {
  const rows = new Map<string, Row>();
  for (const { id, outcome, errno, detail } of attempts) {
    const [attack = '', ...place] = id.split(':');
    const key = `${attack} ${outcome} ${errno}`;
    const row = rows.get(key) ?? {
      outcome,
      attack: visible(attack),
      errno: visible(errno ?? ''),
      places: [],
      details: [],
    };
    rows.set(key, row);
    row.places.push(visible(place.join(':')));
    // What a residual allows, and what a success means for the verdict, stands in lists of their own.
    const told = outcome === 'residual' || outcome === 'succeeded' || PLAIN_REFUSAL.test(detail);
    if (!told) row.details.push({ place: place.join(':'), detail });
  }
  return [...rows.values()];
}

function attemptLines(proof: Proof, style: Style): string[] {
  const rows = rowsOf(proof);
  const attackWidth = columnWidth(
    rows.map(({ attack }) => attack),
    MAX_ID_WIDTH,
  );
  const indent = 2 + OUTCOME_WIDTH + 2 + attackWidth + 2 + ERRNO_WIDTH + 2;
  return rows.flatMap(({ outcome, attack, errno, places, details }) => {
    const [first = '', ...rest] = wrap(places.join('  '), WIDTH - indent);
    const cells = [
      style.outcome[outcome](outcome.padEnd(OUTCOME_WIDTH)),
      attack.padEnd(attackWidth),
      errno.padEnd(ERRNO_WIDTH),
      first,
    ];
    return [
      `  ${cells.join('  ')}`.trimEnd(),
      ...rest.map((line) => ' '.repeat(indent) + line),
      ...details
        .map(({ place, detail }) => (places.length === 1 ? detail : `${place}: ${detail}`))
        .flatMap((text) => paragraph(visible(text), indent))
        .map(style.faint),
    ];
  });
}

function residualLines({ residual }: Proof): string[] {
  return listLines(
    residual.map(({ what, executable, why }) => [what, `${executable ? 'executable' : 'not executable'}: ${why}`]),
  );
}

/** Two columns, the second wrapped under itself. */
function listLines(rows: readonly (readonly [string, string])[]): string[] {
  const width = columnWidth(
    rows.map(([name]) => visible(name)),
    MAX_ID_WIDTH,
  );
  return rows.flatMap(([name, text]) => {
    const indent = 2 + width + 2;
    const [first = '', ...rest] = wrap(visible(text), WIDTH - indent);
    return [`  ${visible(name).padEnd(width)}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)];
  });
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.strong(title), ...lines];
}

function summary({ attempts, verdict }: Proof, style: Style): string {
  const outcomes = attempts.map(({ outcome }) => outcome);
  const shown = attempts.filter(({ outcome, control }) => outcome === 'blocked' && control === 'succeeded').length;
  const parts = [`${count(attempts.length, 'attempt')}${attempts.length > 0 ? `: ${tally(outcomes, OUTCOMES)}` : ''}`];
  if (shown > 0) parts.push(`${shown} of the blocked succeed without the control`);
  return `${parts.join(' · ')} · ${style.verdict[verdict](verdict)}`;
}

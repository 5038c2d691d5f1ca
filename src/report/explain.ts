/** `petrify explain`: one control in full, or all of them in a line each. */
import type { Control, Fix } from '../controls/control.ts';
import { columnWidth, paragraph } from './lines.ts';
import type { Style } from './style.ts';

/** Everything that a control says of itself; ends with a line feed. */
export function renderControl(control: Control, style: Style): string {
  const { title, id, verdict, why, fix, cel, references, aliases, bad, good } = control;
  const lines = [
    style.strong(title),
    style.faint(id),
    '',
    ...paragraph(why, 0),
    '',
    `At worst the container is ${style.verdict[verdict](verdict)}.`,
    '',
    style.strong('Fix'),
    ...paragraph(fixWords(fix), 2),
    '',
    style.strong('Bad'),
    ...example(bad, style),
    '',
    style.strong('Good'),
    ...example(good, style),
    '',
    style.strong('As CEL'),
    ...(typeof cel === 'string' ? paragraph(cel, 2) : paragraph(`None: ${cel.impossible}`, 2)),
    '',
    style.strong('References'),
    ...references.map(
      (reference) => `  ${reference.title}${reference.url === undefined ? '' : style.faint(`  ${reference.url}`)}`,
    ),
  ];
  if (aliases.length > 0) lines.push('', style.strong('In other tools'), ...aliases.map((alias) => `  ${alias}`));
  return `${lines.join('\n')}\n`;
}

/** Every control in one line: id, the worst that it makes of a container, title. */
export function renderControlList(controls: readonly Control[], style: Style): string {
  const idWidth = columnWidth(
    controls.map(({ id }) => id),
    Number.POSITIVE_INFINITY,
  );
  const verdictWidth = columnWidth(
    controls.map(({ verdict }) => verdict),
    Number.POSITIVE_INFINITY,
  );
  const lines = controls.map(
    ({ id, verdict, title }) =>
      `${id.padEnd(idWidth)}  ${style.verdict[verdict](verdict.padEnd(verdictWidth))}  ${title}`,
  );
  return `${lines.join('\n')}\n`;
}

/** What kind of fix it is, and the fix. */
export function fixWords(fix: Fix): string {
  switch (fix.kind) {
    case 'safe':
      return `Safe for every workload. ${fix.describe}`;
    case 'needs-evidence':
      return `Needs to know what the application does (\`petrify observe\`). ${fix.describe}`;
    case 'needs-human':
      return `Needs a person. ${fix.why}`;
  }
}

function example(yaml: string, style: Style): string[] {
  return yaml
    .trimEnd()
    .split('\n')
    .map((line) => style.faint(`  ${line}`));
}

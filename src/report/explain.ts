/** `petrify explain`: one control in full, or several in a line each. */
import type { Control, Fix, Level } from '../controls/control.ts';
import { columnWidth, paragraph } from './lines.ts';
import type { Style } from './style.ts';

/** Everything that a control says of itself; ends with a line feed. */
export function renderControl(control: Control, style: Style): string {
  const { title, id, verdict, level, why, fix, cel, references, aliases, bad, good } = control;
  const lines = [
    style.strong(title),
    style.faint(id),
    '',
    ...paragraph(why, 0),
    '',
    `${atWorst(control, style.verdict[verdict](verdict))} ${levelWords(level)}`,
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

const LEVELS: readonly Level[] = ['minimal', 'standard', 'strict'];

/** Controls in one line each, by level: id, level, the worst that it makes of a container, title. */
export function renderControlList(controls: readonly Control[], style: Style): string {
  const widthOf = (texts: readonly string[]): number => columnWidth(texts, Number.POSITIVE_INFINITY);
  const idWidth = widthOf(controls.map(({ id }) => id));
  const levelWidth = widthOf(controls.map(({ level }) => level));
  const verdictWidth = widthOf(controls.map(({ verdict }) => verdict));
  const lines = LEVELS.flatMap((wanted) => controls.filter(({ level }) => level === wanted)).map(
    ({ id, level, verdict, title }) =>
      `${id.padEnd(idWidth)}  ${level.padEnd(levelWidth)}  ${style.verdict[verdict](verdict.padEnd(verdictWidth))}  ${title}`,
  );
  return `${lines.join('\n')}\n`;
}

/** What a violation does at worst; `verdict` as it shall look. */
export function atWorst({ on, verdict }: Pick<Control, 'on' | 'verdict'>, shown: string): string {
  if (on === 'object') return 'It is about an object beside the pods and leaves the verdict of containers as it is.';
  if (verdict === 'immutable') return 'It leaves the verdict of the container as it is.';
  return `At worst the container is ${shown}.`;
}

/** Which levels report it. */
export function levelWords(level: Level): string {
  switch (level) {
    case 'minimal':
      return 'Every level reports it.';
    case 'standard':
      return 'Reported by `standard` (the default) and `strict`.';
    case 'strict':
      return 'Reported by `strict` alone.';
  }
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

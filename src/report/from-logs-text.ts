/** What was planned from logs for a person: what stands in the way, what is not known, and how to go on. */
import type { FromLogs } from '../harden/from-logs.ts';
import { count, paragraph } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

const NOT_RUN = 'nothing was run and nothing is proven: whether it works is not known';
/** A dying server reveals one directory a run. */
const GO_ON =
  'a server that fails at one write never reaches the next: more may follow. Apply this, and if it fails again, run the same command with the next log; what is mounted stays';

/** The account of one workload; ends with a line feed. */
export function renderFromLogsText({ workload, changes, obstacles, notes }: FromLogs, style: Style): string {
  const title = style.strong(visible(`${workload.kind} ${workload.name}`));
  const what = changes.length === 0 ? 'nothing to change' : count(changes.length, 'change');
  const head =
    obstacles.length > 0
      ? `${title}  ${style.problem('not hardened')}${changes.length === 0 ? '' : `  ${style.faint(`${what} all the same`)}`}`
      : `${title}  planned from its logs, ${what}`;
  const lines = [
    head,
    ...obstacles.flatMap((text) => paragraph(visible(text), 4)),
    ...notes.flatMap((note) => paragraph(`note: ${visible(note)}`, 4)).map(style.faint),
    ...paragraph(NOT_RUN, 4),
    ...(changes.length === 0 ? [] : paragraph(GO_ON, 4)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether a proof covers a manifest, for a person and for programs. */
import type { Coverage } from '../prove/covers.ts';
import { count, paragraph } from './lines.ts';
import type { Style } from './style.ts';
import { uncommanded, visible, visibleJson } from './visible.ts';

/** The reasons by container, then what else should be known; ends with a line feed. */
export function renderCoverageText({ covers, reasons, notes }: Coverage, style: Style): string {
  const lines: string[] = [];
  const ofOne = Map.groupBy(reasons, ({ workload, container }) =>
    [...(workload === null ? [] : [workload]), ...(container === null ? [] : [`container ${container}`])].join(', '),
  );
  for (const [who, own] of ofOne) {
    if (who !== '') lines.push(style.strong(visible(who)));
    for (const { message } of own) {
      const [first = '', ...rest] = paragraph(visible(message), 4);
      lines.push(`  ${style.problem('✗')} ${first.trimStart()}`, ...rest);
    }
    lines.push('');
  }
  for (const note of notes) lines.push(...paragraph(visible(note), 0).map(style.faint));
  if (notes.length > 0) lines.push('');
  lines.push(
    covers
      ? style.verdict.proven('The proof covers the manifest.')
      : style.verdict.mutable(`The proof does not cover the manifest: ${count(reasons.length, 'reason')}.`),
  );
  return uncommanded(`${lines.join('\n')}\n`);
}

export function renderCoverageJson(coverage: Coverage): string {
  return `${visibleJson(JSON.stringify(coverage, null, 2))}\n`;
}

/** The result of `check` as workflow commands of GitHub Actions: an annotation at each place, and a line that sums up. */
import type { SpecVerdict } from '../controls/control.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import type { ControlOf, Format, Summary, WeighedObject, WeighedWorkload } from './check-result.ts';
import { command } from './github-command.ts';
import { spanAt } from './span.ts';
import { uncommanded, visible } from './visible.ts';
import { allFindings, fixLine, type Owned, placeOf, tallyWords, titleOf, VERDICTS } from './words.ts';

/** Each type has its own ten annotations that a step may show, so notices never push errors out. */
const TYPES: Readonly<Record<SpecVerdict, string>> = { mutable: 'error', bypassable: 'warning', immutable: 'notice' };

export function githubFormat(controlOf: ControlOf): Format {
  return {
    open: () => '',
    separator: '',
    workload: (judged: WeighedWorkload) =>
      annotations(
        titleOf(judged.workload),
        judged.workload.source.file,
        judged.workload.document,
        allFindings(judged),
        controlOf,
      ),
    object: ({ object, findings }: WeighedObject) => {
      const own = findings.map((finding) => ({ finding, container: undefined }));
      return annotations(titleOf(object), object.source.file, object.document, own, controlOf);
    },
    close,
  };
}

/** Those of one place and one type are one annotation: a step shows only a few. */
function annotations(
  title: string,
  file: string,
  document: ManifestDocument,
  all: readonly Owned[],
  controlOf: ControlOf,
): string {
  const groups = new Map<string, Owned[]>();
  for (const owned of all) {
    const { standing, verdict, position } = owned.finding;
    if (standing.kind !== 'counts') continue;
    const key = `${VERDICTS.indexOf(verdict)} ${position.offset}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [owned]);
    else group.push(owned);
  }
  return [...groups.values()].map((group) => annotation(title, file, document, group, controlOf)).join('');
}

function annotation(
  title: string,
  file: string,
  document: ManifestDocument,
  group: readonly Owned[],
  controlOf: ControlOf,
): string {
  const { finding, container } = group[0]!;
  const { line, column } = placeOf(document, file, finding.position);
  const { start, end } = spanAt(document, finding.position.offset);
  const place =
    line === undefined ? {} : { line, col: column, endLine: line, endColumn: (column ?? 1) + Math.max(1, end - start) };
  const phrases = group.map((one) => controlOf(one.finding).phrase).join(', ');
  const who = container === undefined ? title : `${title}, container ${container}`;
  const sentences = group.map((one) => {
    const control = controlOf(one.finding);
    return `${visible(control.message(one.finding.args))} (${control.id})\n  ${visible(fixLine(control))}`;
  });
  return command(TYPES[finding.verdict], { file, ...place, title: `${who}: ${phrases}` }, sentences.join('\n'));
}

function close(summary: Summary): string {
  const { unreadable, notices } = summary;
  const errors = unreadable.map(({ file, line, column, message, hint }) => {
    const text = hint === undefined ? message : `${message} (${hint})`;
    return command('error', { file, line, col: column, title: 'Could not be read' }, visible(text));
  });
  const passed = notices.map(({ file, line, message, hint }) => {
    const text = hint === undefined ? message : `${message} (${hint})`;
    return command('notice', { file, line, title: 'Passed over' }, visible(text));
  });
  return `${errors.join('')}${passed.join('')}${uncommanded(tallyWords(summary))}\n`;
}

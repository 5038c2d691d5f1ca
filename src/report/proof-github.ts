/** Proofs as workflow commands of GitHub Actions: an annotation at each container that is not proven, and a line that sums up. */
import { command } from './github-command.ts';
import { type ProofReport, type ProvedContainer, proofTitle, sumWords } from './proof-report.ts';
import { uncommanded, visible } from './visible.ts';

export function renderProofGithub({ proved, problems }: ProofReport): string {
  const errors = problems.map(({ file, line, column, message, hint }) => {
    const text = hint === undefined ? message : `${message} (${hint})`;
    return command('error', { file, line, col: column, title: 'Could not be attacked' }, visible(text));
  });
  return `${proved.map(annotation).join('')}${errors.join('')}${uncommanded(sumWords({ proved }))}\n`;
}

/** One for each container: a step shows only ten of a kind, and all of these would be at one line. */
function annotation({ proof, place }: ProvedContainer): string {
  const { verdict, reasons, residual } = proof;
  const { file, line, column, endColumn } = place;
  const at = line === undefined ? {} : { line, col: column, endLine: line, endColumn };
  const title = `${proofTitle(proof)}: ${verdict}`;
  if (verdict === 'proven') {
    if (residual.length === 0) return '';
    const open = residual.map(({ what, why }) => `${visible(what)}: ${visible(why)}`);
    return command('notice', { file, ...at, title: `${title}, still open` }, open.join('\n'));
  }
  const type = verdict === 'immutable' ? 'warning' : 'error';
  return command(type, { file, ...at, title }, reasons.map(visible).join('\n'));
}

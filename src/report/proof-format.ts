/** A report of `prove` in one of its formats; each is loaded only when it is asked for. */
import type { FormatName } from './format.ts';
import type { ProofReport } from './proof-report.ts';
import type { Style } from './style.ts';

/** The whole report; empty where the format has nothing to say of no proof. `style` is for text only. */
export async function renderProofReport(name: FormatName, report: ProofReport, style: Style): Promise<string> {
  switch (name) {
    case 'text': {
      const { renderProofText } = await import('./proof-text.ts');
      return report.proved.map(({ proof }) => renderProofText(proof, style)).join('\n');
    }
    case 'json': {
      const { renderProofs } = await import('./proof-json.ts');
      return report.proved.length === 0 ? '' : renderProofs(report.proved.map(({ proof }) => proof));
    }
    case 'sarif':
      return (await import('./proof-sarif.ts')).renderProofSarif(report);
    case 'junit':
      return (await import('./proof-junit.ts')).renderProofJunit(report);
    case 'github':
      return (await import('./proof-github.ts')).renderProofGithub(report);
    case 'markdown':
      return (await import('./proof-markdown.ts')).renderProofMarkdown(report);
    case 'html':
      return (await import('./proof-html.ts')).renderProofHtml(report);
  }
}

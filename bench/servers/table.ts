/** The measure's result as text, Markdown or JSON: a row for each server, the totals, and why each failure failed. */
import type { Score } from './score.ts';

export const FORMATS = ['text', 'markdown', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const HEAD = [
  'server',
  'boolean alone',
  'hardened and working',
  'starts',
  'seconds',
  'user',
  'capabilities',
  'load: checks, failed',
  'attacks: blocked, residual, succeeded, unknown',
  'verdict',
  'paths mounted',
];

export function renderScores(scores: readonly Score[], format: Format): string {
  if (format === 'json') return `${JSON.stringify({ totals: totalsOf(scores), servers: scores }, null, 2)}\n`;
  return format === 'markdown' ? markdown(scores) : text(scores);
}

/** `hardened`: and working, under every attack. `booleanAlone`: works with `readOnlyRootFilesystem: true` and nothing else. */
export function totalsOf(scores: readonly Score[]): { servers: number; hardened: number; booleanAlone: number } {
  return {
    servers: scores.length,
    hardened: scores.filter(({ failed }) => failed === undefined).length,
    booleanAlone: scores.filter(({ booleanAlone }) => booleanAlone.failed === undefined).length,
  };
}

function row({ server, booleanAlone, harden, kept, service, attacks, failed }: Score): string[] {
  const load = service?.load;
  return [
    server,
    booleanAlone.failed === undefined ? 'works' : 'fails',
    failed === undefined ? 'yes' : 'no',
    harden.starts === undefined ? '?' : String(harden.starts),
    harden.seconds.toFixed(0),
    kept?.user ?? '-',
    kept?.capabilities ?? '-',
    load ? `${load.checks}, ${load.failures}` : '-',
    attacks ? [attacks.blocked, attacks.residual, attacks.succeeded, attacks.unknown].join(', ') : '-',
    attacks?.verdicts.join(' ') ?? '-',
    kept?.mounts.join(' ') ?? '-',
  ];
}

function sentences(scores: readonly Score[]): string[] {
  const { servers, hardened, booleanAlone } = totalsOf(scores);
  return [
    `${hardened} of ${servers} hardened and working; with the boolean alone ${booleanAlone} of ${servers} work.`,
    ...scores.flatMap(({ server, failed }) => (failed === undefined ? [] : [`${server}: ${oneLine(failed)}`])),
    ...scores.flatMap(({ server, attacks }) =>
      attacks === undefined || attacks.listed.length === 0
        ? []
        : [`${server} has to be root, and its profile lists what stays open to root: ${attacks.listed.join(', ')}`],
    ),
    ...scores.flatMap(({ server, booleanAlone: { failed } }) =>
      failed === undefined ? [] : [`${server} with the boolean alone: ${oneLine(failed)}`],
    ),
  ];
}

/** Longer ones are logs; the whole is in the JSON. */
const LONGEST = 400;

function oneLine(sentence: string): string {
  const line = sentence.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function text(scores: readonly Score[]): string {
  const rows = [HEAD, ...scores.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${[...lines, '', ...sentences(scores)].join('\n')}\n`;
}

function markdown(scores: readonly Score[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const [total, ...failures] = sentences(scores);
  const table = [line(HEAD), line(HEAD.map(() => '---')), ...scores.map((score) => line(row(score)))];
  return `${[...table, '', total, '', ...failures.map((failure) => `- ${failure}`)].join('\n')}\n`;
}

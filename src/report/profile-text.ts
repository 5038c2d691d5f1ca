/** An ImmutabilityProfile for a person: what is written where, how that is known, and what the statement rests on. */
import type { CollectorRun, Coverage, Evidence } from '../profile/evidence.ts';
import type { ContainerProfile, ImmutabilityProfile, WritablePath } from '../profile/profile.ts';
import { columnWidth, count, paragraph, WIDTH, wrap } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** Different paths shown below one directory; the profile itself has more. */
const MAX_PATHS_SHOWN = 6;
/** Widest column of paths. */
const MAX_PATH_WIDTH = 40;

/** The whole report; ends with a line feed. */
export function renderProfileText(profile: ImmutabilityProfile, style: Style): string {
  const { kind, name } = profile.spec.workload;
  const lines = [style.strong(visible(`${kind} ${name}`))];
  for (const container of profile.spec.containers) lines.push(...containerLines(container, style));
  return `${lines.join('\n')}\n`;
}

function containerLines({ name, image, user, writable, coverage }: ContainerProfile, style: Style): string[] {
  const lines = [
    `  ${visible(name)}  ${style.faint(visible(`${image}, ${coverage.seconds > 0 ? `as uid ${user.uid}` : 'not run'}`))}`,
    ...(writable.length === 0 ? [coverage.seconds > 0 ? '    no write was seen' : '    nothing is known'] : []),
  ];
  for (const path of writable) lines.push(...pathLines(path, style));
  lines.push(
    ...coverageLines(coverage)
      .flatMap((text) => paragraph(text, 4))
      .map(style.faint),
  );
  return lines;
}

function pathLines({ path, kind, shippedFiles, evidence }: WritablePath, style: Style): string[] {
  const ships = shippedFiles === 0 ? '' : style.problem(`  the image ships ${count(shippedFiles, 'file')} here`);
  const byPath = new Map<string, Evidence[]>();
  for (const piece of evidence) byPath.set(piece.path, [...(byPath.get(piece.path) ?? []), piece]);
  const shown = [...byPath].slice(0, MAX_PATHS_SHOWN);
  const width = columnWidth(
    shown.map(([one]) => one),
    MAX_PATH_WIDTH,
  );
  const lines = [`    ${style.strong(visible(path))}  ${kind}${ships}`];
  for (const [one, pieces] of shown) {
    const indent = 6 + width + 2;
    const [first = '', ...rest] = wrap(visible(sources(pieces)), WIDTH - indent);
    lines.push(`      ${visible(one).padEnd(width)}  ${style.faint(first)}`);
    lines.push(...rest.map((line) => ' '.repeat(indent) + style.faint(line)));
  }
  if (byPath.size > shown.length) lines.push(style.faint(`      and ${byPath.size - shown.length} more`));
  return lines;
}

/** `create: engine's changes + kernel: nginx (pid 12), 41 ms; delete: …`: who saw what. */
function sources(pieces: readonly Evidence[]): string {
  const seen = new Map<string, Set<string>>();
  for (const { collector, what, atMs, detail } of pieces) {
    // The event's name says what `what` says already.
    const said = DETAILED.has(collector)
      ? `: ${detail.replace(/^[A-Z_]+ by /, '')}${atMs === undefined ? '' : `, ${atMs} ms`}`
      : '';
    const source = collector === 'catalogue' ? detail : `${COLLECTORS[collector]}${said}`;
    seen.set(what, (seen.get(what) ?? new Set()).add(source));
  }
  return [...seen].map(([what, by]) => `${what}: ${[...by].join(' + ')}`).join('; ');
}

/** Collectors whose detail says more than their name. */
const DETAILED: ReadonlySet<Evidence['collector']> = new Set([
  'kernel-events',
  'system-calls',
  'log-lines',
  'image-config',
]);

const COLLECTORS: Readonly<Record<CollectorRun['collector'], string>> = {
  'engine-changes': "engine's changes",
  'kernel-events': 'kernel',
  'system-calls': 'refused system calls',
  'log-lines': 'log',
  'image-config': 'image configuration',
  catalogue: 'catalogue',
};

/** Means that need no run of the container. */
const WITHOUT_A_RUN: ReadonlySet<CollectorRun['collector']> = new Set(['catalogue', 'log-lines']);

/** What the list rests on: no write seen is never "writes nothing". */
export function coverageLines({ ready, requests, seconds, reload, shutdown, restart, collectors }: Coverage): string[] {
  const ran = collectors.filter((run) => run.ran);
  if (seconds === 0 && !ran.some(({ collector }) => !WITHOUT_A_RUN.has(collector)))
    return [`not run: ${ran.map(withNote).join(', ') || collectors.map(withNote).join(', ')}`];
  const idle = collectors.filter((run) => !run.ran);
  const lines = [
    `coverage: ${ready ? 'became ready' : 'did not become ready'}, ${count(requests, 'request')} made, ${seconds} s observed, reload ${reload ? 'observed' : 'not observed'}, shutdown ${shutdown ? 'observed' : 'not observed'}${restart ? ', started again on its own volumes' : ''}`,
    `seen by: ${ran.map(withNote).join(', ') || 'nothing'}`,
  ];
  if (idle.length > 0) lines.push(`not used: ${idle.map(withNote).join(', ')}`);
  return lines;
}

function withNote({ collector, note }: CollectorRun): string {
  return visible(note === undefined ? COLLECTORS[collector] : `${COLLECTORS[collector]} (${note})`);
}

/** An ImmutabilityProfile for a person: what is written where, how that is known, and what the statement rests on. */
import type { CollectorRun, Coverage, Evidence } from '../profile/evidence.ts';
import type { ContainerProfile, ImmutabilityProfile, WritablePath } from '../profile/profile.ts';
import { columnWidth, count, paragraph } from './lines.ts';
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
    `  ${visible(name)}  ${style.faint(visible(`${image}, as uid ${user.uid}`))}`,
    ...(writable.length === 0 ? ['    no write was seen'] : []),
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
  for (const [one, pieces] of shown)
    lines.push(`      ${visible(one).padEnd(width)}  ${style.faint(visible(sources(pieces)))}`);
  if (byPath.size > shown.length) lines.push(style.faint(`      and ${byPath.size - shown.length} more`));
  return lines;
}

/** `create: kernel events (CREATE by nginx (pid 12), 41 ms), engine's changes`. */
function sources(pieces: readonly Evidence[]): string {
  const seen = pieces.map(({ collector, what, atMs, detail }) => {
    const time = atMs === undefined ? '' : ` after ${atMs} ms`;
    return collector === 'engine-changes'
      ? `${what}: ${COLLECTORS[collector]}`
      : `${what}: ${COLLECTORS[collector]}, ${detail}${time}`;
  });
  return [...new Set(seen)].join('; ');
}

const COLLECTORS: Readonly<Record<CollectorRun['collector'], string>> = {
  'engine-changes': "the engine's list of changes",
  'kernel-events': 'kernel',
  'log-lines': 'log',
  'image-config': 'image configuration',
  catalogue: 'catalogue',
};

/** What the list rests on: no write seen is never "writes nothing". */
export function coverageLines({ ready, requests, seconds, shutdown, collectors }: Coverage): string[] {
  const ran = collectors.filter((run) => run.ran);
  const idle = collectors.filter((run) => !run.ran);
  const lines = [
    `coverage: ${ready ? 'became ready' : 'did not become ready'}, ${count(requests, 'request')} made, ${seconds} s observed, shutdown ${shutdown ? 'observed' : 'not observed'}`,
    `seen by: ${ran.map(withNote).join(', ') || 'nothing'}`,
  ];
  if (idle.length > 0) lines.push(`not used: ${idle.map(withNote).join(', ')}`);
  return lines;
}

function withNote({ collector, note }: CollectorRun): string {
  return visible(note === undefined ? COLLECTORS[collector] : `${COLLECTORS[collector]} (${note})`);
}

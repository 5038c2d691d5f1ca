/** The catalogue for a person: a line for each image, or everything about one, with what each statement rests on. */
import type {
  Catalogue,
  CatalogueEntry,
  Confidence,
  Founded,
  Knob,
  KnownPath,
  RuntimeEntry,
} from '../catalogue/entry.ts';
import { columnWidth, paragraph, WIDTH, wrap } from './lines.ts';
import type { Style } from './style.ts';
import { visible } from './visible.ts';

/** Widest column of names. */
const MAX_NAME_WIDTH = 24;
/** Widest column of paths. */
const MAX_PATH_WIDTH = 44;
const CONFIDENCES: readonly Confidence[] = ['A', 'B', 'C', 'D'];

/** One image, or one runtime, in full; several in a line each. `confidence`: what the letters mean. Ends with a line feed. */
export function renderCatalogue(
  { images, runtimes }: Catalogue,
  confidence: Readonly<Record<Confidence, string>>,
  style: Style,
): string {
  const [image, another] = images;
  const detailed = another === undefined && (image !== undefined || runtimes.length === 1);
  const lines = detailed
    ? [
        ...images.flatMap((entry) => imageLines(entry, style)),
        ...runtimes.flatMap((entry) => runtimeLines(entry, style)),
      ]
    : listLines({ images, runtimes }, style);
  const legend = CONFIDENCES.map((letter) => style.faint(`${letter}  ${confidence[letter]}`));
  return `${[...lines, ...legend].join('\n')}\n`;
}

function listLines({ images, runtimes }: Catalogue, style: Style): string[] {
  const rows = [
    ...images.map(({ image, paths, writesNothing, knobs = [] }) => ({
      name: image,
      letters: lettersOf([...paths, ...(writesNothing === undefined ? [] : [writesNothing]), ...knobs]),
      // What is written only in some cases stands behind the rest, in brackets.
      text: [
        ...paths.filter(({ when }) => when === undefined).map(({ path }) => path),
        ...(writesNothing === undefined ? [] : ['nothing']),
        ...paths.filter(({ when }) => when !== undefined).map(({ path }) => `[${path}]`),
        ...knobs.map(settingOf),
      ],
    })),
    ...runtimes.map(({ runtime, knobs }) => ({
      name: runtime,
      letters: lettersOf(knobs),
      text: knobs.map(settingOf),
    })),
  ];
  const width = columnWidth(
    rows.map(({ name }) => name),
    MAX_NAME_WIDTH,
  );
  const indent = width + 2 + CONFIDENCES.length + 2;
  const lines = rows.flatMap(({ name, letters, text }) => {
    const [first = '', ...rest] = wrap(text.join(' '), WIDTH - indent);
    const head = `${style.strong(name.padEnd(width))}  ${letters.padEnd(CONFIDENCES.length)}  ${first}`;
    return [head, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
  return [...lines, ''];
}

/** The letters of all statements, from best to least: `AC`. */
function lettersOf(founded: readonly Founded[]): string {
  return CONFIDENCES.filter((letter) => founded.some(({ confidence }) => confidence === letter)).join('');
}

function imageLines(
  { image, names, paths, writesNothing, knobs = [], notes = [] }: CatalogueEntry,
  style: Style,
): string[] {
  const width = columnWidth(
    paths.map(({ path }) => path),
    MAX_PATH_WIDTH,
  );
  const lines = [style.strong(visible(image)), ...paragraph(names.join(', '), 2).map(style.faint), ''];
  if (writesNothing !== undefined) {
    lines.push(`  writes nothing  ${writesNothing.confidence}`, ...sourceLines(writesNothing, 4, style));
  }
  for (const path of paths) lines.push(...pathLines(path, width, style));
  return [...lines, ...knobLines(knobs, style), ...noteLines(notes, style), ''];
}

function pathLines(known: KnownPath, width: number, style: Style): string[] {
  const { path, kind, confidence, why, when, type, shipsFiles, executed } = known;
  const facts = [
    why,
    ...(type === 'file' ? ['this file alone'] : []),
    ...(shipsFiles ? ['the image ships files here'] : []),
    ...(executed ? ['programs are loaded from here'] : []),
    ...(when === undefined ? [] : [`only where ${when}`]),
  ];
  return [
    `  ${style.strong(visible(path).padEnd(width))}  ${kind}  ${confidence}`,
    ...paragraph(visible(facts.join('; ')), 4),
    ...sourceLines(known, 4, style),
  ];
}

function runtimeLines({ runtime, knobs, notes = [] }: RuntimeEntry, style: Style): string[] {
  return [style.strong(runtime), ...knobLines(knobs, style), ...noteLines(notes, style), ''];
}

function knobLines(knobs: readonly Knob[], style: Style): string[] {
  if (knobs.length === 0) return [];
  const lines = knobs.flatMap((knob) => [
    `  ${style.strong(settingOf(knob))}  ${knob.confidence}`,
    ...paragraph(`${knob.because}: ${knob.paths.join(', ')}`, 4),
    ...sourceLines(knob, 4, style),
  ]);
  return ['', 'Settings with which it need not write', ...lines];
}

/** `NAME=value`, or the arguments. */
function settingOf({ env, args = [] }: Knob): string {
  if (env === undefined) return args.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ');
  return `${env.name}${env.append ? '+=' : '='}${env.value}`;
}

function noteLines(notes: readonly string[], style: Style): string[] {
  if (notes.length === 0) return [];
  return ['', ...notes.flatMap((note) => paragraph(visible(note), 2)).map(style.faint)];
}

function sourceLines({ source }: Founded, indent: number, style: Style): string[] {
  return paragraph(visible(source.join('; ')), indent).map(style.faint);
}

/** Finds the settings with which an application would not write where it was seen to write. */
import type { Catalogue, Knob } from './entry.ts';
import { findEntry } from './find.ts';
import { readCatalogue } from './read.ts';

/**
 * The knobs that make at least one of the paths needless, sorted by id: those of the image's family, and those of runtimes,
 * which are known by what they write.
 * @param image as the manifest names it; undefined: only runtimes are asked
 * @param paths canonical paths that were written, or refused to be written: files as well as directories
 */
export function knobsFor(
  image: string | undefined,
  paths: readonly string[],
  catalogue: Catalogue = readCatalogue(),
): Knob[] {
  const own = image === undefined ? undefined : findEntry(image, catalogue.images);
  const known = [...(own?.knobs ?? []), ...catalogue.runtimes.flatMap(({ knobs }) => knobs)];
  return known.filter((knob) => paths.some((path) => matches(knob.paths, path))).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The fewest of the knobs that do together what all of them do: those that write nowhere before those that write elsewhere,
 * then those that cover more paths. Each of them covers a path that none before it does.
 */
export function chooseKnobs(knobs: readonly Knob[], paths: readonly string[]): Knob[] {
  const covered = (knob: Knob, of: Iterable<string>) => [...of].filter((path) => coversPath(knob, path));
  const inOrder = knobs
    .map((knob) => ({ knob, moves: knob.movesTo === undefined ? 0 : 1, covers: covered(knob, paths).length }))
    .sort((a, b) => a.moves - b.moves || b.covers - a.covers || (a.knob.id < b.knob.id ? -1 : 1));
  const open = new Set(paths);
  return inOrder
    .map(({ knob }) => knob)
    .filter((knob) => {
      const own = covered(knob, open);
      for (const path of own) open.delete(path);
      return own.length > 0;
    });
}

/** Whether a knob makes writing a path needless. */
export function coversPath({ paths, besides = [] }: Pick<Knob, 'paths' | 'besides'>, path: string): boolean {
  return matches(paths, path) || matches(besides, path);
}

/**
 * In a glob `?` stands for one character of a name, `*` for any part of one (a leading dot too), `**` for any number of
 * directories, also none: a glob that ends in a directory and `**` covers the directory itself as well.
 */
function matches(globs: readonly string[], path: string): boolean {
  return globs.some((glob) => expressionOf(glob).test(path));
}

/** What an expression would take for itself, as it is; `?` as one character. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+()[\]{}|]/g, '\\$&').replaceAll('?', '[^/]');
}

const expressions = new Map<string, RegExp>();

function expressionOf(glob: string): RegExp {
  const known = expressions.get(glob);
  if (known !== undefined) return known;
  const source = glob
    .replace(/^\//, '')
    .split('/')
    .map((part) => (part === '**' ? '(?:/[^/]+)*' : `/${part.split('*').map(literally).join('[^/]*')}`))
    .join('');
  const expression = new RegExp(`^${source}$`);
  expressions.set(glob, expression);
  return expression;
}

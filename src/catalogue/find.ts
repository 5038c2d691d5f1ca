/** Finds what the catalogue knows of an image, by its repository. */
import type { Catalogue, CatalogueEntry, Knob, KnownPath } from './entry.ts';

/** `registry:5000/team/nginx:1@sha256:…` → `team/nginx`. */
export function repositoryOf(image: string): string {
  const name = image.split('@', 1)[0] ?? '';
  const colon = name.lastIndexOf(':');
  const withoutTag = colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
  const [first = '', ...rest] = withoutTag.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isRegistry ? rest.join('/') : withoutTag;
}

/**
 * The entry for an image: an exact repository is preferred to everything of an organisation (`bitnami/*`, which builds
 * images in its own way), and that to a name in any organisation (`*\/name`).
 */
export function findEntry(image: string, images: readonly CatalogueEntry[]): CatalogueEntry | undefined {
  // No image has a star; our own patterns are not for asking.
  if (image.includes('*')) return undefined;
  const repository = repositoryOf(image);
  const slash = repository.lastIndexOf('/');
  const wanted = [repository, `${repository.slice(0, Math.max(slash, 0))}/*`, `*/${repository.slice(slash + 1)}`];
  for (const name of wanted) {
    const found = images.find(({ names }) => names.includes(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What an image always writes: what a plan assumes. */
export function plannedPaths(entry: CatalogueEntry): readonly KnownPath[] {
  return entry.paths.filter(({ when }) => when === undefined);
}

/**
 * What holds a word in its image, names, paths or knobs, case aside; all of it without a word. An image's own name
 * (`nginx:1.27`, with registry, tag or digest) finds its entry alone, beside a runtime of that name.
 */
export function searchCatalogue(word: string | undefined, { images, runtimes }: Catalogue): Catalogue {
  if (word === undefined) return { images, runtimes };
  const holds = (texts: readonly string[]) => texts.some((text) => text.toLowerCase().includes(word.toLowerCase()));
  const own = images.find(({ image }) => image.toLowerCase() === word.toLowerCase()) ?? findEntry(word, images);
  if (own !== undefined) return { images: [own], runtimes: runtimes.filter(({ runtime }) => holds([runtime])) };
  return {
    images: images.filter(({ image, names, paths, knobs = [] }) =>
      holds([image, ...names, ...paths.map(({ path }) => path), ...wordsOf(knobs)]),
    ),
    runtimes: runtimes.filter(({ runtime, knobs }) => holds([runtime, ...wordsOf(knobs)])),
  };
}

function wordsOf(knobs: readonly Knob[]): string[] {
  return knobs.flatMap(({ id, env, args = [], paths }) => [
    id,
    ...(env === undefined ? [] : [env.name]),
    ...args,
    ...paths,
  ]);
}

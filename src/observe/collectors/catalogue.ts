/** The embedded catalogue: what is known of popular images without running them. Weaker than any observation, and says so. */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../../package-file.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';

const FOLDER = packageFile('catalog/');

/** How well an entry is founded. */
const CONFIDENCE = {
  A: 'official documentation or a chart that runs this image read-only',
  B: 'a chart for another build of the image',
  C: 'reports of users',
  D: 'general knowledge',
} as const;

const pathSchema = z.strictObject({
  path: z.string().regex(/^\/(?:[^/\0]+\/)*[^/\0]+$/, 'an absolute, plain path'),
  kind: z.enum(['scratch', 'cache', 'log', 'socket', 'configuration', 'state']),
  why: z.string().min(1),
  /** The image ships files there, which an empty volume would hide. */
  shipsFiles: z.boolean().optional(),
});

export const catalogueSchema = z.strictObject({
  image: z.string().min(1),
  /** Repositories without registry and tag: exact, or `*\/name` for that name in any organisation. */
  names: z.array(z.string().regex(/^(?:\*\/)?[a-z0-9][a-z0-9._/-]*$/)).min(1),
  confidence: z.enum(['A', 'B', 'C', 'D']),
  source: z.array(z.string().min(1)).min(1),
  paths: z.array(pathSchema),
  notes: z.array(z.string().min(1)).optional(),
});

export type CatalogueEntry = z.infer<typeof catalogueSchema>;

let loaded: readonly CatalogueEntry[] | undefined;

/** Every entry, read once. Throws for a broken file: the catalogue is our own. */
export function readCatalogue(): readonly CatalogueEntry[] {
  loaded ??= readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => catalogueSchema.parse(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))));
  return loaded;
}

/** `registry:5000/team/nginx:1@sha256:…` → `team/nginx`. */
export function repositoryOf(image: string): string {
  const name = image.split('@', 1)[0] ?? '';
  const colon = name.lastIndexOf(':');
  const withoutTag = colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
  const [first = '', ...rest] = withoutTag.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isRegistry ? rest.join('/') : withoutTag;
}

/** The entry for an image; an exact repository is preferred to a name in any organisation. */
export function findEntry(
  image: string,
  catalogue: readonly CatalogueEntry[] = readCatalogue(),
): CatalogueEntry | undefined {
  const repository = repositoryOf(image);
  const anywhere = `*/${repository.slice(repository.lastIndexOf('/') + 1)}`;
  return (
    catalogue.find((entry) => entry.names.includes(repository)) ??
    catalogue.find((entry) => entry.names.includes(anywhere))
  );
}

/** Evidence of the catalogue for an image; empty where it does not know it (see `catalogueCoverage`). */
export function catalogueEvidence(image: string): Evidence[] {
  const entry = findEntry(image);
  return (entry?.paths ?? []).map(({ path, kind, why }) => ({
    collector: 'catalogue',
    path,
    what: 'declared',
    kind,
    type: 'directory',
    detail: `catalogue: not run; ${why} (${entry?.source.join('; ')})`,
  }));
}

/** What to say of the catalogue where nothing could be run. */
export function catalogueCoverage(image: string): CollectorRun {
  const entry = findEntry(image);
  return entry === undefined
    ? { collector: 'catalogue', ran: false, note: `does not know the image ${image}` }
    : { collector: 'catalogue', ran: true, note: `${entry.image}: ${CONFIDENCE[entry.confidence]}; nothing was run` };
}

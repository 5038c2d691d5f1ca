/** Makes a catalogue entry out of what was observed of a container: text that can be put into `catalog/` as it is. */
import { dump } from 'js-yaml';
import type { Evidence } from '../profile/evidence.ts';
import type { ContainerProfile, WritablePath } from '../profile/profile.ts';
import type { CatalogueEntry, KnownPath } from './entry.ts';
import { repositoryOf } from './find.ts';

/** Written paths that are named as the reason for one directory. */
const MAX_NAMED = 3;
/** A name in a reason: what is longer says no more. */
const MAX_NAME = 80;
/** A line of coverage: the catalogue takes no longer texts than 500. */
const MAX_COVERAGE = 400;
/** What an image declares is a word or two. */
const MAX_DECLARED = 400;

/** What the entry says of the run that it comes from. */
export interface Observed {
  /** Of Petrify. */
  readonly version: string;
  /** `2026-11-24`. */
  readonly date: string;
  /** What the run rests on, one sentence each. */
  readonly coverage: readonly string[];
}

/**
 * The entry of one container's image. Of the paths only those that were seen to be written, or that the image declares, are
 * in it: volumes of the manifest that nobody wrote into are not.
 */
export function contributedEntry(container: ContainerProfile, { version, date, coverage }: Observed): CatalogueEntry {
  const { image, imageId, writable } = container;
  // A run of somebody's: stronger than a report, but no more than what was exercised.
  const founded = {
    confidence: 'C' as const,
    source: [`observed by petrify ${version} on ${date}, ${identityOf(imageId)}`],
  };
  const written = writable.filter(({ evidence }) => evidence.some(({ collector }) => collector !== 'catalogue'));
  const paths = written
    .filter(({ path }) => path !== '/')
    .map(({ path, kind, shippedFiles, evidence }): KnownPath => {
      const shipsFiles = shippedFiles > 0 ? { shipsFiles: true } : {};
      return { path, kind, why: reasonOf(path, evidence), ...shipsFiles, ...founded };
    });
  const inRoot = written.some(({ path }) => path === '/');
  const repository = repositoryOf(image);
  return {
    image: repository.slice(repository.lastIndexOf('/') + 1),
    names: [repository],
    paths,
    ...(written.length === 0 ? { writesNothing: founded } : {}),
    notes: [
      ...coverage.map((line) => line.slice(0, MAX_COVERAGE)),
      ...(inRoot ? ['it writes directly into /, where no volume can be'] : []),
      `as uid ${container.user.uid}; another user may write elsewhere`,
    ],
  };
}

/** YAML that is one file of `catalog/`; its first line names that file. */
export function renderEntry(entry: CatalogueEntry): string {
  const name = (entry.names[0] ?? entry.image).replace(/[^a-z0-9]+/g, '-');
  return `# catalog/${name}.yaml\n${dump(entry, { lineWidth: -1, noRefs: true })}`;
}

/** `sha256:…` of the registry where there is one, else of the engine. */
function identityOf(imageId: string): string {
  const at = imageId.indexOf('@');
  return at < 0 ? `image id ${imageId}` : `image digest ${imageId.slice(at + 1)}`;
}

/** `writes nginx.pid, client_temp and 4 more`, or what the image declares. */
function reasonOf(directory: WritablePath['path'], evidence: readonly Evidence[]): string {
  const seen = evidence.filter(({ what }) => what !== 'declared');
  const names = [...new Set(seen.map(({ path }) => nameIn(directory, path)))];
  if (names.length === 0)
    return `declared by the image: ${[...new Set(evidence.map(({ detail }) => detail))].join(', ')}`.slice(
      0,
      MAX_DECLARED,
    );
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  const refused = seen.every(({ what }) => what === 'refused') ? 'was refused' : 'writes';
  return `${refused} ${names.slice(0, MAX_NAMED).join(', ')}${more}`;
}

/** The path below the directory; as it was seen where a link led there. */
function nameIn(directory: string, path: string): string {
  const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
  return name.slice(0, MAX_NAME);
}

/** Evidence of the embedded catalogue: what is known of an image without running it. Weaker than any observation, and says so. */
import { CONFIDENCE, type Confidence } from '../../catalogue/entry.ts';
import { findEntry, plannedPaths } from '../../catalogue/find.ts';
import { readCatalogue } from '../../catalogue/read.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';

/** Evidence of the catalogue for an image; empty where it does not know it (see `catalogueCoverage`). */
export function catalogueEvidence(image: string): Evidence[] {
  const entry = findEntry(image, readCatalogue().images);
  if (entry === undefined) return [];
  return plannedPaths(entry).map(({ path, kind, why, type, source, confidence }) => ({
    collector: 'catalogue' as const,
    path,
    // A declared path is a directory that shall be a volume; a file only says where it lies.
    what: type === 'file' ? 'modify' : 'declared',
    kind,
    type: type ?? 'directory',
    detail: `catalogue: not run; ${why} (${confidence}: ${source.join('; ')})`,
  }));
}

/** What to say of the catalogue where nothing could be run. */
export function catalogueCoverage(image: string): CollectorRun {
  const entry = findEntry(image, readCatalogue().images);
  if (entry === undefined) return { collector: 'catalogue', ran: false, note: `does not know the image ${image}` };
  const founded = entry.writesNothing === undefined ? plannedPaths(entry) : [entry.writesNothing];
  const said = founded.length > 0 ? `at least ${CONFIDENCE[weakest(founded)]}; ` : '';
  return { collector: 'catalogue', ran: true, note: `${entry.image}: ${said}nothing was run` };
}

/** What all of it rests on at least. */
function weakest(founded: readonly { readonly confidence: Confidence }[]): Confidence {
  return (
    founded
      .map(({ confidence }) => confidence)
      .sort()
      .at(-1) ?? 'D'
  );
}

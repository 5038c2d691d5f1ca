/** `petrify catalog`: what is known of images without running them. */
import { CONFIDENCE } from '../../catalogue/entry.ts';
import { searchCatalogue } from '../../catalogue/find.ts';
import { readCatalogue } from '../../catalogue/read.ts';
import { Failure } from '../../failure.ts';
import { renderCatalogue } from '../../report/catalogue-text.ts';
import { styleFor } from '../../report/style.ts';
import { EXIT_HOLDS } from '../exit-codes.ts';
import type { Io } from '../io.ts';

export interface CatalogOptions {
  readonly format: 'text' | 'json';
}

/** Prints all of it, or what a word finds. Throws Failure('bad-usage') where it finds nothing. */
export async function catalog(word: string | undefined, { format }: CatalogOptions, io: Io): Promise<number> {
  const found = searchCatalogue(word, readCatalogue());
  if (found.images.length === 0 && found.runtimes.length === 0) {
    throw new Failure('bad-usage', `The catalogue knows nothing of ${word}.`, {
      hint: 'petrify catalog lists it; petrify observe IMAGE --contribute makes an entry by running the image',
    });
  }
  io.out(
    format === 'json'
      ? `${JSON.stringify(found, null, 2)}\n`
      : renderCatalogue(found, CONFIDENCE, styleFor(io.colour.out)),
  );
  return EXIT_HOLDS;
}

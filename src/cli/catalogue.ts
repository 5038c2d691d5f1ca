/** Where nothing runs, the catalogue is all that there is. */
import { Failure } from '../failure.ts';

/** Throws Failure('bad-usage') where neither an engine nor the catalogue may be asked. */
export function requireCatalogue({ catalog }: { readonly catalog?: boolean }): void {
  if (catalog !== false) return;
  throw new Failure('bad-usage', 'With --engine none and --no-catalog there is nothing to tell from.', {
    hint: 'leave one of them out',
  });
}

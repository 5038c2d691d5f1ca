/** What every source of manifests gives, whatever it reads: a stream in a stable order. */
import type { ManifestText, Notice, Unreadable } from '../manifest/document.ts';

/** A text, something that could not be read, or something passed over on purpose. */
export type SourceItem =
  | { readonly text: ManifestText }
  | { readonly unreadable: Unreadable }
  | { readonly notice: Notice };

export type Source = AsyncIterable<SourceItem>;

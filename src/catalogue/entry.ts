/** What the catalogue knows: of images, of runtimes, and of the settings that make writing needless. */
import type { PathKind } from '../profile/evidence.ts';

/** How well a statement is founded, from best to least; `CONFIDENCE` says it in words. */
export type Confidence = 'A' | 'B' | 'C' | 'D';

export const CONFIDENCE: Readonly<Record<Confidence, string>> = {
  A: 'official documentation or a chart that runs this image read-only',
  B: 'a chart for another build of the image, or one that only mounts the path',
  C: 'reports of users, or a run of `petrify observe`',
  D: 'general knowledge',
};

/** A statement with what it rests on. */
export interface Founded {
  readonly confidence: Confidence;
  /** Documents, charts, issues; at least one. */
  readonly source: readonly string[];
}

/** A place that an image writes. */
export interface KnownPath extends Founded {
  /** Absolute and plain, as the image names it (`/var/run` is not yet `/run`). */
  readonly path: string;
  readonly kind: PathKind;
  readonly why: string;
  /** `file`: exactly this file is written, beside others that the image ships. Default: a directory. */
  readonly type?: 'file' | undefined;
  /** The image ships files there, which an empty volume would hide. */
  readonly shipsFiles?: boolean | undefined;
  /** Programs or libraries are loaded from here: a volume without execution breaks it. */
  readonly executed?: boolean | undefined;
  /** Written only in this case, which a plan does not assume. */
  readonly when?: string | undefined;
}

/** A setting of the application or its runtime with which it does not write there at all. */
export interface Knob extends Founded {
  /** `python-bytecode`: unique in the catalogue. */
  readonly id: string;
  /** Globs over canonical paths inside the container that it makes needless (see `coversPath`). */
  readonly paths: readonly string[];
  /** Globs that it makes needless too, but that others write as well: they alone are no reason for it. */
  readonly besides?: readonly string[] | undefined;
  readonly env?: { readonly name: string; readonly value: string; readonly append?: boolean | undefined } | undefined;
  /** Appended to the container's args; only for image families, whose program is known. */
  readonly args?: readonly string[] | undefined;
  /** Where it writes instead, which then must be writable. Absent: nowhere. */
  readonly movesTo?: string | undefined;
  /** One short sentence. */
  readonly because: string;
}

/** One image family: one file of `catalog/`. */
export interface CatalogueEntry {
  readonly image: string;
  /** Repositories without registry and tag: exact, `*\/name` for that name in any organisation, or `organisation/*`. */
  readonly names: readonly string[];
  readonly paths: readonly KnownPath[];
  /** Stated where nothing needs to be writable: no paths alone would not say so. */
  readonly writesNothing?: Founded | undefined;
  readonly knobs?: readonly Knob[] | undefined;
  readonly notes?: readonly string[] | undefined;
}

/** A runtime that lives in images of any name: one file of `catalog/runtimes/`. Its knobs are found by written paths. */
export interface RuntimeEntry {
  readonly runtime: string;
  readonly knobs: readonly Knob[];
  readonly notes?: readonly string[] | undefined;
}

/** Everything that is known. Entries by name of their files. */
export interface Catalogue {
  readonly images: readonly CatalogueEntry[];
  readonly runtimes: readonly RuntimeEntry[];
}

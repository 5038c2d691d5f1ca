/** A change that hardening makes to a manifest, with the reason that a reader of the diff will ask for. */
import type { Edit } from '../manifest/document.ts';

export interface Change extends Edit {
  /** One short sentence: the finding or the evidence behind it. */
  readonly because: string;
}

/** What a judgement may know of an image beyond its name; the manifest alone never has it. */

export interface ImageFacts {
  /** USER of the image configuration as written: `''`, `nginx`, `101`, `101:101`. Empty means uid 0. */
  readonly user: string;
  /** The uid behind a USER that is a name, where the image's own passwd file was read. */
  readonly uid?: number;
  /** Paths that the image declares with VOLUME. */
  readonly volumes: readonly string[];
}

/** What a judgement may know of an image beyond its name; the manifest alone never has it. */

export interface ImageFacts {
  /** USER of the image configuration as written: `''`, `nginx`, `101`, `101:101`. Empty means uid 0. */
  readonly user: string;
  /** Paths that the image declares with VOLUME. */
  readonly volumes: readonly string[];
}

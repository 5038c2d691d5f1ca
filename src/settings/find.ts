/** Where the settings file is: the one named, or petrify.yaml here or above, up to the root of the repository. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const SETTINGS_NAME = 'petrify.yaml';

/**
 * The nearest petrify.yaml from `folder` (absolute) up to the folder with `.git`; outside of a repository only the one in
 * `folder` itself, so that nobody's file in `/tmp` or a home decides. As a path relative to `folder`.
 */
export function findSettings(folder: string): string | undefined {
  let nearest: string | undefined;
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, SETTINGS_NAME);
    if (nearest === undefined && existsSync(file)) nearest = file;
    const isRoot = existsSync(join(at, '.git'));
    if (nearest !== undefined && (isRoot || dirname(nearest) === folder)) return relative(folder, nearest);
    if (isRoot || dirname(at) === at) return undefined;
  }
}

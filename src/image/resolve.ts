/** Follows an image's own symlinks, as the kernel would inside of the container. */
import type { PathStat } from '../engine/engine.ts';

/** As many symlinks as the kernel follows in one path. */
const MAX_SYMLINKS = 40;
/** Deepest path that is followed; PATH_MAX holds 2048 one-letter components, no real tree a tenth of that. */
const MAX_COMPONENTS = 256;

/** Resolves component by component, so that only the image's own links count and never the host's. */
export async function resolvePath(
  path: string,
  statOf: (path: string) => Promise<Pick<PathStat, 'type' | 'linkTarget'> | undefined>,
): Promise<string> {
  let pending = path.split('/');
  const done: string[] = [];
  let missing = false;
  for (let links = 0; pending.length > 0; ) {
    const part = pending.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      missing = false;
      continue;
    }
    const here = `/${[...done, part].join('/')}`;
    const stat: Pick<PathStat, 'type' | 'linkTarget'> | undefined =
      missing || done.length >= MAX_COMPONENTS ? undefined : await statOf(here);
    missing ||= stat === undefined;
    if (stat?.type === 'symlink' && stat.linkTarget !== undefined && links < MAX_SYMLINKS) {
      links++;
      if (stat.linkTarget.startsWith('/')) done.length = 0;
      pending = [...stat.linkTarget.split('/'), ...pending];
    } else {
      done.push(part);
    }
  }
  return `/${done.join('/')}`;
}

/** The one writable place that stands for all where an attack needs somewhere to put a file. */
import { type Target, WORKING_DIRECTORY, writablePlaces } from './target.ts';

/** A directory that the container may write, of those that its profile leaves open; undefined: there is none. */
export function scratchDirectory(target: Target): string | undefined {
  return scratches(target)[0];
}

type Found = { readonly path: string } | { readonly reason: string };

/** As `scratchDirectory`, on a mount without such an option (`noexec`, `nosuid`); else the reason why there is none. */
export function scratchWithout(target: Target, forbidden: readonly string[]): Found {
  const all = scratches(target);
  const optionsOf = (path: string) => target.mounts.findLast((mount) => mount.path === path)?.options ?? [];
  const path = all.find((one) => !optionsOf(one).some((option) => forbidden.includes(option)));
  if (path !== undefined) return { path };
  if (all.length === 0) return { reason: 'no writable place for a file' };
  return { reason: `every writable place is mounted ${forbidden.join(' or ')}` };
}

function scratches(target: Target): readonly string[] {
  // What only this container reaches by its working directory is reached by a path on the twin: nothing would be shown.
  const directories = writablePlaces(target).filter(
    ({ facts, mount }) => facts.kind === 'directory' && mount.writable && mount.path !== WORKING_DIRECTORY,
  );
  return directories.filter(({ gain }) => gain === 'residual').map(({ mount }) => mount.path);
}

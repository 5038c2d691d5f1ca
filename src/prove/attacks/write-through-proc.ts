/** Reach the root file system through links of /proc: the same mount under another path. */
import type { Attack } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

const LINKS = ['/proc/self/root', '/proc/1/root', '/proc/self/cwd'];

/**
 * Only where the link leads to this container's own root: process 1 may be another container's, or the host's, whose files
 * are not to be touched.
 */
function skipReason(target: Target, link: string): string | undefined {
  if (!target.paths.has(link)) return 'it may not be followed';
  return isDirectoryOnRoot(target, link) ? undefined : 'it does not lead to the root file system of this container';
}

const attack: Attack = {
  id: 'write-through-proc',
  title: 'Write to the root file system through /proc',
  family: 'files',
  technique: 'T1036',
  harmless: true,
  why: 'A guard that compares paths does not see that /proc/1/root/etc is /etc; a read-only mount does not care by which path.',
  looksAt: LINKS,
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const asked = LINKS.map((link) => ({ place: link, reason: skipReason(target, link) }));
    const below = isDirectoryOnRoot(target, '/etc') ? '/etc' : '';
    return {
      tries: asked
        .filter(({ reason }) => reason === undefined)
        .map(({ place }) => ({
          ...createFile(target, place.endsWith('/root') ? `${place}${below}` : place, '-proc'),
          place,
        })),
      skipped: asked.flatMap(({ place, reason }) => (reason === undefined ? [] : [{ place, reason }])),
    };
  },
};

export default attack;

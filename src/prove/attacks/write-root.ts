/** Create files on the root file system. */
import type { Attack } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { USUAL_DIRECTORIES, workingDirectory } from '../reconnaissance.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

/** At least so many places, where the image has them. */
const PLACES = 6;
/** Those that are always tried; `/tmp` because an image lets everybody write there. */
const ALWAYS = ['/', '/etc', '/usr/bin', '/var/lib', '/tmp'];

function placesIn(target: Target): readonly string[] {
  const home = ['/root', '/home'].filter((path) => isDirectoryOnRoot(target, path)).slice(0, 1);
  const application = workingDirectory(target) ?? target.entrypoint?.replace(/\/[^/]*$/, '') ?? '/';
  const first = [...ALWAYS, ...home, application].filter((path) => isDirectoryOnRoot(target, path));
  const more = USUAL_DIRECTORIES.filter((path) => isDirectoryOnRoot(target, path) && !first.includes(path));
  const places = new Set(first);
  for (const path of more) if (places.size < PLACES) places.add(path);
  return [...places];
}

const attack: Attack = {
  id: 'write-root',
  title: 'Write to the root file system',
  family: 'files',
  technique: 'T1036',
  harmless: true,
  why: 'A container that can be written to runs what somebody put there, not what was built, reviewed and signed.',
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const places = placesIn(target);
    const few = `the root file system has only ${places.length} of the usual directories`;
    return {
      tries: places.map((place) => createFile(target, place)),
      skipped: places.length < PLACES ? [{ place: 'more places', reason: few }] : [],
    };
  },
};

export default attack;

/** Where files are uploaded to from outside, and what an upload is there. */

import { arrivalNames } from './arrival.ts';
import { withOwn } from './asking.ts';
import type { ActedTry, Hands, Observed, Skip } from './attack.ts';
import { newName } from './dropping.ts';
import { CONTROL_MOUNT, isDirectoryOnRoot, type Target, writablePlaces } from './target.ts';

/** The first is one that an image lets everybody write to. */
const ON_ROOT = ['/tmp', '/var/tmp', '/etc', '/'];

/** One directory of the root file system, and one of a volume that may be written. */
export function uploadPlaces(target: Target): readonly { directory: string; gain: ActedTry['gain'] }[] {
  const root = ON_ROOT.find((path) => isDirectoryOnRoot(target, path));
  const isDeclared = (id: number) =>
    target.container.mounts.some(({ mountPath }) => target.paths.get(mountPath)?.mountId === id);
  const volume = writablePlaces(target).find(
    ({ facts, mount }) => facts.kind === 'directory' && mount.writable && isDeclared(mount.id),
  );
  return [
    ...(root === undefined ? [] : [{ directory: root, gain: 'succeeded' as const }]),
    ...(volume === undefined ? [] : [{ directory: volume.mount.path, gain: volume.gain }]),
  ];
}

/** Uploads into a directory of the container, under a name that only this try uses. */
export type Upload = (hands: Hands, path: string) => Promise<Observed>;

/** A try in each place, whose control is the same upload by Petrify itself into its own directory. */
export function uploads(target: Target, how: string, upload: Upload): ActedTry[] {
  return uploadPlaces(target).map(({ directory, gain }) => {
    const path = newName(target, directory, `-${how}`);
    return {
      place: `${how}:${directory}`,
      gain,
      makes: arrivalNames(path),
      act: (hands) => upload(hands, path),
      harmlessly: (hands) => upload(withOwn(hands), newName(target, CONTROL_MOUNT, `-${how}`)),
    };
  });
}

/** Where there is no place at all. */
export function unlessPlaces(target: Target): readonly Skip[] {
  return uploadPlaces(target).length > 0 ? [] : [{ place: '', reason: 'no directory to upload into is known' }];
}

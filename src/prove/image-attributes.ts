/** The shape of attacks on what a file is, not on what it says: its permissions, its owner, its attributes. */
import type { Attack, ProbeTry } from './attack.ts';
import { directoriesOnRoot, INERT_FILES, inertFiles, isWithoutSetId, planOf } from './image-files.ts';
import type { PathFacts, Target } from './target.ts';

/** `/` is there in every image, whatever else is not. */
const DIRECTORIES = ['/', '/usr/bin'];

/** On an inert file and on directories: to change a directory of programs changes who may put programs there. */
export function attributeAttack(
  about: Pick<Attack, 'id' | 'title' | 'technique' | 'why'>,
  change: (target: Target, path: string, facts: PathFacts) => Omit<ProbeTry, 'place' | 'gain'>,
): Attack {
  return {
    ...about,
    family: 'files',
    harmless: false,
    looksAt: INERT_FILES,
    stoppedBy: ['read-only-root-filesystem'],
    plan(target) {
      const directories = directoriesOnRoot(target, DIRECTORIES, DIRECTORIES.length);
      const paths = [
        ...directories.filter((path) => isWithoutSetId(target.paths.get(path)!)),
        ...inertFiles(target, 1).map(({ path }) => path),
      ];
      const tries = paths.map(
        (path): ProbeTry => ({ place: path, gain: 'succeeded', ...change(target, path, target.paths.get(path)!) }),
      );
      return planOf(tries, 'the root is a volume');
    },
  };
}

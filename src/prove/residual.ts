/** What stays open in a container: the places and techniques that the attacks found, whatever the manifest says. */
import type { Residual } from '../profile/profile.ts';
import type { WritableVolume } from '../workload/surface.ts';
import type { Attack, Observed, Try } from './attack.ts';
import { type Target, writablePlaces } from './target.ts';

/** What came of one try of one attack. */
export interface Result {
  readonly attack: Attack;
  readonly try: Try;
  readonly observed: Observed;
}

/** The attacks whose success is a place, with the reason where the mount table does not tell it. */
const PLACE_ATTACKS: Readonly<Record<string, string>> = {
  'drop-and-run': 'a writable mount',
  'write-dev': 'the memory file system for devices: uid 0 may write and execute there',
  'write-hosts': 'mounted by the kubelet: uid 0 may write it',
};

/** The attacks whose success is a technique. */
const TECHNIQUES: Readonly<Record<string, Pick<Residual, 'what' | 'why'>>> = {
  'run-from-memory': {
    what: 'memfd',
    why: 'a process can execute an anonymous file in memory; no field of a pod prevents it',
  },
  'run-script': {
    what: 'interpreter',
    why: 'the shell of the image runs a script from any writable place, also from one that is noexec',
  },
};

/** What the container cannot write itself, and another one that runs at the same time can. */
export function writtenElsewhere(writable: readonly WritableVolume[]): readonly Residual[] {
  return writable.flatMap(({ path, volume, kind, executable, writtenBy }): Residual[] => {
    if (writtenBy === null) return [];
    const why = `volume ${volume} (${kind ?? 'undeclared'}) is read-only here and written by container ${writtenBy}`;
    return [{ what: path, kind: 'volume', executable, why }];
  });
}

/** Every place that was really written to and every technique that worked, in the order of the attacks. */
export function residualOf(target: Target, results: readonly Result[]): readonly Residual[] {
  const places = new Map(writablePlaces(target).map((place) => [place.mount.path, place]));
  return results.flatMap(({ attack, try: { place }, observed }): Residual[] => {
    if (observed.result !== 'won') return [];
    const technique = TECHNIQUES[attack.id];
    if (technique !== undefined) return [{ ...technique, kind: 'technique', executable: true }];
    const why = PLACE_ATTACKS[attack.id];
    if (why === undefined) return [];
    const known = places.get(place);
    const executable = observed.executed ?? false;
    return [{ what: place, kind: known?.kind ?? 'kernel-interface', executable, why: known?.why ?? why }];
  });
}

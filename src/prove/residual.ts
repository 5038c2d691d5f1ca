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
    const { opens } = attack;
    if (opens === undefined) return [];
    if (opens.kind === 'technique') {
      const why = observed.by === undefined ? opens.why : `${opens.why} (done by ${observed.by})`;
      return [{ what: opens.what, kind: 'technique', executable: opens.executes ?? true, why }];
    }
    const known = places.get(place);
    const executable = observed.executed ?? false;
    return [{ what: place, kind: known?.kind ?? 'kernel-interface', executable, why: known?.why ?? opens.why }];
  });
}

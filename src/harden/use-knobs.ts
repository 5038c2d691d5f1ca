/** Chooses the settings that spare a container volumes: those that can be set, that together save one, and no more. */
import type { Catalogue, Knob } from '../catalogue/entry.ts';
import { chooseKnobs, coversPath, knobsFor } from '../catalogue/knobs.ts';
import { type KnobImage, knobChanges } from '../plan/knobs.ts';
import type { Evidence } from '../profile/evidence.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { canonicalPath, type ImageLayout, parentOf } from '../profile/placement.ts';
import type { Container } from '../workload/workload.ts';

export interface KnobsInUse {
  /** In the order in which they were chosen. */
  readonly knobs: readonly Knob[];
  /** What needs a place all the same: what no knob makes needless, and where knobs move writes to. */
  readonly evidence: readonly Evidence[];
  /** Why knobs of paths that still need a place cannot be set, one sentence each. */
  readonly refused: readonly string[];
}

/**
 * @param image its name, as the manifest has it, and what it sets itself
 * @param known what was seen to be written, or refused
 * @param catalogue another one than the embedded, for tests
 */
export function useKnobs(
  container: Container,
  image: { readonly name: string; readonly config: KnobImage },
  { evidence, layout }: { readonly evidence: readonly Evidence[]; readonly layout: ImageLayout },
  catalogue?: Catalogue,
): KnobsInUse {
  const paths = evidence.map((piece) => canonicalPath(piece, layout));
  const known = knobsFor(image.name, paths, catalogue);
  const reasons = new Map(known.map((knob) => [knob, knobChanges(container, knob, image.config).refused]));
  const possible = known.filter((knob) => reasons.get(knob) === undefined);
  const volumes = (knobs: readonly Knob[]) =>
    mergeEvidence(remaining(evidence, paths, knobs), layout, container.mounts).length;
  let knobs: readonly Knob[] = chooseKnobs(possible, paths);
  // A setting that changes nothing of the mounts is only one more line. The last chosen does the least.
  for (const knob of [...knobs].reverse()) {
    const without = knobs.filter((one) => one !== knob);
    if (volumes(without) <= volumes(knobs)) knobs = without;
  }
  // Each may save one that the others bring about by moving writes elsewhere: together they must save one.
  if (volumes(knobs) >= volumes([])) knobs = [];
  const open = paths.filter((path) => !knobs.some((knob) => coversPath(knob, path)));
  const refused = known.flatMap((knob) => {
    const reason = reasons.get(knob);
    return reason !== undefined && open.some((path) => coversPath(knob, path)) ? [reason] : [];
  });
  return { knobs, evidence: remaining(evidence, paths, knobs), refused: [...new Set(refused)] };
}

function remaining(evidence: readonly Evidence[], paths: readonly string[], knobs: readonly Knob[]): Evidence[] {
  const within = Map.groupBy(paths.keys(), (index) => parentOf(paths[index] ?? ''));
  /** A directory in which nothing is left to write needs not be made either; deeper than a path is long it never goes. */
  function isNeedless(index: number): boolean {
    const path = paths[index] ?? '';
    if (knobs.some((knob) => coversPath(knob, path))) return true;
    const inside = path !== '/' && isFrame(evidence[index]!) ? (within.get(path) ?? []) : [];
    return inside.length > 0 && inside.every(isNeedless);
  }
  const needed = knobs.length === 0 ? evidence : evidence.filter((_, index) => !isNeedless(index));
  const moved = knobs.flatMap(({ movesTo, id, because }): Evidence[] =>
    movesTo === undefined
      ? []
      : [
          {
            collector: 'catalogue',
            path: movesTo,
            what: 'declared',
            type: 'directory',
            kind: 'scratch',
            detail: `${id}: ${because}`,
          },
        ],
  );
  return [...needed, ...moved];
}

/** A directory that was made, or that the engine lists as changed because files came and went in it. */
function isFrame({ collector, what, type }: Evidence): boolean {
  if (what === 'attributes') return collector === 'engine-changes';
  return what === 'mkdir' || (what === 'create' && type === 'directory');
}

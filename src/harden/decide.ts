/** From where a container stands and what is known of it to what the plan is asked for. */
import type { Knob } from '../catalogue/entry.ts';
import { coversPath, knobsFor } from '../catalogue/knobs.ts';
import { tcpPorts } from '../observe/exercise.ts';
import type { ContainerObservation } from '../observe/observe.ts';
import type { ContainerDecision } from '../plan/plan.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { canonicalPath } from '../profile/placement.ts';
import type { Container } from '../workload/workload.ts';
import { type ContainerKnowledge, canReach } from './knowledge.ts';
import { identityOf, type Standing } from './standing.ts';

/** What the plan is asked to do for one container. */
export function decide(
  container: Container,
  seen: ContainerObservation,
  { evidence, layout }: ContainerKnowledge,
  standing: Standing,
  catalogue: boolean,
): ContainerDecision {
  const identity = identityOf(standing);
  const user = identity.user ?? seen.user;
  const knobs = catalogue && standing.knobs === 'used' ? usefulKnobs(container, seen, { evidence, layout }) : [];
  const needed = evidence.filter((piece) => !knobs.some((knob) => coversPath(knob, canonicalPath(piece, layout))));
  const writable = mergeEvidence(needed, layout, container.mounts).filter(({ path }) => canReach(layout, path, user));
  return {
    identity,
    writable,
    ports: [...tcpPorts(container, seen.image.ports), ...seen.listening],
    shipped: (path) => layout.directory(path),
    directories: standing.directories,
    code: standing.code,
    tools: seen.tools,
    knobs,
    image: seen.image.config,
  };
}

/** Those that save a volume: a setting that changes nothing of the mounts is only one more line. */
function usefulKnobs(
  container: Container,
  seen: ContainerObservation,
  { evidence, layout }: ContainerKnowledge,
): readonly Knob[] {
  const all = mergeEvidence(evidence, layout, container.mounts);
  const paths = evidence.map((piece) => canonicalPath(piece, layout));
  return knobsFor(seen.image.name, paths).filter((knob) => {
    const without = evidence.filter((piece) => !coversPath(knob, canonicalPath(piece, layout)));
    return mergeEvidence(without, layout, container.mounts).length < all.length;
  });
}

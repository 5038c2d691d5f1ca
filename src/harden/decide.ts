/** From where a container stands and what is known of it to what the plan is asked for. */

import { workingDirectoryOf } from '../image/working-directory.ts';
import { tcpPorts } from '../observe/exercise.ts';
import type { ContainerObservation } from '../observe/observe.ts';
import type { ContainerDecision } from '../plan/plan.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { isBelow, plainPath } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';
import type { Container } from '../workload/workload.ts';
import { type ContainerKnowledge, canReach } from './knowledge.ts';
import { identityOf, type Standing } from './standing.ts';
import { useKnobs } from './use-knobs.ts';

/** Where relative names lead instead; no image has it. */
const WORKING_DIRECTORY = '/petrify-work';

/** What was written directly into the working directory, in one of its own. */
function movedFrom(workingDirectory: string, writable: WritablePath): WritablePath {
  const { path, kind, bytes, evidence } = writable;
  return path === workingDirectory ? { path: WORKING_DIRECTORY, kind, bytes, evidence, shippedFiles: 0 } : writable;
}

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
  const { knobs, evidence: needed } =
    catalogue && standing.knobs === 'used'
      ? useKnobs(container, seen.image, { evidence, layout })
      : { knobs: [], evidence };
  const merged = mergeEvidence(needed, layout, container.mounts).filter(
    // What an earlier trial wrote there is no path of its own.
    ({ path }) => canReach(layout, path, user) && !isBelow(path, WORKING_DIRECTORY),
  );
  const moves = standing.workingDirectory === 'volume';
  const writable = moves
    ? merged.map((path) => movedFrom(plainPath(workingDirectoryOf(container, seen.image.config)), path))
    : merged;
  return {
    identity,
    runsAs: user,
    writable,
    ports: [...tcpPorts(container, seen.image.ports), ...seen.listening],
    shipped: (path) => layout.directory(path),
    // Without a volume there would be no such directory.
    ...(writable.some(({ path }) => path === WORKING_DIRECTORY) ? { workingDirectory: WORKING_DIRECTORY } : {}),
    leftovers: standing.leftovers,
    directories: standing.directories,
    code: standing.code,
    tools: seen.tools,
    knobs,
    image: seen.image.config,
  };
}

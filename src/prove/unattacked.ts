/** What a proof says of the containers of a pod that are not attacked, because they do not run when the others do. */
import type { ContainerVerdict } from '../controls/verdict.ts';
import type { ImageConfig } from '../engine/engine.ts';
import type { ContainerRole, Workload } from '../workload/workload.ts';
import { basisOf } from './basis.ts';
import type { Proof } from './proof.ts';
import { provenImage } from './running-images.ts';

export interface Unattacked {
  readonly bystanders: Proof['bystanders'];
  /** Each with what its specification makes of it. */
  readonly notAttempted: Proof['notAttempted'];
  /** Those that are worse than immutable, one sentence each: they keep the pod's proofs from `proven`. */
  readonly reasons: readonly string[];
}

const WHY: Partial<Record<ContainerRole, string>> = {
  init: 'it had ended before the attacks began',
  ephemeral: 'it is not started',
};

/** `verdicts` are those of the containers that are not attacked. */
export function unattackedOf(
  workload: Workload,
  verdicts: readonly ContainerVerdict[],
  images: ReadonlyMap<string, ImageConfig>,
): Unattacked {
  const said = verdicts.map(({ container, verdict }) => ({
    id: `${container.role} container ${container.name}`,
    reason: `${WHY[container.role] ?? 'it does not run'}; by its specification it is ${verdict}`,
    verdict,
  }));
  const worse = said.filter(({ verdict }) => verdict !== 'immutable');
  return {
    bystanders: verdicts.map(({ container, verdict }) => ({
      name: container.name,
      role: container.role,
      verdict,
      image: provenImage(container, images),
      ...basisOf(workload, container),
    })),
    notAttempted: said.map(({ id, reason }) => ({ id, reason })),
    reasons: worse.map(({ id, verdict }) => `The ${id} was not attacked, and by its specification it is ${verdict}.`),
  };
}

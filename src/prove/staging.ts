/** What a proof needs of where it is made: contract only. A sandbox, a throw-away namespace and a pod that serves are three. */
import type { ImageConfig } from '../engine/engine.ts';
import type { PodOutcome } from '../engine/pod.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Family, Try } from './attack.ts';
import type { Attacked } from './campaign.ts';
import type { PositiveControls } from './positive.ts';
import type { Architecture } from './probe/syscalls.ts';
import type { Proof } from './proof.ts';
import type { Surface } from './writability.ts';

export interface Stage {
  readonly workload: Workload;
  /** `sandbox: podman 4.3.1 on Linux 6.18`. */
  readonly where: string;
  readonly environment: Proof['environment'];
  readonly architecture: Architecture;
  readonly outcome: PodOutcome;
  /** What of the manifest is not here as its own cluster would have it, one sentence each. */
  readonly differences: readonly string[];
  /** Why what holds here does not show that it holds there, one sentence each: nothing is proven then. */
  readonly doubts: readonly string[];
  /** Families that cannot be attempted here, and why. */
  readonly without: ReadonlyMap<Family, string>;
  /** Whether Petrify's own mount holds more than probes: a package repository, programs of its own. */
  readonly ownFiles: boolean;
  /** Whether something fresh and empty stands in for volumes that come from elsewhere. */
  readonly standIns: boolean;
  /**
   * An attack that was refused and that nothing showed to work at all: where a twin could show each, it keeps the
   * container from `proven` (`doubted`); where none may run, it is named beside the verdict (`named`).
   */
  readonly uncontrolled: 'doubted' | 'named';
  /** What is known of the images that really run, by the name that the manifest writes. */
  images(): Promise<ReadonlyMap<string, ImageConfig>>;
  /** Reads back who one is and what is really mounted; a string says why nobody can be in it. */
  enter(container: Container, image: ImageConfig | undefined): Promise<Attacked | string>;
  /** What shows that an attack would succeed otherwise; a string says why there is nothing that does. */
  controls(own: Attacked, image: ImageConfig | undefined): Promise<PositiveControls | string>;
  /** What can still be written, found by trying. */
  surface(own: Attacked): Promise<Surface>;
  /** What attempts that were not refused have left, where that is seen otherwise than by the probe. */
  readonly traces?: (own: Attacked, tries: readonly Try[]) => Promise<readonly string[]>;
}

export const UNKNOWN_REASON = 'the reason is not known';

/** Why nobody can be in a container. */
export function notRunning(status: string, exitCode: number | undefined): string {
  return `the container does not run (${status}, exit code ${exitCode ?? 'unknown'})`;
}

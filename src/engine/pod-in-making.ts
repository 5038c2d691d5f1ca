/** A pod while it is being put together: what its containers share, and what was made so far. */
import type { Container, Workload } from '../workload/workload.ts';
import type { MemoryBound } from './bounds.ts';
import type { Configuration } from './configuration.ts';
import type { ContainerRequest, Engine, IdRange, ImageConfig } from './engine.ts';
import type { PodFacts } from './environment.ts';
import type { PodOptions, RunningContainer } from './pod.ts';
import type { PodGuard } from './pod-guard.ts';
import type { PodVolumes } from './volumes.ts';

export interface PodInMaking {
  readonly engine: Engine;
  readonly workload: Workload;
  readonly options: PodOptions;
  /** Unique on the engine: the prefix of every name. */
  readonly id: string;
  readonly directory: string;
  readonly hostname: string;
  /** Names of the services of the input that stand before it. */
  readonly services: readonly string[];
  readonly images: ReadonlyMap<string, ImageConfig>;
  readonly configuration: Configuration;
  readonly volumes: PodVolumes;
  readonly facts: PodFacts;
  /** The pause container's, which all join. */
  readonly network: ContainerRequest['network'];
  readonly pidOf: string | undefined;
  /** The pause container's, too; undefined: the host's. */
  readonly userNamespace: ContainerRequest['userNamespace'];
  /** The ids of the host that stand for those of that user namespace. */
  readonly ids: IdRange | undefined;
  readonly address: string | undefined;
  readonly differences: string[];
  readonly guard: PodGuard;
  /** What each container may use at most. */
  readonly memoryOf: (container: Container) => MemoryBound;
  readonly cpus: number | undefined;
  readonly started: RunningContainer[];
  /** Everything created, to be removed in reverse. */
  readonly created: string[];
}

/** Where pods run: an engine's sandbox, or a throw-away namespace of a cluster. Contract only. */
import type { EngineInfo } from '../engine/engine.ts';
import type { PodOptions, RunningPod } from '../engine/pod.ts';
import type { Image } from '../image/config.ts';
import type { ImageTree } from '../image/layout.ts';
import type { Workload } from '../workload/workload.ts';

export interface HostInfo extends Omit<EngineInfo, 'name'> {
  readonly name: EngineInfo['name'] | 'kubernetes';
}

export interface PodHost {
  readonly info: HostInfo;
  /** For a sentence about a result: "in a Podman 4.3.1 sandbox"; what works in one place need not work in another. */
  readonly where: string;
  /** As `where`, as exactly as a run is found: "in the cluster staging, namespace petrify-…". */
  placeOf(run: string): string;
  /**
   * Reads an image by the name that a manifest gives it, fetching it where it is missing and `mayPull` is not false.
   * Throws Failure('image-missing') with the registry's reason.
   */
  image(name: string, options: ImageOptions): Promise<Image>;
  /** Opens an image's file tree; where nobody can look into it, one that says why (`unreadable`). */
  openTree(image: Image, run: string): Promise<ImageTree>;
  /** As `runPod` in `engine/sandbox.ts`: starts the pod and waits until it is ready or cannot become so. */
  runPod(workload: Workload, options: PodOptions): Promise<RunningPod>;
  /** Removes everything of a run. Throws Failure, naming what resists. */
  removeRun(run: string): Promise<void>;
  /** Removes what crashed runs have left. */
  removeLeftovers(): Promise<readonly string[]>;
}

export interface ImageOptions {
  readonly run: string;
  readonly mayPull?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Whose pull secrets may be used, and the documents that hold them. */
  readonly workload?: Workload;
  readonly documents?: readonly unknown[];
}

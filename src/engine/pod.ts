/** Runs a workload's pod on an engine as Kubernetes would: contract only; see `sandbox.ts` for the doing. */
import type { Container, Workload } from '../workload/workload.ts';
import type { Bind, ContainerState, Engine, ExecResult, FilesystemChange } from './engine.ts';

/** How the pod differs from its manifest for one run: an observation, a trial, an attack, a weakened twin. */
export interface PodOptions {
  readonly run: string;
  /** Other documents of the same input: ConfigMaps and Secrets are taken from them. */
  readonly documents: readonly unknown[];
  /** Extra read-only binds in every container (the probe, a local package repository). */
  readonly extraBinds?: readonly Bind[];
  /** Called with the pid of each container that is initialised but has not run its first instruction. */
  readonly onInitialised?: (container: RunningContainer, pid: number) => Promise<void>;
  /**
   * `withheld` (the default): no container gets what reaches the host (privileged, `procMount: Unmasked`, capabilities
   * beyond containerd's own set), and `differences` says so. `as-written` is for a proof, which must run what is written.
   */
  readonly hostPrivileges?: 'as-written' | 'withheld';
  /** Ports below 1024 for everybody: as containerd 2 has it (the default), or as a node has it that does not allow them. */
  readonly lowPorts?: 'runtime-default' | 'closed';
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

export interface RunningContainer {
  readonly container: Container;
  readonly id: string;
  /** Host directories behind the container's volumes: mount path to host directory. */
  readonly volumes: ReadonlyMap<string, string>;
}

export interface PodOutcome {
  readonly ready: boolean;
  /** Why it is not ready: one sentence ("container nginx exited with code 1"). */
  readonly reason: string | undefined;
  /** Milliseconds from start to ready. */
  readonly readyMs: number | undefined;
}

/** A pod that runs. `stop` sends SIGTERM and waits; `remove` takes everything away and never throws. */
export interface RunningPod {
  readonly workload: Workload;
  readonly engine: Engine;
  readonly containers: readonly RunningContainer[];
  readonly outcome: PodOutcome;
  /** The address at which the host reaches the pod's ports; undefined: it cannot. */
  readonly address: string | undefined;
  /** What of the manifest the sandbox could not give as Kubernetes would, each one sentence. */
  readonly differences: readonly string[];
  logs(container: RunningContainer): Promise<string>;
  state(container: RunningContainer): Promise<ContainerState>;
  changes(container: RunningContainer): Promise<readonly FilesystemChange[]>;
  exec(
    container: RunningContainer,
    command: readonly string[],
    options?: { stdin?: Buffer; timeoutMs?: number },
  ): Promise<ExecResult>;
  /** Sends a signal to the container's first process; nothing where it has ended. */
  signal(container: RunningContainer, name: string): Promise<void>;
  stop(graceSeconds: number): Promise<void>;
  /**
   * Starts every container that has ended again, as the kubelet does: their volumes stay, what they logged stays. Init
   * containers have done their work and are not run again.
   */
  restart(): Promise<PodOutcome>;
  remove(): Promise<void>;
}

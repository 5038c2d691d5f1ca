/** A pod that runs somewhere: contract only; `sandbox.ts` runs one on an engine, the room `host` one in a cluster. */
import type { Container, Workload } from '../workload/workload.ts';
import type { Bind, ContainerState, Engine, ExecResult, FilesystemChange, PathStat } from './engine.ts';

/** How the pod differs from its manifest for one run: an observation, a trial, an attack, a weakened twin. */
export interface PodOptions {
  readonly run: string;
  /** Other documents of the same input: ConfigMaps and Secrets are taken from them. */
  readonly documents: readonly unknown[];
  /** Extra read-only binds in every container (the probe, a local package repository). */
  readonly extraBinds?: readonly Bind[];
  /**
   * Called with the pid of each container that is initialised but has not run its first instruction, and the way to ask
   * what differs by then. Not called where a container cannot be stopped at that moment (Docker, a cluster).
   */
  readonly onInitialised?: (
    container: RunningContainer,
    pid: number,
    changes: () => Promise<readonly FilesystemChange[]>,
  ) => Promise<void>;
  /**
   * `withheld` (the default): no container gets what reaches the host (privileged, `procMount: Unmasked`, capabilities
   * beyond containerd's own set), and `differences` says so. `as-written` is for a proof, which must run what is written.
   */
  readonly hostPrivileges?: 'as-written' | 'withheld';
  /** Ports below 1024 for everybody: as containerd 2 has it (the default), or as a node has it that does not allow them. */
  readonly lowPorts?: 'runtime-default' | 'closed';
  /** Volumes, by name, whose hostPath is really given; absent: none, something empty stands in for each. */
  readonly hostPaths?: readonly string[];
  /** Namespaces of the host that are really given where the manifest asks for them; absent: none. */
  readonly hostNamespaces?: readonly HostNamespace[];
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

export type HostNamespace = 'network' | 'pid' | 'ipc';

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

/** An address of this machine's network. */
export interface Reached {
  readonly host: string;
  readonly port: number;
}

/** A pod that runs. `stop` sends SIGTERM and waits; `remove` takes everything away and never throws. */
export interface RunningPod {
  readonly workload: Workload;
  readonly containers: readonly RunningContainer[];
  readonly outcome: PodOutcome;
  /** The address at which the host reaches the pod's ports; undefined: it cannot. */
  readonly address: string | undefined;
  /** What of the manifest could not be given as the workload's own cluster would, each one sentence. */
  readonly differences: readonly string[];
  /** Of these, what was withheld because it reaches the host: it is another pod then. Absent: nothing. */
  readonly withheld?: readonly string[];
  logs(container: RunningContainer): Promise<string>;
  state(container: RunningContainer): Promise<ContainerState>;
  /** What differs from the image's own files now. Throws where nobody can say, with the reason. */
  changes(container: RunningContainer): Promise<readonly FilesystemChange[]>;
  /** What `changes` never sees here; undefined: only what was removed again in between. */
  readonly changesMiss?: string;
  /** undefined: no such path. Does not follow a symlink at the end. */
  stat(container: RunningContainer, path: string): Promise<PathStat | undefined>;
  /** Where a TCP port of the pod is found from here; undefined: it cannot be reached. What refuses there refuses here. */
  reach(port: number): Promise<Reached | undefined>;
  /** TCP ports that the pod's network listens on, ascending; none where that cannot be seen. */
  listening(container: RunningContainer): Promise<readonly number[]>;
  exec(
    container: RunningContainer,
    command: readonly string[],
    options?: { stdin?: Buffer; timeoutMs?: number },
  ): Promise<ExecResult>;
  /** Sends a signal to the container's first process; nothing where it has ended. */
  signal(container: RunningContainer, name: string): Promise<void>;
  stop(graceSeconds: number): Promise<void>;
  /** Whether a pod that was stopped can be started again on its volumes; in a cluster they go with it. */
  readonly restartable: boolean;
  /**
   * Starts every container that has ended again, as the kubelet does: their volumes stay, what they logged stays. Init
   * containers have done their work and are not run again.
   */
  restart(): Promise<PodOutcome>;
  remove(): Promise<void>;
}

/** A pod in an engine's sandbox, whose engine can be asked for more. */
export interface SandboxPod extends RunningPod {
  readonly engine: Engine;
}

/** The engine port: the few things that Petrify needs of whatever runs containers. Podman and Docker implement it. */

/** Every container, network and volume that Petrify makes carries this label; its value is the run's id. */
export const RUN_LABEL = 'petrify.dev/run';

/** How much of a container's log is kept: the last 4 MiB, far more than a start-up writes. */
export const LOG_LIMIT_BYTES = 4 * 1024 * 1024;

export interface EngineInfo {
  readonly name: 'podman' | 'docker';
  readonly version: string;
  /** How it was reached, e.g. `unix:///run/podman/podman.sock`. */
  readonly address: string;
  /** The engine's containers live on this machine and this process is root: host paths and kernel events can be used. */
  readonly local: boolean;
  /** What starts its containers, `runc`; absent: not known. */
  readonly runtime?: string;
}

/** A bind of a host path. Always literal: no copy-up, no creation of the source. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/**
 * A tmpfs mount with its literal options (`mode=1777`, `size=64m`, `exec` …); empty when mounted, nothing copied up.
 * Where the image has a directory at the target, runc takes that directory's mode, whatever the options say.
 */
export interface Tmpfs {
  readonly target: string;
  readonly options: readonly string[];
}

/** Consecutive ids of the host, users and groups alike, that are 0, 1, 2 … in a user namespace. */
export interface IdRange {
  readonly first: number;
  readonly size: number;
}

/** What a container is made of: literal, no engine's defaults. The pod semantics above this port decide the values. */
export interface ContainerRequest {
  readonly name: string;
  readonly image: string;
  /** undefined: the image's own ENTRYPOINT / CMD. */
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  /** `uid` or `uid:gid` or a name; undefined: the image's USER. */
  readonly user: string | undefined;
  readonly groups: readonly number[];
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  /** Exactly the bounding set, names without CAP_; never made ambient. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined';
  /** Without a value the engine's own profile, where the host has AppArmor at all. */
  readonly appArmor?: 'unconfined';
  readonly unmaskedProc: boolean;
  readonly binds: readonly Bind[];
  readonly tmpfs: readonly Tmpfs[];
  /** Only for the container that owns the network namespace. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Join this container's network (and IPC, UTS) namespaces, or own a fresh one on that network. */
  readonly network:
    | { readonly join: string }
    | { readonly name: string; readonly aliases: readonly string[] }
    | 'none'
    | 'host';
  /** Join this container's process namespace. */
  readonly pidOf: string | undefined;
  /** A user namespace of its own, or this container's; absent: the host's. Only Podman has them. */
  readonly userNamespace?: IdRange | { readonly join: string } | undefined;
  readonly hostname: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly memoryBytes: number | undefined;
  readonly pidsLimit: number;
  /** Processors that it may keep busy, 1.5; absent: all. Not sent where the host cannot bound them. */
  readonly cpus?: number | undefined;
  /** The host's own namespaces; only where a user has allowed them by name. */
  readonly hostNamespaces?: readonly ('pid' | 'ipc')[];
  /** `hidden`: the image's VOLUMEs are not mounted, so that its own files show. Only for looking into a container. */
  readonly imageVolumes?: 'hidden';
}

export interface ContainerState {
  readonly status: 'created' | 'running' | 'exited';
  readonly exitCode: number | undefined;
  /** The first process, seen from the engine's host; 0 when not running. */
  readonly pid: number;
  readonly ipAddress: string | undefined;
  readonly imageId: string;
  /** How often it was started anew after it had ended; undefined where nobody does that (a sandbox). */
  readonly restarts?: number;
  /** A process of it was killed because it used more memory than it may. */
  readonly outOfMemory?: boolean;
  /** Files and directories of the engine's machine that grow with what it writes: its layer, its own volumes, its log. */
  readonly writesTo?: readonly string[];
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface FilesystemChange {
  readonly path: string;
  /** `opened`: for writing, and nothing of it has changed yet; engines' own lists do not have it. */
  readonly kind: 'modified' | 'added' | 'deleted' | 'opened';
}

export interface ImageConfig {
  readonly id: string;
  readonly digests: readonly string[];
  readonly user: string;
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly exposedPorts: readonly string[];
}

export interface PathStat {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly size: number;
  /** Absolute and resolved, as engines answer it; undefined: no symlink. */
  readonly linkTarget: string | undefined;
}

export interface Engine {
  readonly info: EngineInfo;
  image(name: string): Promise<ImageConfig | undefined>;
  /** Names of all images that the engine has, each as its registry knows it (`docker.io/library/nginx:1`), sorted. */
  imageNames(): Promise<readonly string[]>;
  /** Returns false where the registry cannot be reached or does not have it, with the reason. */
  pull(name: string, signal?: AbortSignal): Promise<{ ok: true } | { ok: false; reason: string }>;
  create(request: ContainerRequest): Promise<string>;
  /**
   * Makes the namespaces and mounts and gives the pid that will become the application, without running it.
   * undefined: this engine cannot (Docker).
   */
  init(id: string): Promise<number | undefined>;
  start(id: string): Promise<void>;
  state(id: string): Promise<ContainerState>;
  /** Resolves with the exit code once the container has ended. */
  wait(id: string, signal?: AbortSignal): Promise<number>;
  /** Everything logged so far, stdout and stderr in order, bounded to `LOG_LIMIT_BYTES` (the last ones are kept). */
  logs(id: string): Promise<string>;
  changes(id: string): Promise<readonly FilesystemChange[]>;
  exec(
    id: string,
    command: readonly string[],
    options?: { user?: string; stdin?: Buffer; timeoutMs?: number; privileged?: boolean },
  ): Promise<ExecResult>;
  /** undefined: no such path. Does not follow a symlink at the end. Works on a created, never started container. */
  stat(id: string, path: string): Promise<PathStat | undefined>;
  /**
   * Where on this machine the files of a created container are mounted until it is removed; never for one that runs
   * what is not trusted. undefined, or missing: not to be had as files.
   */
  mounted?(id: string): Promise<string | undefined>;
  /** A tar stream of all of its files with their true owners; missing where `copyOut` has those already (Docker). */
  exported?(id: string): Promise<NodeJS.ReadableStream>;
  /** A tar stream of `path`. The owners in it are not to be relied on. */
  copyOut(id: string, path: string): Promise<NodeJS.ReadableStream>;
  /** Unpacks a tar into the directory `path`; the engine's own way in, whatever it answers. Throws Failure when refused. */
  copyIn(id: string, path: string, tar: Buffer): Promise<void>;
  kill(id: string, signal: string): Promise<void>;
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Removes a container and its anonymous volumes, running or not; nothing if it is gone. */
  remove(id: string): Promise<void>;
  /** An internal network: no route out. Returns its name. */
  createNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<string>;
  removeNetwork(name: string): Promise<void>;
  /** Containers and networks that carry RUN_LABEL (with this value, when given), newest first. */
  labelled(run?: string): Promise<{ containers: readonly string[]; networks: readonly string[] }>;
  /** The values of RUN_LABEL on everything that carries it. */
  runs(): Promise<readonly string[]>;
}

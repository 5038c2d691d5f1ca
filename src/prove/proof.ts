/** The shape of a proof: what was tried on a running container, and what came of it. */
import type { SpecVerdict } from '../controls/control.ts';
import type { Residual } from '../profile/profile.ts';
import type { Family } from './attack.ts';
import type { Layer } from './layer.ts';

export type Outcome = 'blocked' | 'residual' | 'succeeded' | 'unknown';

/** One attempt of the proof: what was tried on the running container and what came of it. */
export interface Attempt {
  /** The attack's id, with the place where there are several: `write-root:/etc`. */
  readonly id: string;
  readonly title: string;
  /** The id in MITRE ATT&CK's matrix for containers. */
  readonly technique: string;
  readonly family: Family;
  readonly outcome: Outcome;
  /** `EROFS`, `EACCES`, `EPERM` …; null where nothing was refused. */
  readonly errno: string | null;
  /** What stood in the way; null where nothing was refused, or where that is not known. */
  readonly layer: Layer | null;
  /** One sentence: the call that decided it, and what it means. */
  readonly detail: string;
  /** The same attack on a twin without the control: shows that it would have succeeded. */
  readonly control: 'succeeded' | 'failed' | 'not-run';
}

/** How a place can be written: found by trying, as the container's own user. */
export interface Writability {
  /** Whom the permissions of the place let, with no capability. */
  readonly by: 'everybody' | 'this group' | 'this user' | 'only root';
  /** `tmpfs`, `ext4`, `overlay`, `proc` … */
  readonly fileSystem: string;
  /** The kind of the volume (`emptyDir`, `hostPath` …), or who has made it: `kubelet`, `runtime`, `VOLUME of the image` … */
  readonly source: string;
  /** In bytes; by the mount itself, or by the manifest, which Kubernetes enforces by evicting the pod. null: none. */
  readonly sizeLimit: { readonly bytes: number; readonly by: 'mount' | 'manifest' } | null;
  /** Whether a program ran there; `noexec`: the mount refuses it; `no-files`: nothing that could be executed is kept there. */
  readonly execution: 'ran' | 'refused' | 'noexec' | 'not-tried' | 'no-files';
  /** Whether what is written is still there when the container, or the whole pod, is started anew. */
  readonly survives: { readonly container: boolean; readonly pod: boolean };
}

/** What stays open in a container, and whether that is meant so. */
export interface ProvenResidual extends Residual {
  /** The manifest declares it; where a profile was given, the profile does. */
  readonly declared: boolean;
  /** Declared, or what every container has; false: an attack succeeded there, or it is beyond the profile. `why` says it. */
  readonly acceptable: boolean;
  /** null: a technique, or a place of another container. */
  readonly writability: Writability | null;
}

/** A place that was tried and cannot be written. */
export interface ClosedPlace {
  readonly path: string;
  /** As in `Writability`. */
  readonly source: string;
  /** The mount itself is read-only; false: permissions refused, and another user may be let. */
  readonly readOnly: boolean;
  readonly errno: string;
  readonly layer: Layer | null;
}

export const PROOF_SCHEMA = 'petrify.dev/proof/v1alpha1';
export const PROOF_LIST_SCHEMA = 'petrify.dev/prooflist/v1alpha1';

export type ProofVerdict = 'mutable' | 'bypassable' | 'immutable' | 'proven';

/** The image that really ran. */
export interface ProvenImage {
  /** As the manifest writes it. */
  readonly name: string;
  /** The engine's id, which is the hash of the image's configuration; empty: not known. */
  readonly id: string;
  /** `registry/name@sha256:…`; none for an image that no registry has given. */
  readonly digests: readonly string[];
  /** USER as the image writes it; null: not known. */
  readonly user: string | null;
  /** What the image declares with VOLUME. */
  readonly volumes: readonly string[];
}

/** What applies to a container, after Kubernetes' own precedence: container over pod over default. */
export interface ProvenSettings {
  /** null: the image's USER decides. What it came to is in `identity`. */
  readonly user: number | null;
  /** null: the image's passwd decides. */
  readonly group: number | null;
  /** Sorted, those of `fsGroup` and `supplementalGroups`. */
  readonly supplementaryGroups: readonly number[];
  readonly runAsNonRoot: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean;
  /** Sorted. `bounding` is what `add` and `drop` come to. */
  readonly capabilities: {
    readonly add: readonly string[];
    readonly drop: readonly string[];
    readonly bounding: readonly string[];
  };
  /** `RuntimeDefault`, `Unconfined`, `Localhost: FILE`; null: not set. */
  readonly seccomp: string | null;
  readonly appArmor: string | null;
  /** `user:role:type:level`; null: not set. */
  readonly seLinux: string | null;
  readonly procMount: string;
  readonly hostUsers: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  readonly hostNetwork: boolean;
  readonly shareProcessNamespace: boolean;
  readonly terminationMessagePath: string;
  /** Block devices of volumes, by their path in the container. */
  readonly devices: readonly string[];
}

/** A volume mount of the manifest. */
export interface ProvenMount {
  readonly path: string;
  readonly volume: string;
  /** `emptyDir`, `configMap` …; null: the pod has no volume of that name. */
  readonly kind: string | null;
  /** What the volume brings from elsewhere, as JSON: a claim, an image, a server. null: nothing, or configuration. */
  readonly source: string | null;
  readonly readOnly: boolean;
  readonly subPath: string | null;
  /** As written: `16Mi`. */
  readonly sizeLimit: string | null;
  /** `Memory`, `HugePages` …; null: the disk of the node. */
  readonly medium: string | null;
  /** The directory of the host behind a hostPath. */
  readonly hostPath: string | null;
  /** `HostToContainer`, `Bidirectional`; null: none. */
  readonly propagation: string | null;
  /** Options that are asked for: `noexec`. */
  readonly options: readonly string[];
}

/** What a container runs, as the manifest says it; null: what the image says. */
export interface ProvenProgram {
  readonly command: readonly string[] | null;
  readonly args: readonly string[] | null;
  readonly workingDir: string | null;
  /** PATH, by which a program without a slash is found. */
  readonly searchPath: string | null;
}

/** What of a manifest a proof rests on. */
export interface Basis {
  readonly image: ProvenImage;
  readonly settings: ProvenSettings;
  readonly mounts: readonly ProvenMount[];
  readonly program: ProvenProgram;
}

/** A container of the pod that was not attacked, because it does not run when the others do. */
export interface Bystander extends Basis {
  readonly name: string;
  readonly role: 'init' | 'sidecar' | 'main' | 'ephemeral';
  /** By its specification. */
  readonly verdict: 'mutable' | 'bypassable' | 'immutable';
}

/** Where it was proven. */
export interface Environment {
  /** `podman`, `docker`: a sandbox of it. */
  readonly engine: string;
  readonly engineVersion: string;
  /** What starts the engine's containers: `runc`; null: the engine does not say. */
  readonly runtime: string | null;
  /** As `uname -r` says it; null: the containers run on another machine. */
  readonly kernel: string | null;
  /** `x64`, `arm64`. */
  readonly architecture: string;
}

/** One container's proof. */
export interface Proof extends Basis {
  readonly schema: typeof PROOF_SCHEMA;
  /** The version of Petrify that made it. */
  readonly petrify: string;
  readonly verdict: ProofVerdict;
  readonly workload: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
    readonly container: string;
  };
  /** `sandbox: podman 4.3.1 on Linux 6.18`. */
  readonly where: string;
  readonly environment: Environment;
  /** Read back inside the container; null where nothing could be read. `capabilities` is CapEff, 16 hexadecimal digits. */
  readonly identity: { readonly uid: number; readonly gid: number; readonly capabilities: string } | null;
  /** The other containers of the pod that have no proof of their own. */
  readonly bystanders: readonly Bystander[];
  /** What of the manifest the sandbox could not give as Kubernetes would, one sentence each. */
  readonly differences: readonly string[];
  /** RFC 3339. */
  readonly time: string;
  readonly attempts: readonly Attempt[];
  readonly residual: readonly ProvenResidual[];
  /** Mounts, files of the kubelet and of the kernel that were tried and are closed. */
  readonly closed: readonly ClosedPlace[];
  /** Attacks that were not made, with the reason ("needs --host-attacks"). */
  readonly notAttempted: readonly { readonly id: string; readonly reason: string }[];
  /** What the attacks left behind in the container, one sentence each; none is what must be. */
  readonly traces: readonly string[];
  /** What the manifest alone says, and the ids of the controls that say so with what each makes of the container, worst first. */
  readonly specification: {
    readonly verdict: SpecVerdict;
    readonly findings: readonly { readonly control: string; readonly verdict: SpecVerdict }[];
  };
  /** Why the verdict is not `proven`, each one sentence; empty when it is. */
  readonly reasons: readonly string[];
}

/** The proofs of several containers. */
export interface ProofList {
  readonly schema: typeof PROOF_LIST_SCHEMA;
  /** The worst of them; null: there are none. */
  readonly verdict: ProofVerdict | null;
  readonly proofs: readonly Proof[];
}

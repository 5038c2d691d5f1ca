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

/** One container's proof. */
export interface Proof {
  readonly schema: typeof PROOF_SCHEMA;
  readonly verdict: 'mutable' | 'bypassable' | 'immutable' | 'proven';
  readonly workload: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
    readonly container: string;
  };
  /** `sandbox: podman 4.3.1 on Linux 6.18`. */
  readonly where: string;
  readonly image: { readonly name: string; readonly id: string };
  /** Read back inside the container; null where nothing could be read. `capabilities` is CapEff, 16 hexadecimal digits. */
  readonly identity: { readonly uid: number; readonly gid: number; readonly capabilities: string } | null;
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

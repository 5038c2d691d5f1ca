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
  readonly residual: readonly Residual[];
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

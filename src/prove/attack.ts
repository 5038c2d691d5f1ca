/** The contract of an attack and the shape of a proof. */
import type { Residual } from '../profile/profile.ts';

export type Outcome = 'blocked' | 'residual' | 'succeeded' | 'unknown';

/** One attempt of the proof: what was tried on the running container and what came of it. */
export interface Attempt {
  /** The attack's id, with the place where there are several: `write-root:/etc`. */
  readonly id: string;
  readonly title: string;
  readonly technique: string;
  readonly outcome: Outcome;
  /** `EROFS`, `EACCES`, `EPERM` …; null where nothing was refused. */
  readonly errno: string | null;
  /** One sentence: the call that decided it, and what it means. */
  readonly detail: string;
  /** The same attack on a twin without the control: shows that it would have succeeded. */
  readonly control: 'succeeded' | 'failed' | 'not-run';
}

export const PROOF_SCHEMA = 'petrify.dev/proof/v1alpha1';

export interface Proof {
  readonly schema: typeof PROOF_SCHEMA;
  readonly verdict: 'mutable' | 'bypassable' | 'immutable' | 'proven';
  readonly workload: { readonly apiVersion: string; readonly kind: string; readonly namespace: string | null; readonly name: string; readonly container: string };
  /** `sandbox: podman 4.3.1 (runc 1.1.5) on Linux 6.18`. */
  readonly where: string;
  readonly image: { readonly name: string; readonly id: string };
  /** RFC 3339. */
  readonly time: string;
  readonly attempts: readonly Attempt[];
  readonly residual: readonly Residual[];
  /** Attacks that were not made, with the reason ("needs --host-attacks"). */
  readonly notAttempted: readonly { readonly id: string; readonly reason: string }[];
  /** Why the verdict is not `proven`, each one sentence; empty when it is. */
  readonly reasons: readonly string[];
}

/** The contract of an attack and the shape of a proof. */
import type { ExecResult } from '../engine/engine.ts';
import type { Residual } from '../profile/profile.ts';
import type { Report } from './probe/decode.ts';
import type { Call, Output, Program } from './probe/program.ts';
import type { Target } from './target.ts';

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

/** A technique: one file, one plain object, mostly data. */
export interface Attack {
  /** kebab-case, the file's name. */
  readonly id: string;
  readonly title: string;
  /** The id in MITRE ATT&CK, e.g. `T1105`. */
  readonly technique: string;
  /** What an attacker would have from it, in plain sentences. */
  readonly why: string;
  /** Ids of the controls that stop it; empty: nothing in a manifest can. */
  readonly stoppedBy: readonly string[];
  /** What to try on this very container. */
  plan(target: Target): Plan;
}

export interface Plan {
  readonly tries: readonly Try[];
  /** What is not tried here, and why. `place` is empty for the whole attack. */
  readonly skipped: readonly Skip[];
}

interface Skip {
  readonly place: string;
  readonly reason: string;
}

export type Try = ProbeTry | ActedTry;

interface TryBase {
  /** What distinguishes it from the attack's other tries, usually a path; unique among them. */
  readonly place: string;
  /** What it is when nothing refuses it: `residual` for exactly a place or technique of the residual list. */
  readonly gain: 'succeeded' | 'residual';
}

/** System calls. All programs of an attack run in one probe, in order. */
export interface ProbeTry extends TryBase {
  readonly program: Program;
  /** The calls that must all succeed; the first that does not decides. The others prepare and tidy up. */
  readonly decisive: readonly Call[];
  readonly execution?: Execution;
}

/** A child that executes something, and how to see that it did. */
export interface Execution {
  readonly executed: Call;
  readonly waited: Call;
  readonly status: Output;
  /** What the executed thing exits with when it really ran. */
  readonly exitCode: number;
  /** The try succeeds only if it ran; otherwise running is more than the try needs, and only told. */
  readonly required: boolean;
}

/** What cannot be said in system calls: an API of the engine, a program of the image, a change that the host must undo. */
export interface ActedTry extends TryBase {
  act(hands: Hands): Promise<Observed>;
}

/** What came of one try, before it is judged. */
export interface Observed {
  readonly result: 'won' | 'refused' | 'undecided';
  readonly errno: string | null;
  readonly detail: string;
  /** Whether a dropped file ran, where that was tried. */
  readonly executed?: boolean;
}

/** What an attacker can do to one container. */
export interface Hands {
  /** Throws Failure `cannot-prove` when the probe does not report. */
  probe(program: Program): Promise<Report>;
  exec(command: readonly string[], options?: { stdin?: Buffer; timeoutMs?: number }): Promise<ExecResult>;
  /** Unpacks a tar into a directory through the engine's API; throws Failure when the engine refuses. */
  copyIn(directory: string, tar: Buffer): Promise<void>;
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
  /** Why the verdict is not `proven`, each one sentence; empty when it is. */
  readonly reasons: readonly string[];
}

/** The contract of an attack. */
import type { ExecResult } from '../engine/engine.ts';
import type { Layer } from './layer.ts';
import type { Outside } from './outside.ts';
import type { Report } from './probe/decode.ts';
import type { Call, Output, Program } from './probe/program.ts';
import type { Target } from './target.ts';
import type { TechniqueId } from './techniques.ts';

/** What an attack goes for; the order is the one in which they are listed. */
export const FAMILIES = ['files', 'code', 'software', 'mounts', 'kernel', 'neighbours', 'outside'] as const;

export type Family = (typeof FAMILIES)[number];

/** A technique: one file, one plain object, mostly data. */
export interface Attack {
  /** kebab-case, the file's name. */
  readonly id: string;
  readonly title: string;
  readonly family: Family;
  readonly technique: TechniqueId;
  /** What an attacker would have from it, in plain sentences. */
  readonly why: string;
  /** Ids of the controls that stop it; empty: nothing in a manifest can. */
  readonly stoppedBy: readonly string[];
  /** What stays open where it works, for the list of residuals; absent: its success is no residual. */
  readonly opens?: Opening;
  /** May be made in a pod that serves: it makes only what it takes away again, and changes and runs nothing of the pod. */
  readonly harmless: boolean;
  /** Some of its tries touch the host, and are made only with `--host-attacks`. */
  readonly touchesHost?: boolean;
  /** Paths of which it wants to know whether they are there, and what they are: `target.paths`. */
  readonly looksAt?: readonly string[];
  /** Files whose first bytes it wants to know: `target.contents`. */
  readonly reads?: readonly string[];
  /** What the twin must have in effect for it to work there, besides the runtime's defaults and SYS_ADMIN. */
  readonly twinCapabilities?: readonly string[];
  /** Its calls change what others would meet: its probe is made by itself, after the ones before have ended. */
  readonly alone?: boolean;
  /** What to try on this very container. */
  plan(target: Target): Plan;
}

/** What an attack that works shows to be open: each of its places, or a technique that needs no place. */
export type Opening =
  | { readonly kind: 'place'; readonly why: string }
  | {
      readonly kind: 'technique';
      readonly what: string;
      readonly why: string;
      /** false: it brings nothing to execution. */
      readonly executes?: false;
    };

export interface Plan {
  readonly tries: readonly Try[];
  /** What is not tried here, and why. `place` is empty for the whole attack. */
  readonly skipped: readonly Skip[];
}

export interface Skip {
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
  /**
   * Errors with which the kernel shows that it would have gone on: `ENOEXEC` of a module that is none. In a call of
   * `decisive` they count as success.
   */
  readonly reached?: readonly string[];
  /** The capability for want of which the kernel answers EPERM. */
  readonly needs?: string;
  /** The layer of an errno where attack and errno alone tell it, or a call as well: `faccessat EPERM` on a device. */
  readonly layers?: Readonly<Record<string, Layer>>;
  readonly execution?: Execution;
  /** What it means that it worked, where the names of the calls do not tell. */
  readonly won?: string;
  /** What of the real thing it leaves out, or puts back at once, so that nothing changes; a phrase, said where it succeeds. */
  readonly remark?: string;
}

/** A child that executes something, and how to see that it did. */
export interface Execution {
  readonly executed: Call;
  readonly waited: Call;
  readonly status: Output;
  /** What the executed thing exits with when it really ran. */
  readonly exitCode: number;
  /** It exits with the low byte of what a call of its own returned: another end than `exitCode` is the errno of that. */
  readonly exitsWithErrno?: boolean;
  /** What stands in the way of that call. */
  readonly refusedBy?: Layer;
  /** The try succeeds only if it ran; otherwise running is more than the try needs, and only told. */
  readonly required: boolean;
}

/** What cannot be said in system calls: an API of the engine, a program of the image, a change that the host must undo. */
export interface ActedTry extends TryBase {
  /** Paths that it makes in the container and takes away again: whether they are gone is looked at in the end. */
  readonly makes: readonly string[];
  act(hands: Hands): Promise<Observed>;
  /** The same where nothing stands in its way and nothing is harmed: shows that it works, where no twin may run. */
  readonly harmlessly?: (hands: Hands) => Promise<Observed>;
}

/** What came of one try, before it is judged. */
export interface Observed {
  readonly result: 'won' | 'refused' | 'undecided';
  readonly errno: string | null;
  /** What refused, where that is known. */
  readonly layer?: Layer | null;
  readonly detail: string;
  /** Whether a dropped file ran, where that was tried. */
  readonly executed?: boolean;
  /** Who did it, where that is not the container's own user. */
  readonly by?: string;
}

/** What an attacker can do to one container. */
export interface Hands {
  /** Throws Failure `cannot-prove` when the probe does not report. */
  probe(program: Program): Promise<Report>;
  exec(command: readonly string[], options?: { stdin?: Buffer; timeoutMs?: number }): Promise<ExecResult>;
  /** Unpacks a tar into a directory through the engine's API; throws Failure when the engine refuses. */
  copyIn(directory: string, tar: Buffer): Promise<void>;
  /** Removes a file that the engine's API brought in, as uid 0: the container's own user may not be allowed to. */
  removeCopied(path: string): Promise<void>;
  /** What can be asked of the container's cluster; undefined: it runs in none. */
  readonly outside?: Outside;
}

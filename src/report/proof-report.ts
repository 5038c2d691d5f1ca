/** What `prove` found, before it is rendered, and the words that every report of it uses. */
import type { Family } from '../prove/attack.ts';
import type { AttackDescription } from '../prove/describe.ts';
import type { Attempt, Outcome, Proof, ProofVerdict } from '../prove/proof.ts';
import { FAMILY_NAMES } from './explain-attack.ts';
import { count, tally } from './lines.ts';

/** Where the container stands in its manifest; without a line where that is in no file. */
export interface ProofPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Exclusive. */
  readonly endColumn?: number;
}

export interface ProvedContainer {
  readonly proof: Proof;
  readonly place: ProofPlace;
}

/** A document that could not be read, or a workload that could not be attacked. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

export interface ProofReport {
  readonly proved: readonly ProvedContainer[];
  readonly problems: readonly Problem[];
  /** The whole catalogue. */
  readonly attacks: readonly AttackDescription[];
  readonly version: string;
}

/** From worst to best. */
export const OUTCOMES: readonly Outcome[] = ['succeeded', 'unknown', 'residual', 'blocked'];
export const PROOF_VERDICTS: readonly ProofVerdict[] = ['mutable', 'bypassable', 'immutable', 'proven'];

/** `2 containers: 1 mutable, 1 proven`. */
export function sumWords({ proved }: Pick<ProofReport, 'proved'>): string {
  const verdicts = proved.map(({ proof }) => proof.verdict);
  return `${count(proved.length, 'container')}${proved.length === 0 ? '' : `: ${tally(verdicts, PROOF_VERDICTS)}`}`;
}

/** `Deployment shop/web, container nginx`. */
export function proofTitle({ workload: { container, ...owner } }: Proof): string {
  return `${ownerTitle(owner)}, container ${container}`;
}

/** `Deployment shop/web`. */
export function ownerTitle({ kind, namespace, name }: Omit<Proof['workload'], 'container' | 'apiVersion'>): string {
  return `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`;
}

/** Over `differences`: a sandbox is another place than a cluster, and a copy in a cluster another pod than the workload's. */
export function differencesTitle({ environment }: Proof): string {
  return environment.engine === 'kubernetes'
    ? 'Different from the workload in its own place'
    : 'Different from Kubernetes';
}

export function attackOf({ id }: Pick<Attempt, 'id'>): string {
  return id.split(':', 1)[0]!;
}

/** Where it was tried; empty: the attack has only one place. */
export function placeOfAttempt({ id }: Pick<Attempt, 'id'>): string {
  return id.slice(attackOf({ id }).length + 1);
}

/** Those that have attempts, in the order in which families are listed. */
export function byFamily(attempts: readonly Attempt[]): readonly (readonly [Family, readonly Attempt[]])[] {
  return FAMILY_NAMES.map((name) => [name, attempts.filter(({ family }) => family === name)] as const).filter(
    ([, own]) => own.length > 0,
  );
}

/** What the twin shows. */
export function controlWords({ control }: Attempt): string {
  switch (control) {
    case 'succeeded':
      return 'succeeds on a twin without the controls';
    case 'failed':
      return 'failed on a twin without the controls as well';
    case 'not-run':
      return 'not made on a twin';
  }
}

/** `uid 101, gid 101, no capability in effect`. */
export function identityWords(identity: Proof['identity']): string {
  if (identity === null) return 'user unknown: nothing could be read inside of the container';
  const none = /^0+$/.test(identity.capabilities);
  return `uid ${identity.uid}, gid ${identity.gid}, ${none ? 'no capability' : `capabilities ${identity.capabilities}`} in effect`;
}

/** The reasons that are not told by the attempts themselves. */
export function otherReasons({ reasons, attempts }: Proof): readonly string[] {
  const told = attempts.filter(({ outcome }) => outcome === 'succeeded' || outcome === 'unknown');
  const beginnings = told.map(({ id }) => `The attack ${id} `);
  return reasons.filter((reason) => !beginnings.some((beginning) => reason.startsWith(beginning)));
}

/** How many of the refusals are shown to be refusals: the twin without the controls was not refused. */
export function shownBlocked(attempts: readonly Attempt[]): number {
  return attempts.filter(({ outcome, control }) => outcome === 'blocked' && control === 'succeeded').length;
}

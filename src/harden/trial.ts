/** Judges one trial run of a hardened workload against how the workload behaved before. */
import { newErrors } from '../observe/collectors/error-lines.ts';
import { wasKilled } from '../observe/life.ts';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { LeftOut } from '../plan/volumes.ts';
import type { Evidence } from '../profile/evidence.ts';
import { isBelow, type Placement, parentOf, placeEvidence } from '../profile/placement.ts';
import { canReach } from './knowledge.ts';

/** A refused write to a path that was not refused before, in whatever way. */
export interface Refusal {
  readonly container: string;
  readonly evidence: Evidence;
}

export interface TrialVerdict {
  readonly works: boolean;
  /** It works but for errors that are new in its log: these. */
  readonly complaints: readonly string[];
  /** Why it does not, one sentence; undefined when it works. */
  readonly reason: string | undefined;
  readonly refused: readonly Refusal[];
  /** Refused writes without which it works: nobody noticed them, and no volume may be there. */
  readonly tolerated: readonly Refusal[];
}

/** Ports above are handed out by the kernel, another one each time (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32768;

/**
 * A trial works when the pod became ready, answered the same requests in the same way as before, logged no error that is
 * new, listens on the same ports, was refused nothing that it was not refused before (an application that runs on after a
 * refused write runs on broken), ended when it was asked to, and started again on what it had left.
 */
export function judgeTrial(before: Observation, trial: Observation, leftOut: readonly LeftOut[] = []): TrialVerdict {
  const { refused, tolerated } = newRefusals(before, trial, leftOut);
  const failure = trial.outcome.ready
    ? (worseAnswer(before, trial) ??
      refusalReason(refused) ??
      closedPort(before, trial) ??
      badEnd(before, trial) ??
      laterFailure(before, trial))
    : notReady(trial, refused);
  const complaints = failure === undefined ? trial.containers.flatMap((container) => errorsOf(before, container)) : [];
  const bare = failure ?? newError(before, trial);
  const reason = bare === undefined ? undefined : `${bare}${closedPlace(tolerated, leftOut)}`;
  return { works: reason === undefined, complaints, reason, refused, tolerated };
}

/** What it was refused where no volume may be, and why not: the likely cause where nothing else was refused. */
function closedPlace(tolerated: readonly Refusal[], leftOut: readonly LeftOut[]): string {
  for (const { container, evidence } of tolerated) {
    const closed = leftOut.find((one) => one.container === container && isBelow(evidence.path, one.path));
    if (closed) return `; it was refused to write ${evidence.path}, where no volume may be: ${closed.because}`;
  }
  return '';
}

/** Whether two trials failed for the same reason, but for numbers: times and process ids differ in every log. */
export function failsAlike(a: { readonly verdict: TrialVerdict }, b: { readonly verdict: TrialVerdict }): boolean {
  const plain = ({ verdict: { reason } }: { readonly verdict: TrialVerdict }) => reason?.replaceAll(/\d+/g, '0');
  return plain(a) !== undefined && plain(a) === plain(b);
}

function notReady(trial: Observation, refused: readonly Refusal[]): string {
  const why = refusalReason(refused) ?? lastWords(trial);
  return `${trial.outcome.reason ?? 'it did not become ready'}${why ? `: ${why}` : ''}`;
}

/** The last line that a container which ended by itself has logged. */
function lastWords({ containers }: Observation): string | undefined {
  const ended = containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  return ended?.logs.trimEnd().split('\n').at(-1) || undefined;
}

/** The same requests may be made at several moments; each answer must be one that came before. */
function worseAnswer(before: Observation, trial: Observation): string | undefined {
  const key = ({ container, request }: { container: string; request: string }) => `${container} ${request}`;
  const expected = new Map<string, Set<string>>();
  for (const answer of before.answered)
    expected.set(key(answer), (expected.get(key(answer)) ?? new Set()).add(answer.answer));
  for (const { container, request, answer } of trial.answered) {
    const known = expected.get(key({ container, request }));
    // What was not answered before has nothing to lose.
    if (known === undefined || known.has(answer) || isNothing(known)) continue;
    return `${container || 'the pod'} answered ${[...known].join(' or ')} to ${request} before, and ${answer} now`;
  }
  const asked = new Set(trial.answered.map(key));
  const missing = before.answered.find((answer) => !asked.has(key(answer)));
  return (
    missing &&
    `${missing.container || 'the pod'} answered ${missing.answer} to ${missing.request} before, and nothing now`
  );
}

const isNothing = (answers: ReadonlySet<string>) => answers.size === 1 && answers.has('nothing');

function newError(before: Observation, trial: Observation): string | undefined {
  for (const container of trial.containers) {
    const { name } = container;
    const [first] = errorsOf(before, container);
    if (first !== undefined) return `${name} logged an error that it did not log before: ${first}`;
  }
  return undefined;
}

/** Errors that a container logs now and did not log before; one that was not there before is ours, and ends when it fails. */
export function errorsOf(before: Observation, { name, logs }: ContainerObservation): readonly string[] {
  const earlier = before.containers.find((container) => container.name === name);
  return earlier === undefined ? [] : newErrors(earlier.logs, logs);
}

function closedPort(before: Observation, trial: Observation): string | undefined {
  for (const { name, listening } of before.containers) {
    const now = trial.containers.find((container) => container.name === name)?.listening ?? [];
    const closed = listening.find((port) => port < FIRST_EPHEMERAL_PORT && !now.includes(port));
    if (closed !== undefined) return `${name} listened on port ${closed} before, and does not now`;
  }
  return undefined;
}

function badEnd(before: Observation, trial: Observation): string | undefined {
  for (const { name, endedWith } of trial.containers) {
    const earlier = before.containers.find((container) => container.name === name)?.endedWith;
    if (wasKilled(endedWith) && !wasKilled(earlier))
      return `${name} ended when it was asked to before, and has to be killed now`;
  }
  return undefined;
}

function laterFailure(before: Observation, trial: Observation): string | undefined {
  const failed = trial.later.find(({ what, failure }) => {
    const earlier = before.later.find((one) => one.what === what);
    return failure !== undefined && earlier?.failure === undefined;
  });
  return failed && `${LATER[failed.what]}: ${failed.failure}${lastError(trial)}`;
}

const LATER = {
  reload: 'after a reload',
  restart: 'started again on its own volumes',
  crash: 'started again after a crash, on its own volumes',
} as const;

function lastError(trial: Observation): string {
  const last = trial.containers.map(({ lastLine }) => lastLine).find((lines) => lines !== '');
  return last === undefined ? '' : ` (${last})`;
}

function refusalReason([first, ...others]: readonly Refusal[]): string | undefined {
  if (!first) return undefined;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${first.container} was refused to write ${first.evidence.path}${more}: ${first.evidence.detail}`;
}

function newRefusals(
  before: Observation,
  trial: Observation,
  leftOut: readonly LeftOut[],
): { refused: Refusal[]; tolerated: Refusal[] } {
  const refused: Refusal[] = [];
  const tolerated: Refusal[] = [];
  for (const container of trial.containers) {
    const { name } = container;
    const earlier = before.containers.find((one) => one.name === name)?.refused ?? [];
    const paths = new Set(earlier.map(({ path }) => path));
    const logged = new Set(
      container.refused.filter(({ collector }) => collector === 'log-lines').map(({ path }) => path),
    );
    const closed = leftOut.filter((one) => one.container === name);
    for (const evidence of container.refused) {
      if (paths.has(evidence.path)) continue;
      const placement = placeEvidence(evidence, container.layout, container.mounts);
      const list = isTolerable(placement, container, closed, logged) ? tolerated : refused;
      list.push({ container: name, evidence });
    }
  }
  return { refused, tolerated };
}

/** Where no volume may be or none would help; unless the application itself has complained. */
function isTolerable(
  placement: Placement,
  container: ContainerObservation,
  leftOut: readonly LeftOut[],
  logged: ReadonlySet<string>,
): boolean {
  const { evidence, path } = placement;
  if (leftOut.some((one) => covers(one, path))) return true;
  if (logged.has(evidence.path)) return false;
  if (placement.directory !== undefined) return !canReach(container.layout, placement.directory, container.user);
  if (placement.because === 'kernel-interface') return true;
  // A file's owner and mode are a wish where the file itself can be written.
  return placement.because === 'writable-volume' && isAttributes(evidence);
}

/** Whether a path was left out: `/` stands for the files directly in it. */
export function covers({ path: closed }: Pick<LeftOut, 'path'>, path: string): boolean {
  return closed === '/' ? path.lastIndexOf('/') === 0 : isBelow(path, closed);
}

const isAttributes = ({ detail }: Evidence) => /^(?:l|f)?ch(?:own|mod)/.test(detail);

/**
 * Whether it was refused a directory that it had no use for before: one that it prefers was not to its liking (a /tmp that is
 * open to everybody without being sticky is refused by whoever knows why it should be).
 */
export function turnsElsewhere(before: Observation, { name, refused }: ContainerObservation): boolean {
  const earlier = before.containers.find((one) => one.name === name)?.evidence ?? [];
  const used = new Set(earlier.map(({ path }) => parentOf(path)));
  return refused.some(({ path, errno }) => errno !== 'EPERM' && !used.has(parentOf(path)));
}

/** Whether something was wrong with a volume that the container could reach: its owner, its mode, or what is missing in it. */
export function troubledByVolumes(before: Observation, container: ContainerObservation): boolean {
  const inVolume = container.refused.some((evidence) => {
    const placement = placeEvidence(evidence, container.layout, container.mounts);
    return placement.directory === undefined && placement.because === 'writable-volume';
  });
  if (inVolume) return true;
  const writable = container.mounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
  const lines = errorsOf(before, container);
  return lines.some(
    (line) => writable.some((path) => line.includes(path)) || /permission|ownership|owned by|no such file/i.test(line),
  );
}

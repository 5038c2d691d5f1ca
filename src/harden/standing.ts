/** Where each container stands in the search: its rung of the ladder, and what was learned on it. Pure: data in, data out. */
import { DEFAULT_CAPABILITIES } from '../engine/identity.ts';
import type { ContainerObservation } from '../observe/observe.ts';
import type { Identity } from '../plan/plan.ts';
import { type Candidate, describeIdentity } from './candidates.ts';

/** Where one container stands. */
export interface Standing {
  readonly candidates: readonly Candidate[];
  readonly rung: number;
  /** Added to a rung that grows. */
  readonly capabilities: readonly string[];
  /** `own`: directories keep the owner and mode of the image. */
  readonly directories: 'plain' | 'own';
  /** Whether directories of code may be written. */
  readonly code: 'left-out' | 'mounted';
  /** `volume`: what it writes by relative names where its image ships files (or into `/`) goes to a directory of its own. */
  readonly workingDirectory: 'as-it-is' | 'volume';
  /** Files on its volumes that are removed before each start. */
  readonly leftovers: readonly string[];
  /** Whether settings of the catalogue take the place of volumes. */
  readonly knobs: 'used' | 'unused';
}

/** By container name. */
export type Standings = ReadonlyMap<string, Standing>;

/** On the first rung, with the least of everything. */
export function firstStanding(candidates: readonly Candidate[]): Standing {
  return {
    candidates,
    rung: 0,
    capabilities: [],
    directories: 'plain',
    code: 'left-out',
    workingDirectory: 'as-it-is',
    leftovers: [],
    knobs: 'used',
  };
}

/** As whom a container is tried now. */
export function identityOf({ candidates, rung, capabilities }: Standing): Identity {
  const { identity, grows } = candidates[rung]!;
  return grows ? { ...identity, capabilities } : identity;
}

/** One rung further down; undefined: there is none. */
export function stepDown({ candidates, rung }: Standing): Standing | undefined {
  return rung + 1 < candidates.length ? { ...firstStanding(candidates), rung: rung + 1 } : undefined;
}

/** The most open rung, with what was learned about paths on this one. */
export function lastStanding(standing: Standing): Standing {
  return { ...standing, rung: standing.candidates.length - 1, capabilities: [] };
}

/** Whether it stands on a user of its own without any capability. */
export function isPlainUser(standing: Standing): boolean {
  const { user, capabilities } = identityOf(standing);
  return user !== undefined && user.uid !== 0 && capabilities.length === 0;
}

/** Whether it stands where the runtime's default capabilities, or more, stay. */
export function isLastResort(standing: Standing): boolean {
  return identityOf(standing).capabilities === 'default';
}

/** What a trial that did not work taught about one container, besides paths. */
export interface Lesson {
  /** Capabilities whose absence was seen to fail. */
  readonly missing: readonly string[];
  /** Those that it used while it had them. */
  readonly used: readonly string[];
  /** Something was wrong with a directory that it could reach. */
  readonly directories: boolean;
  /** Code that it wrote was left out. */
  readonly code: boolean;
  /** It was refused to write files directly into `/`, which is its working directory. */
  readonly intoRoot: boolean;
  /** It writes files into its working directory, where the image ships others. */
  readonly besideShipped: boolean;
  /** It did not start a second time on what its first life has left: these files. */
  readonly leftovers: readonly string[];
  /** A setting was tried. */
  readonly knobs: boolean;
}

/** Their use leaves no refused call that is known: access to files, and signals to other users' processes. */
const UNSEEN_CAPABILITIES = ['DAC_OVERRIDE', 'FOWNER', 'KILL'] as const;

/** The next way to try it on the same rung; undefined: nothing more can be learned there. */
export function improved(
  standing: Standing,
  { missing, used, directories, code, intoRoot, besideShipped, leftovers, knobs }: Lesson,
): Standing | undefined {
  const { grows } = standing.candidates[standing.rung]!;
  // What comes after the first refusal was not reached, and not every refusal is seen: what it used before is tried at
  // once, and taken away again later.
  const { capabilities } = standing;
  const all = DEFAULT_CAPABILITIES.filter((name) => [...capabilities, ...missing, ...used].includes(name));
  const isFirst = capabilities.length === 0;
  if (grows && all.length > capabilities.length && (isFirst || missing.some((name) => !capabilities.includes(name))))
    return { ...standing, capabilities: all };
  if (intoRoot && standing.workingDirectory === 'as-it-is') return { ...standing, workingDirectory: 'volume' };
  if (knobs && standing.knobs === 'used') return { ...standing, knobs: 'unused' };
  if (leftovers.length > 0 && standing.leftovers.length === 0) return { ...standing, leftovers };
  if (directories && standing.directories === 'plain') return { ...standing, directories: 'own' };
  if (code && standing.code === 'left-out') return { ...standing, code: 'mounted' };
  if (besideShipped && standing.workingDirectory === 'as-it-is') return { ...standing, workingDirectory: 'volume' };
  // Before all of the runtime's: these three, which are taken away again one by one.
  if (grows && !isFirst && UNSEEN_CAPABILITIES.some((name) => !all.includes(name))) {
    const more = new Set([...all, ...UNSEEN_CAPABILITIES]);
    return { ...standing, capabilities: DEFAULT_CAPABILITIES.filter((name) => more.has(name)) };
  }
  return undefined;
}

/** The same standing with its capabilities by name, so that single ones can be taken away; none where it has no say in them. */
export function spelledOut(standing: Standing): Standing {
  const { candidates, rung } = standing;
  const named = candidates.findIndex(({ grows }) => grows);
  const { capabilities, open } = candidates[rung]!.identity;
  if (capabilities !== 'default' || open !== undefined || named < 0) return standing;
  return { ...standing, rung: named, capabilities: DEFAULT_CAPABILITIES };
}

/**
 * Capabilities that its calls were refused for, and that it used; only what a runtime gives by itself is ever given back.
 * Of its second life the log alone tells: where root says that its permission was denied, it lacks DAC_OVERRIDE.
 */
export function capabilityCalls({
  privileged,
  refused,
  user,
}: Pick<ContainerObservation, 'privileged' | 'refused' | 'user'>): {
  readonly refused: readonly string[];
  readonly used: readonly string[];
} {
  const isDenied = user.uid === 0 && refused.some(({ errno }) => errno === 'EACCES');
  const names = (wasRefused: boolean) =>
    DEFAULT_CAPABILITIES.filter(
      (name) =>
        (wasRefused && isDenied && name === 'DAC_OVERRIDE') ||
        privileged.some(
          ({ capability, errno, callerUid }) =>
            // Another user is refused with or without; one that has kept root's capabilities over its change uses them.
            (callerUid === 0 || !wasRefused) && capability === name && (errno !== undefined) === wasRefused,
        ),
    );
  return { refused: names(true), used: names(false) };
}

/** What is being tried, in words. */
export function describe(standings: Standings): string {
  const words = [...standings].map(([name, standing]) => [name, inWords(standing)] as const);
  return words.length === 1 ? words[0]![1] : words.map(([name, one]) => `${name}: ${one}`).join('; ');
}

function inWords(standing: Standing): string {
  const kept = standing.directories === 'own' ? ', directories as the image has them' : '';
  return `${describeIdentity(identityOf(standing))}${kept}`;
}

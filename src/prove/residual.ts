/** What stays open in a container: places that could be written and techniques that worked, and whether each is meant so. */
import type { ContainerProfile } from '../profile/profile.ts';
import { isWithin } from '../workload/file-path.ts';
import type { WritableVolume } from '../workload/surface.ts';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { Attack, Observed, Try } from './attack.ts';
import { ROOT_ATTACK } from './conclude.ts';
import type { ProvenResidual, Writability } from './proof.ts';
import { messagePath, type Target, type WritablePlace, writablePlaces } from './target.ts';
import { byWhom, type OpenPlace, type Surface } from './writability.ts';

/** What came of one try of one attack. */
export interface Result {
  readonly attack: Attack;
  readonly try: Try;
  readonly observed: Observed;
}

/** What a profile says of one container; empty lists for a container that it does not know. */
export type Allowed = Pick<ContainerProfile, 'writable' | 'residual'>;

export interface Openings {
  readonly target: Target;
  readonly surface: Surface;
  readonly results: readonly Result[];
  /** What a profile allows this container to change; undefined: none was given, and the manifest decides. */
  readonly profile: Allowed | undefined;
}

/** What is found open, before it is said whether it is meant so. */
interface Found extends Pick<ProvenResidual, 'what' | 'kind' | 'executable' | 'why' | 'writability'> {
  readonly byManifest: boolean;
  /** No manifest can have it otherwise, whoever runs the container. */
  readonly everywhere: boolean;
  /** An attack succeeded with it. */
  readonly won: boolean;
}

/** What the container cannot write itself, and another one that runs at the same time can. */
export function writtenElsewhere(writable: readonly WritableVolume[], profile?: Allowed): readonly ProvenResidual[] {
  return writable.flatMap(({ path, volume, kind, executable, writtenBy }): ProvenResidual[] => {
    if (writtenBy === null) return [];
    const why = `volume ${volume} (${kind ?? 'undeclared'}) is read-only here and written by container ${writtenBy}`;
    const found = { what: path, kind: 'volume', executable, why, writability: null } as const;
    return [judged({ ...found, byManifest: true, everywhere: false, won: false }, profile)];
  });
}

/** Kubernetes mounts configuration read-only whatever the manifest says; a path of the host is a matter of the verdict. */
const NEVER_SCRATCH: ReadonlySet<string | null> = new Set([
  ...['configMap', 'secret', 'downwardAPI', 'projected', 'hostPath', 'terminationMessagePath', null],
]);

/**
 * What the manifest hands over writable and what was not found open all the same: it stays open as far as anybody can tell
 * from here. Block devices are given nowhere.
 */
export function declaredOpen(
  { spec }: Pick<Container, 'spec'>,
  writable: readonly WritableVolume[],
  { open }: Pick<Surface, 'open'>,
  profile?: Allowed,
): readonly ProvenResidual[] {
  const found = new Set(open.map(({ declared }) => declared?.mountPath));
  const volumes = writable.flatMap(({ path, volume, kind, executable, writtenBy }) => {
    if (writtenBy !== null || NEVER_SCRATCH.has(kind) || found.has(path)) return [];
    const refused =
      kind === 'emptyDir'
        ? 'this user could not write its top; what lies in it may be another’s'
        : 'what stood in for it refused this user; the permissions of the real one decide';
    return [{ what: path, executable, why: `volume ${volume} (${kind}): ${refused}` }];
  });
  const devices = listOf(spec.volumeDevices).flatMap((device) => {
    const what = textOf(objectOr(device).devicePath);
    const why = 'a raw block device, which was not given here: who may open it changes what is on it';
    return what === undefined ? [] : [{ what, executable: false, why }];
  });
  return [...volumes, ...devices].map((one) =>
    judged({ ...one, kind: 'volume', writability: null, byManifest: true, everywhere: false, won: false }, profile),
  );
}

/** Places first, by their names, then what other containers leave open, then techniques; each once. */
export function residualOf({ target, surface, results, profile }: Openings): readonly ProvenResidual[] {
  const known = new Map(writablePlaces(target).map((place) => [place.mount.path, place]));
  const won = results.filter(({ observed }) => observed.result === 'won');
  const places = surface.open.map((place) => foundOpen(target, place, known.get(place.what), won));
  const named = new Set(places.map(({ what }) => what));
  const root = named.has('/') ? [] : rootInParts(target, won);
  const beyond = won.flatMap((result) => (named.has(result.try.place) ? [] : foundByAttack(result)));
  const found = [...places, ...root, ...beyond].sort((a, b) => Number(isTechnique(a)) - Number(isTechnique(b)));
  const once = found.filter(({ what }, index) => found.findIndex((other) => other.what === what) === index);
  return once.map((one) => judged(one, profile));
}

const isTechnique = ({ kind }: Pick<Found, 'kind'>) => kind === 'technique';

function foundOpen(
  target: Target,
  { what, group, declared, noexec, holds, writability }: OpenPlace,
  known: WritablePlace | undefined,
  won: readonly Result[],
): Found {
  const here = won.filter((result) => result.try.place === what);
  const ran = here.map(({ observed }) => observed.executed).filter((executed) => executed !== undefined);
  const execution = holds === 'nothing' ? 'no-files' : executionOf(ran, noexec);
  const opens = here.map(({ attack }) => attack.opens).find((each) => each?.kind === 'place');
  const inKernel = ['runtime', 'kubelet', 'kernel'].includes(writability.source);
  return {
    what,
    kind: known?.kind ?? (inKernel ? 'kernel-interface' : 'volume'),
    // A file is not made executable just to see whether it may be.
    executable: execution === 'ran' || (execution === 'not-tried' && holds === 'files'),
    why: known?.why ?? group?.why ?? opens?.why ?? PLACES[what] ?? PLACES_OF[writability.source] ?? 'it can be written',
    writability: { ...writability, execution },
    byManifest: (declared !== undefined && !declared.readOnly) || isAskedFor(target, what),
    everywhere: group?.everyContainer ?? (inKernel && known?.gain !== 'succeeded'),
    won: known?.gain === 'succeeded' || here.some((result) => result.try.gain === 'succeeded'),
  };
}

const PLACES: Readonly<Record<string, string>> = {
  '/': 'the root file system is not read-only',
  '/dev/mqueue': 'message queues of the pod, which every container has',
};
const PLACES_OF: Readonly<Record<string, string>> = {
  kubelet: 'mounted by the kubelet',
};

function executionOf(ran: readonly boolean[], noexec: boolean): Writability['execution'] {
  if (ran.includes(true)) return 'ran';
  if (noexec) return 'noexec';
  return ran.length > 0 ? 'refused' : 'not-tried';
}

/** What the manifest asks for beside its volumes. */
function isAskedFor({ container }: Target, what: string): boolean {
  const { terminationMessagePath, tty } = container.spec;
  if (what === '/dev: terminals') return tty === true;
  return textOf(terminationMessagePath) !== undefined && what === messagePath(container);
}

/** A root whose top is closed to this user and which can be written elsewhere. */
function rootInParts(target: Target, won: readonly Result[]): readonly Found[] {
  const written = won.filter(({ attack }) => attack.id === ROOT_ATTACK).map((result) => result.try.place);
  const facts = target.paths.get(written[0] ?? '');
  if (facts === undefined) return [];
  const mount = target.mounts.find(({ id }) => id === facts.mountId);
  const writability: Writability = {
    by: byWhom(target, facts),
    fileSystem: mount?.fileSystem ?? 'unknown',
    source: 'root file system',
    sizeLimit: null,
    execution: executionOf([], mount?.options.includes('noexec') ?? false),
    survives: { container: false, pod: false },
  };
  const why = `${PLACES['/']}: ${written.join(', ')}`;
  const executable = writability.execution !== 'noexec';
  return [{ what: '/', kind: 'volume', executable, why, writability, byManifest: false, everywhere: false, won: true }];
}

/** A technique, or a place that is none of this container's own mounts. */
function foundByAttack({ attack: { opens }, try: { place, gain }, observed }: Result): readonly Found[] {
  if (opens === undefined) return [];
  const won = gain === 'succeeded';
  const base = { why: opens.why, writability: null, byManifest: false, everywhere: !won, won };
  // What takes a privilege is an attack that succeeded, and no technique that is open to everybody.
  if (opens.kind === 'technique' && won) return [];
  if (opens.kind === 'technique') {
    const why = observed.by === undefined ? opens.why : `${opens.why} (done by ${observed.by})`;
    return [{ ...base, why, what: opens.what, kind: 'technique', executable: opens.executes ?? true }];
  }
  return [
    {
      ...base,
      what: place,
      kind: 'volume',
      executable: observed.executed ?? false,
      everywhere: false,
      byManifest: !won,
    },
  ];
}

/** Says whether it is declared, whether it is acceptable, and why. */
function judged({ byManifest, everywhere, won, ...found }: Found, profile: Allowed | undefined): ProvenResidual {
  const inProfile = profile !== undefined && listsIt(profile, found.what);
  const declared = profile === undefined ? byManifest : inProfile;
  const acceptable = !won && (declared || everywhere);
  return {
    ...found,
    why: `${found.why}${reasonOf({ byManifest, everywhere, won, inProfile, profile, why: found.why })}`,
    declared,
    acceptable,
  };
}

interface Reason extends Pick<Found, 'byManifest' | 'everywhere' | 'won' | 'why'> {
  readonly inProfile: boolean;
  readonly profile: Allowed | undefined;
}

function reasonOf({ byManifest, everywhere, won, inProfile, profile, why }: Reason): string {
  const said = won ? '; not acceptable: an attack succeeded with it' : '';
  if (inProfile) return `; declared in the profile${said}`;
  if (won) return said;
  if (everywhere) return /every container has|no field of a pod/.test(why) ? '' : '; no manifest prevents it';
  if (profile !== undefined) return `; ${byManifest ? 'declared in the manifest, and ' : ''}beyond the profile`;
  return byManifest ? '; declared in the manifest' : '; not acceptable: nothing declares it';
}

/** A directory that must be writable stands for what lies in it. */
function listsIt({ writable, residual }: Allowed, what: string): boolean {
  return residual.some((each) => each.what === what) || writable.some(({ path }) => isWithin(what, path));
}

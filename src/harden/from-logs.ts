/** Plans from the log of a pod that is already failing: nothing is run, and the result says so. */
import type { KnownPath } from '../catalogue/entry.ts';
import { findEntry } from '../catalogue/find.ts';
import { readCatalogue } from '../catalogue/read.ts';
import type { Tools } from '../image/tools.ts';
import { readLog, type UnplacedRefusal } from '../observe/collectors/log-lines.ts';
import { tcpPorts } from '../observe/exercise.ts';
import type { Change } from '../plan/change.ts';
import { type ContainerDecision, planHardening } from '../plan/plan.ts';
import { buildProfile, type ObservedContainer } from '../profile/build.ts';
import type { Evidence } from '../profile/evidence.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { type ImageLayout, isBelow, parentOf, placeEvidence, type ShippedDirectory } from '../profile/placement.ts';
import type { ImmutabilityProfile, WritablePath } from '../profile/profile.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { isNeverMounted } from './never-mounted.ts';

/** What is known of an image beside the log. */
export interface KnownImage {
  readonly layout: ImageLayout;
  /** WORKDIR of the image configuration. */
  readonly workingDir?: string;
  /** What it has to copy with; absent: not known, and nothing is copied. */
  readonly tools?: Tools;
}

export interface FromLogsOptions {
  /** By image name as the manifest writes it; an image without an entry is not known. */
  readonly images?: ReadonlyMap<string, KnownImage>;
  /** Whether the catalogue may say which directory a refused path belongs to; default true. */
  readonly catalogue?: boolean;
}

export interface FromLogs {
  readonly workload: Workload;
  readonly changes: readonly Change[];
  readonly profile: ImmutabilityProfile;
  /** What stands in the way, each one sentence. */
  readonly obstacles: readonly string[];
  /** What a reader must know of the plan, each one sentence. */
  readonly notes: readonly string[];
  /** Refused writes whose place the logs tell. */
  readonly refusals: number;
}

/** One container with what its log says. */
interface Told {
  readonly container: Container;
  readonly evidence: readonly Evidence[];
  readonly unplaced: readonly UnplacedRefusal[];
  readonly layout: ImageLayout;
  /** Whether `layout` is the image's own. */
  readonly known: boolean;
  readonly tools: Tools;
  /** What the catalogue knows of the image's paths. */
  readonly catalogued: readonly KnownPath[];
  readonly lines: number;
}

/**
 * What the logs of a workload's containers say, as a profile and as changes. User and capabilities stay as they are, and
 * so does a container without a log.
 * @param logs by container name
 */
export function hardenFromLogs(
  workload: Workload,
  logs: ReadonlyMap<string, string>,
  options: FromLogsOptions = {},
): FromLogs {
  const containers = workload.containers.filter(({ role }) => role !== 'ephemeral');
  const told = containers.flatMap((container) => {
    const log = logs.get(container.name);
    return log === undefined ? [] : [listen(container, log, options)];
  });
  const refusing = told.filter(({ evidence }) => evidence.length > 0);
  const decisions = new Map(refusing.map((one) => [one.container.name, decision(one)]));
  const planned = planHardening(workload, decisions);
  const obstacles = [
    ...told.flatMap(obstaclesOf),
    ...planned.leftOut.map(
      ({ container, path, because }) =>
        `${container} was refused to write into ${path}, which stays closed: ${because}`,
    ),
    ...planned.obstacles,
    ...silent(told),
  ];
  const stuck = obstacles.length > 0 && !refusing.every(({ container }) => isReadOnly(container));
  return {
    workload,
    // A root that is not read-only yet must not become so while a write is known to be refused then.
    changes: stuck || refusing.length === 0 ? [] : planned.changes.filter(needsNoTrial),
    profile: withoutGuesses(buildProfile(workload, told.map(described)), told),
    obstacles,
    notes: [
      ...told.flatMap(notesOf),
      ...containers.filter(({ name }) => !logs.has(name)).map(({ name }) => `${name}: no log of it; left as it is`),
    ],
    refusals: refusing.reduce((sum, { evidence }) => sum + evidence.length, 0),
  };
}

/** A log cannot tell whether a program asks the API server: only a run without its token does. */
function needsNoTrial({ path }: Change): boolean {
  return path.at(-1) !== 'automountServiceAccountToken';
}

/** Owners that nobody has seen are not stated. */
function withoutGuesses(profile: ImmutabilityProfile, told: readonly Told[]): ImmutabilityProfile {
  const known = new Set(told.filter((one) => one.known).map(({ container }) => container.name));
  const containers = profile.spec.containers.map((container) =>
    known.has(container.name)
      ? container
      : { ...container, writable: container.writable.map(({ owner: _guessed, ...path }) => path) },
  );
  return { ...profile, spec: { ...profile.spec, containers } };
}

function listen(container: Container, log: string, { images, catalogue = true }: FromLogsOptions): Told {
  const image = images?.get(container.image ?? '');
  const { workingDir: written } = container.spec;
  const workingDir = typeof written === 'string' && written.startsWith('/') ? written : image?.workingDir;
  const { evidence, unplaced } = readLog(log, { workingDir });
  const entry = catalogue ? findEntry(container.image ?? '', readCatalogue().images) : undefined;
  const catalogued = (entry?.paths ?? []).filter(({ type }) => type !== 'file');
  return {
    container,
    evidence,
    unplaced,
    layout: image?.layout ?? guessedLayout(evidence, catalogued),
    catalogued,
    known: image !== undefined,
    tools: image?.tools ?? 'none',
    lines: log.split('\n').length - (log.endsWith('\n') ? 1 : 0),
  };
}

/**
 * Without the image: the directory of a refused file must exist, else the refusal would be another; a directory that
 * could not be made is its own. Where the catalogue names a directory above it as one that the image writes into, that
 * is the one; it spares a run for each of its siblings.
 */
function guessedLayout(evidence: readonly Evidence[], catalogued: readonly KnownPath[]): ImageLayout {
  const resolve = withoutVarRun;
  const directories = new Set<string>();
  const made = new Set<string>();
  for (const { path, type } of evidence) {
    const own = resolve(path);
    const narrow = type === 'directory' ? own : parentOf(own);
    const entry = catalogued.find((one) => !one.shipsFiles && isBelow(narrow, resolve(one.path)));
    if (entry === undefined && type === 'directory') made.add(narrow);
    else directories.add(entry === undefined ? narrow : resolve(entry.path));
  }
  // What could not be made below another one is made there once that is a volume.
  for (const path of made) {
    if (![...directories, ...made].some((other) => other !== path && other !== '/' && isBelow(path, other))) {
      directories.add(path);
    }
  }
  return { resolve, directory: (path) => (directories.has(path) ? NOTHING_KNOWN : undefined) };
}

/** `/var/run` is a link to `/run` in every image of the last ten years. */
const withoutVarRun = (path: string) => path.replace(/^\/var\/run(?=\/|$)/, '/run');

/** It is there; what is in it, and whose it is, nobody has seen. */
const NOTHING_KNOWN: ShippedDirectory = {
  shippedFiles: 0,
  owner: { uid: 0, gid: 0, mode: 0o755 },
  bytes: 0,
  programs: [],
  outputs: [],
  names: [],
};

function decision(told: Told): ContainerDecision {
  return {
    identity: { user: undefined, capabilities: 'default' },
    writable: writableOf(told).filter((path) => !isRefused(path, told)),
    ports: tcpPorts(told.container, []),
    tools: told.tools,
    code: 'mounted',
    directories: 'plain',
    shipped: (path) => told.layout.directory(path),
  };
}

function writableOf({ container, evidence, layout }: Told): WritablePath[] {
  return mergeEvidence(evidence, layout, container.mounts);
}

/** Places that get no volume as long as nothing is known of the image: the parents of everything, and configuration. */
function isRefused(path: WritablePath, told: Told): boolean {
  if (told.known) return false;
  return isNeverMounted(path.path) || ships(path, told) || (isBelow(path.path, '/etc') && !madeThere(path));
}

/** Whether the catalogue says that the image has files there. */
function ships({ path }: WritablePath, { catalogued }: Told): boolean {
  return catalogued.some((one) => one.shipsFiles === true && withoutVarRun(one.path) === path);
}

/** `mkdir` of a directory that is there fails with EEXIST, on a read-only root too: EROFS says that it is not. */
function madeThere({ path, evidence }: WritablePath): boolean {
  return evidence.some(
    (one) => one.errno === 'EROFS' && one.type === 'directory' && one.path === path && /mkdir|create/i.test(one.detail),
  );
}

function obstaclesOf(told: Told): string[] {
  const { name } = told.container;
  const refused = writableOf(told).filter((path) => isRefused(path, told));
  return [
    ...refused.map((one) => {
      const { path, evidence } = one;
      const what = `${name} was refused to write ${evidence[0]?.path ?? path}`;
      if (isNeverMounted(path))
        return `${what}: no volume goes over ${path}, which holds more than that; let it write elsewhere`;
      const holds = ships(one, told)
        ? 'files that the image ships, says the catalogue'
        : 'configuration that the image may ship';
      return `${what}: ${path} holds ${holds}, and an empty volume would hide them; run it, or let it write elsewhere`;
    }),
    ...placed(told, 'kernel-interface').map(
      ({ path }) => `${name} was refused to write ${path}, which belongs to the kernel: no volume helps`,
    ),
  ];
}

function placed({ container, evidence, layout }: Told, because: string): Evidence[] {
  return evidence.filter((piece) => {
    const placement = placeEvidence(piece, layout, container.mounts);
    return placement.directory === undefined && placement.because === because;
  });
}

/** Nothing to go by is no success. */
function silent(told: readonly Told[]): string[] {
  if (told.some(({ evidence }) => evidence.length > 0)) return [];
  if (told.length === 0) return ['no log of any of its containers'];
  return ['no line of its log tells where a write was refused; a program may also be refused without a word'];
}

function notesOf(told: Told): string[] {
  const { name } = told.container;
  const notes = told.unplaced.map(({ line, path }) =>
    path === undefined
      ? `${name} was refused a write, and the line does not say where: ${line}`
      : `${name} was refused to write ${path}; what that is relative to is not known (workingDir would say it): ${line}`,
  );
  for (const path of writableOf(told)) {
    if (told.known || isRefused(path, told) || madeThere(path)) continue;
    notes.push(
      `${name}: whether the image ships files in ${path.path} is not known; an empty volume hides what is there`,
    );
  }
  for (const { path } of placed(told, 'read-only-volume')) {
    notes.push(`${name} was refused to write ${path}, which lies on a volume that the manifest mounts read-only`);
  }
  if (told.evidence.length === 0 && told.unplaced.length === 0) {
    notes.push(`${name}: its log reports no refused write; left as it is`);
  }
  return notes;
}

function isReadOnly({ settings }: Container): boolean {
  return settings.readOnlyRootFilesystem.value;
}

function described({ container, evidence, layout, lines }: Told): ObservedContainer {
  const { runAsUser, runAsGroup } = container.settings;
  return {
    name: container.name,
    image: { name: container.image ?? '(none)', id: 'unknown' },
    user: {
      uid: runAsUser.value ?? 0,
      gid: runAsGroup.value ?? 0,
      from: runAsUser.value === undefined ? 'image' : 'manifest',
    },
    capabilities: [],
    mounts: container.mounts,
    evidence,
    layout,
    coverage: {
      ready: false,
      requests: 0,
      seconds: 0,
      shutdown: false,
      collectors: [
        { collector: 'log-lines', ran: true, note: `${lines} ${lines === 1 ? 'line' : 'lines'}; nothing was run` },
      ],
    },
  };
}

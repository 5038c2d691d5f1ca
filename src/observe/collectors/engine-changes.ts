/** The engine's own list of changed files, without what the engine itself made: needs no privilege, sees nothing transient. */
import type { FilesystemChange, PathStat } from '../../engine/engine.ts';
import type { CollectorRun, Evidence } from '../../profile/evidence.ts';
import type { Phase } from '../clock.ts';

/** Changed files kept; a container that writes more is described well enough by these. */
const MAX_CHANGES = 20_000;
/** Changed files whose type and size are asked for; each is one request to the engine. */
const MAX_STATS = 48;
/** Requests at a time. */
const STATS_AT_ONCE = 8;

/** Files that engines put into every container, or mount into it. */
const ENGINE_FILES: ReadonlySet<string> = new Set([
  '/.dockerenv',
  '/dev',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/mtab',
  '/etc/resolv.conf',
  '/proc',
  '/run/.containerenv',
  '/run/secrets',
  '/sys',
]);

/** What the engine listed at one moment of the container's life. */
export interface ChangeList {
  readonly phase: Phase;
  readonly atMs: number;
  readonly changes: readonly FilesystemChange[];
}

/** What is not the application's doing. */
export interface EngineMade {
  /** Changes that were there before the application's first instruction. */
  readonly baseline: readonly FilesystemChange[];
  /** Where something is mounted: the engine makes missing mount points. */
  readonly mountPaths: readonly string[];
}

function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) ancestors.push(path.slice(0, at));
  return [...ancestors, '/'];
}

/**
 * The application's own changes: without the engine's files and mount points, without what was there before it ran,
 * and without directories that are listed only because something below them is.
 */
export function ownChanges(changes: readonly FilesystemChange[], made: EngineMade): FilesystemChange[] {
  const before = new Set(made.baseline.map((change) => `${change.kind} ${change.path}`));
  const mountPoints = new Set(made.mountPaths);
  const aboveMounts = new Set(made.mountPaths.flatMap(ancestorsOf));
  const own = changes
    .slice(0, MAX_CHANGES)
    .filter(({ path, kind }) => !ENGINE_FILES.has(path) && !mountPoints.has(path) && !before.has(`${kind} ${path}`))
    .filter(({ path }) => !/^\/(?:dev|proc|sys)\//.test(path));
  const aboveChanges = new Set(changes.flatMap((change) => ancestorsOf(change.path)));
  const aboveOwn = new Set(own.flatMap(({ path }) => (aboveMounts.has(path) ? [] : ancestorsOf(path))));
  return own.filter(({ path, kind }) => {
    if (kind === 'modified') return !aboveChanges.has(path);
    return kind === 'deleted' || !aboveMounts.has(path) || aboveOwn.has(path);
  });
}

/**
 * Evidence of the lists that were taken while the container ran and after it ended; a path counts once, at its first.
 * @param statOf asks the engine for one path of the container; it may fail.
 */
export async function changeEvidence(
  lists: readonly ChangeList[],
  made: EngineMade,
  statOf: (path: string) => Promise<PathStat | undefined>,
): Promise<Evidence[]> {
  const first = new Map<string, { change: FilesystemChange; list: ChangeList }>();
  for (const list of lists) {
    for (const change of ownChanges(list.changes, made)) {
      const key = `${change.kind} ${change.path}`;
      if (!first.has(key)) first.set(key, { change, list });
    }
  }
  const seen = [...first.values()];
  const above = new Set(seen.flatMap(({ change }) => ancestorsOf(change.path)));
  const unknown = seen.filter(({ change }) => change.kind !== 'deleted' && !above.has(change.path)).slice(0, MAX_STATS);
  const stats = await statAll(
    unknown.map(({ change }) => change.path),
    statOf,
  );
  return seen.map(({ change, list }) => toEvidence(change, list, above.has(change.path), stats.get(change.path)));
}

async function statAll(
  paths: readonly string[],
  statOf: (path: string) => Promise<PathStat | undefined>,
): Promise<Map<string, PathStat>> {
  const stats = new Map<string, PathStat>();
  for (let start = 0; start < paths.length; start += STATS_AT_ONCE) {
    const batch = paths.slice(start, start + STATS_AT_ONCE);
    await Promise.all(
      batch.map(async (path) => {
        const stat = await statOf(path).catch(() => undefined);
        if (stat !== undefined) stats.set(path, stat);
      }),
    );
  }
  return stats;
}

const WORDS = { added: 'added', modified: 'changed', deleted: 'deleted', opened: 'open for writing' } as const;

function toEvidence(
  change: FilesystemChange,
  list: ChangeList,
  isAbove: boolean,
  stat: PathStat | undefined,
): Evidence {
  const directory = isAbove || stat?.type === 'directory';
  const what = {
    added: directory ? 'mkdir' : 'create',
    modified: directory ? 'attributes' : 'modify',
    deleted: 'delete',
    opened: 'modify',
  } as const;
  const type = directory ? 'directory' : stat?.type;
  return {
    collector: 'engine-changes',
    path: change.path,
    what: what[change.kind],
    atMs: list.atMs,
    phase: list.phase,
    detail: `${WORDS[change.kind]}, listed by the engine ${list.phase === 'shutdown' ? 'after it had ended' : 'while it ran'}`,
    ...(type === undefined ? {} : { type }),
    ...(stat?.type === 'file' ? { bytes: stat.size } : {}),
  };
}

/** Coverage of a container whose list was read, or could not be. @param missing what no list shows here */
export function changesCoverage(failure: string | undefined, missing?: string): CollectorRun {
  return failure === undefined
    ? { collector: 'engine-changes', ran: true, ...(missing === undefined ? {} : { note: missing }) }
    : { collector: 'engine-changes', ran: false, note: failure };
}

/** Decides in which form a directory becomes writable: an empty volume, a copy of what the image ships, single files, or not at all. */
import { programPlace } from '../controls/program-places.ts';
import { isBelow, type ShippedDirectory } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';

/** How a directory is made writable. */
export type Form =
  /** An empty volume over the directory. */
  | { readonly kind: 'empty' }
  /** A volume that an init container fills with the image's own directory, its owner and mode included. */
  | { readonly kind: 'copy'; readonly because: string }
  /** Only these files of the directory, each mounted by itself. */
  | { readonly kind: 'files'; readonly names: readonly string[] }
  /** Nothing is mounted: `because` says why a volume must not or cannot be there. */
  | { readonly kind: 'none'; readonly because: string };

/** More files than this are not single files any more: the next run writes others. */
const MAX_FILES = 2;
/** A copy at every start of a pod should not take minutes, nor fill a node. */
const MAX_COPY_BYTES = 512 * 1024 * 1024;

/** What the form depends on beside the path and its evidence. */
export interface Surroundings {
  /** What the image ships there; undefined: the image has no such directory. */
  readonly shipped: ShippedDirectory | undefined;
  /** `left-out`: a directory into which only code is written (bytecode, say) stays closed. */
  readonly code: 'left-out' | 'mounted';
  /** `own`: the directory keeps the owner and mode that the image gives it, so it is copied even where it is empty. */
  readonly directories: 'plain' | 'own';
}

/**
 * The form for one directory, in this order: nothing over places that decide what runs; an empty volume where nothing would
 * be hidden; single files where only few of fixed names are written in place; else a copy, but never of programs.
 */
export function formOf(path: WritablePath, { shipped, directories, code }: Surroundings): Form {
  const files = singleFiles(path, shipped);
  if (code === 'left-out' && onlyCode(path))
    return { kind: 'none', because: 'what it writes there is code that is loaded later' };
  const forbidden = forbiddenPlace(path.path);
  if (forbidden === undefined && path.shippedFiles === 0) {
    const keeps = directories === 'own' && shipped !== undefined;
    return keeps ? { kind: 'copy', because: 'it keeps the owner and mode of the image' } : { kind: 'empty' };
  }
  const fits = files?.names.every((name) => mayBeMounted(join(path.path, name))) === true;
  if (fits && !files.mayBeMore) return { kind: 'files', names: files.names };
  const hindrance = forbidden ?? copyHindrance(shipped);
  if (hindrance === undefined) return { kind: 'copy', because: `the image ships ${filesOf(path.shippedFiles)} there` };
  return fits ? { kind: 'files', names: files.names } : { kind: 'none', because: hindrance };
}

/** Why a directory must not be copied; undefined: it may. */
function copyHindrance(shipped: ShippedDirectory | undefined): string | undefined {
  const [program] = shipped?.programs ?? [];
  if (program !== undefined) return `the image ships programs there (${program}), which would become writable`;
  const bytes = shipped?.bytes ?? 0;
  return bytes > MAX_COPY_BYTES
    ? `the image ships ${Math.round(bytes / 1024 / 1024)} MiB there, too much for a copy`
    : undefined;
}

/** Why no volume may lie over a directory; undefined: one may. */
function forbiddenPlace(path: string): string | undefined {
  if (path === '/') return 'a volume cannot be mounted over /';
  // The API server refuses it: a colon separates the parts of a bind.
  if (path.includes(':')) return 'a mount path may not hold a colon';
  const place = programPlace(path);
  if (place === 'programs') return 'a volume there would make programs writable';
  if (place === 'start-up') return 'a volume there would make writable what decides who logs in and what starts';
  return undefined;
}

function mayBeMounted(path: string): boolean {
  if (path.includes(':')) return false;
  const place = programPlace(path);
  return place === undefined || place === 'configuration';
}

/** The few files that are written in place, directly in the directory; undefined: more than that happens. */
function singleFiles(
  { path, kind, evidence }: WritablePath,
  shipped: ShippedDirectory | undefined,
): SingleFiles | undefined {
  const names = new Set<string>();
  let isNew = false;
  for (const piece of evidence) {
    if (piece.path === path || !isBelow(piece.path, path)) return undefined;
    const name = piece.path.slice(path === '/' ? 1 : path.length + 1);
    // A name that is mounted cannot be removed or replaced, and one that is made up anew is another the next time.
    if (name.includes('/') || !IN_PLACE.has(piece.what) || !isFile(piece.type) || isMadeUp(name)) return undefined;
    isNew ||= MAY_BE_NEW.has(piece.what) && !shipped?.names.includes(name);
    names.add(name);
  }
  if (names.size === 0 || names.size > MAX_FILES) return undefined;
  return { names: [...names].sort(), mayBeMore: isNew && kind !== 'log' };
}

interface SingleFiles {
  readonly names: readonly string[];
  /** One is new, so others may follow (a database's next file); logs have their names. */
  readonly mayBeMore: boolean;
}

/** Files that interpreters and linkers load: a place where they can be put is a place where code can be put. */
const CODE = /\.(?:py[co]|class|jar|so(?:\.\d+)*|node|wasm|[cm]?js|rb|pl|pm|php|dll)(?:\.[0-9]+)?$/i;

function onlyCode({ evidence }: WritablePath): boolean {
  const files = evidence.filter(({ type, what }) => type !== 'directory' && what !== 'mkdir' && what !== 'declared');
  return files.length > 0 && files.every(({ path }) => CODE.test(path));
}

const IN_PLACE: ReadonlySet<string> = new Set(['create', 'modify', 'attributes', 'refused']);
const MAY_BE_NEW: ReadonlySet<string> = new Set(['create', 'refused']);
const isFile = (type: string | undefined) => type === undefined || type === 'file';

/** `tmpA3f9Zq`, `.app.conf.swp`, `session_8f3a…`, `core.1234`: nobody opens such a name twice; a pid file is removed at the end. */
const MADE_UP = /(?:^|[._-])te?mp(?!late)|\.sw[a-z]$|~$|\d{4,}|[0-9a-f]{8}|\.pid$|\.lock$|\.sock(?:et)?$/i;
/** As mktemp ends them: `.A3f9Zq`, but not `.config`. */
const RANDOM_END = /\.(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6}$/;

const isMadeUp = (name: string) => MADE_UP.test(name) || RANDOM_END.test(name);

const join = (directory: string, name: string) => (directory === '/' ? `/${name}` : `${directory}/${name}`);
const filesOf = (count: number) => (count === 1 ? 'a file' : `${count} files`);

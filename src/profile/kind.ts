/** Says what a writable directory is for, from its path and from what was seen in it. */
import type { Evidence, PathKind } from './evidence.ts';

/** First match decides. Paths are the Filesystem Hierarchy Standard's and the habits of the catalogue's images. */
const BY_PATH: readonly { readonly pattern: RegExp; readonly kind: PathKind }[] = [
  { pattern: /^\/(?:var\/)?tmp(?:\/|$)/, kind: 'scratch' },
  { pattern: /^\/run(?:\/|$)|^\/var\/lock(?:\/|$)/, kind: 'scratch' },
  { pattern: /\/(?:\.?cache|[^/]*[_-]cache|[^/]*_temp)(?:\/|$)/, kind: 'cache' },
  { pattern: /\/logs?(?:\/|$)/, kind: 'log' },
  { pattern: /\/(?:tmp|temp|work|scratch)(?:\/|$)/, kind: 'scratch' },
  { pattern: /^\/etc(?:\/|$)|\/(?:conf|config|conf\.d|\.config)(?:\/|$)/, kind: 'configuration' },
  { pattern: /^\/var\/(?:lib|opt|spool|mail|db)(?:\/|$)|^\/srv(?:\/|$)|\/data(?:\/|$)/, kind: 'state' },
];

/** Extensions that make every file of a directory a log. */
const LOG_FILE = /\.(?:log|out|err)(?:\.\d+)?$/;

/** Changes that were seen to happen. */
const SEEN: ReadonlySet<Evidence['what']> = new Set(['create', 'mkdir', 'modify', 'attributes', 'rename']);
/** What is no content: it is made anew at every start. */
const EMPTY_TYPES: ReadonlySet<Evidence['type']> = new Set(['directory', 'socket', 'fifo', 'symlink']);

/** Whether a file may still be there when the application has ended; what was only refused or declared tells nothing. */
function mayKeepFiles(evidence: readonly Evidence[]): boolean {
  if (!evidence.some(({ what }) => SEEN.has(what))) return true;
  const gone = new Set(evidence.filter(({ what }) => what === 'delete').map(({ path }) => path));
  return evidence.some(({ what, type, path }) => SEEN.has(what) && !EMPTY_TYPES.has(type) && !gone.has(path));
}

/** What the image alone suggests: a guess for a directory of which nothing else is known. */
const isGuess = ({ collector, kind }: Evidence) => collector === 'image-config' && kind !== undefined;

/**
 * The kind of a directory. What a source states wins, then a path for state where files are left, then a socket that was
 * seen, then the path (for state without files: scratch), then what the image declares (a VOLUME is state), then the names
 * of its files; scratch when nothing tells: it is lost at a restart today as well.
 */
export function kindOf(path: string, all: readonly Evidence[]): PathKind {
  const known = all.filter((piece) => !isGuess(piece));
  return kindFrom(path, known.length > 0 ? known : all);
}

function kindFrom(path: string, evidence: readonly Evidence[]): PathKind {
  const stated = evidence
    .map((piece) => piece.kind)
    .filter((kind) => kind !== undefined)
    .sort();
  if (stated[0] !== undefined) return stated[0];
  const known = BY_PATH.find(({ pattern }) => pattern.test(path))?.kind;
  const isVolume = evidence.some((piece) => piece.collector === 'image-config' && piece.detail === 'VOLUME');
  if (known === 'state' && (isVolume || mayKeepFiles(evidence))) return 'state';
  if (evidence.some((piece) => piece.type === 'socket')) return 'socket';
  if (known !== undefined) return known === 'state' ? 'scratch' : known;
  if (isVolume) return 'state';
  const files = evidence.filter((piece) => piece.type === 'file');
  return files.length > 0 && files.every((piece) => LOG_FILE.test(piece.path)) ? 'log' : 'scratch';
}

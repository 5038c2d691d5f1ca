/** Turns the kernel's event bits of one path into evidence, after comparison with what the image ships there. */
import { type BigIntStats, readFileSync } from 'node:fs';
import type { Evidence, WriteKind } from '../../profile/evidence.ts';
import type { Clock } from '../clock.ts';
import { FAN, type FanotifyEvent } from './fanotify-events.ts';
import { shippedChange, shippedEntry, upperEntry } from './layer-comparison.ts';
import type { ContainerMounts } from './mountinfo.ts';

/** One kind of change of one path: first time, and by whom. */
interface Sighting {
  readonly what: WriteKind;
  readonly flag: string;
  readonly atMs: number;
  readonly phase: Evidence['phase'];
  readonly by: string;
}

/** All that was seen of one path. */
export interface SeenPath {
  /** In the container's own layer, not in something mounted. */
  readonly layer: boolean;
  /** Where it lies on this host. */
  readonly hostPath: string;
  directory: boolean;
  /** Largest size measured; undefined: never while it was a file. */
  bytes: number | undefined;
  readonly sightings: Map<WriteKind, Sighting>;
}

const SIGHTED: readonly { readonly bit: number; readonly what: WriteKind; readonly flag: string }[] = [
  { bit: FAN.CREATE, what: 'create', flag: 'CREATE' },
  { bit: FAN.DELETE, what: 'delete', flag: 'DELETE' },
  { bit: FAN.MOVED_FROM, what: 'rename', flag: 'MOVED_FROM' },
  { bit: FAN.MOVED_TO, what: 'rename', flag: 'MOVED_TO' },
  { bit: FAN.MODIFY, what: 'modify', flag: 'MODIFY' },
  { bit: FAN.ATTRIB, what: 'attributes', flag: 'ATTRIB' },
];

/** What is new needs no word about its content and attributes: creating it was the write. */
const IMPLIED: ReadonlySet<WriteKind> = new Set(['modify', 'attributes']);

/** Adds what an event says; the kernel merges several changes of one path into one event with several bits. */
export function addSightings(seen: SeenPath, event: FanotifyEvent, clock: Clock): void {
  const directory = (event.mask & FAN.ONDIR) !== 0;
  if (directory) seen.directory = true;
  for (const { bit, what: general, flag } of SIGHTED) {
    if ((event.mask & bit) === 0) continue;
    const what = general === 'create' && directory ? 'mkdir' : general;
    if (seen.sightings.has(what)) continue;
    seen.sightings.set(what, { what, flag, atMs: clock.atMs(), phase: clock.phase(), by: processName(event.pid) });
  }
}

/** `nginx (pid 12)`, or the pid alone when the process has ended. */
function processName(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
  } catch {
    return `pid ${pid}`;
  }
}

/** Remembers how large it is now: many files are gone again after the shutdown. */
export function measure(seen: SeenPath): void {
  const present = upperEntry('/', seen.hostPath);
  if (present?.isFile()) seen.bytes = Math.max(seen.bytes ?? 0, Number(present.size));
}

/** One path's sightings as evidence; none where the overlay merely copied a directory up. */
export function evidenceOf(path: string, seen: SeenPath, mounts: ContainerMounts): Evidence[] {
  const inLayer = seen.layer && mounts.upper !== undefined;
  const present = inLayer ? upperEntry(mounts.upper, path) : upperEntry('/', seen.hostPath);
  const shipped = seen.layer ? shippedEntry(mounts.lowers, path) : undefined;
  const type = typeOf(present, seen.directory);
  measure(seen);
  const bytes = seen.bytes === undefined ? {} : { bytes: seen.bytes };
  const toEvidence = ({ what, flag, atMs, phase, by }: Sighting, more: string): Evidence => {
    return { collector: 'kernel-events', path, what, atMs, phase, type, ...bytes, detail: `${flag} by ${by}${more}` };
  };
  const sightings = [...seen.sightings.values()];
  if (shipped !== undefined) {
    const what = shippedChange(shipped, present, mounts.ownersShift);
    if (what === 'unchanged-directory') return [];
    return sightings.slice(0, 1).map((first) => toEvidence({ ...first, what }, ', shipped by the image'));
  }
  const isNew = seen.sightings.has('create') || seen.sightings.has('mkdir');
  return sightings
    .filter((sighting) => !(isNew && IMPLIED.has(sighting.what)))
    .map((sighting) => toEvidence(sighting, ''));
}

function typeOf(present: BigIntStats | undefined, directory: boolean): NonNullable<Evidence['type']> {
  if (directory || present?.isDirectory()) return 'directory';
  if (present?.isSocket()) return 'socket';
  if (present?.isFIFO()) return 'fifo';
  if (present?.isSymbolicLink()) return 'symlink';
  // What is gone again and was no directory is counted as a file.
  return present === undefined || present.isFile() ? 'file' : 'other';
}

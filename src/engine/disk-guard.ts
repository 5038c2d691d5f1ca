/** Watches what a pod's containers write on this machine's disk, and tells when it is too much for it. */
import { execFile } from 'node:child_process';
import { stat, statfs } from 'node:fs/promises';
import { bytesText } from './quantity.ts';

/** All that a pod may write: a server's first start writes megabytes, a database's some hundred. */
export const DISK_LIMIT_BYTES = 4 * 2 ** 30;

/** Of what was free when the pod was started: on a small disk it gets no more than this. */
export const DISK_LIMIT_SHARE = 0.25;

/**
 * Where less than this share of the space (or of the inodes) is left that was free at the start, the pod is ended,
 * whatever could be seen: what is written into a deleted file is found in no directory.
 */
export const FREE_FLOOR_SHARE = 0.5;

/** Asking a filesystem how much is free costs microseconds; a fast disk takes half a GiB in this time. */
const POLL_MS = 250;

/** Directories are measured when the disk has lost a part of what a pod may write, and else this often. */
const MEASURE_MS = 3_000;
const MEASURE_SHARE = 1 / 16;

/** A million files take `du` seconds; what takes longer is left to the floor. */
const DU_TIMEOUT_MS = 20_000;

/** What a pod writes into: a container's own layer, or a volume. */
export interface Place {
  /** `container app`, `volume data`. */
  readonly what: string;
  /** Absolute directories and files of this machine. */
  readonly paths: readonly string[];
  /** What Kubernetes allows it, and the sentence when it is more. */
  readonly limit?: { readonly bytes: number; readonly sentence: string };
}

export interface DiskGuard {
  watch(place: Place): void;
  close(): void;
}

/** Sizes of places, in bytes as on the disk. */
export type Sizes = ReadonlyMap<Place, number>;

/** Pure: what is too much, as one sentence that begins with a small letter; undefined: nothing is. */
export function excessOf(sizes: Sizes, limitBytes: number): string | undefined {
  let total = 0;
  let largest: [Place, number] | undefined;
  for (const [place, bytes] of sizes) {
    if (place.limit && bytes > place.limit.bytes) return place.limit.sentence;
    total += bytes;
    if (largest === undefined || bytes > largest[1]) largest = [place, bytes];
  }
  if (largest === undefined || total <= limitBytes) return undefined;
  const limit = bytesText(limitBytes);
  if (largest[1] > limitBytes) return `${largest[0].what} wrote more than ${limit} and was ended`;
  return `the pod wrote more than ${limit}, most of it ${largest[0].what}, and was ended`;
}

interface Disk {
  readonly path: string;
  readonly freeBytes: number;
  readonly freeFiles: number;
}

/**
 * Watches until it is closed, and calls `onExcess` once with the sentence. `root` is a directory of the run; further
 * filesystems are found from what is watched. Never throws: what cannot be measured is not held against anybody.
 */
export async function guardDisk(root: string, onExcess: (sentence: string) => void): Promise<DiskGuard> {
  const places: Place[] = [];
  const disks = new Map<number, Disk>();
  const know = async (path: string) => {
    try {
      const { dev } = await stat(path);
      if (!disks.has(dev)) disks.set(dev, { path, ...(await freeAt(path)) });
    } catch {}
  };
  await know(root);
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let measuredAt = 0;
  let lostAtMeasure = 0;
  const tell = (sentence: string) => {
    if (closed) return;
    close();
    onExcess(sentence);
  };
  const look = async () => {
    const now = await Promise.all([...disks.values()].map(async (disk) => ({ disk, ...(await freeAt(disk.path)) })));
    const full = now.find((one) => isBelowFloor(one, one.disk));
    if (full) return tell(floorSentence(full.freeBytes));
    const limit = limitFor([...disks.values()]);
    const lost = now.reduce((sum, one) => sum + one.disk.freeBytes - one.freeBytes, 0);
    const smallest = Math.min(limit, ...places.map((place) => place.limit?.bytes ?? limit));
    if (lost - lostAtMeasure < smallest * MEASURE_SHARE && performance.now() - measuredAt < MEASURE_MS) return;
    const excess = excessOf(await sizesOf(places), limit);
    if (excess !== undefined) tell(excess);
    measuredAt = performance.now();
    lostAtMeasure = lost;
  };
  const again = () => {
    if (closed) return;
    timer = setTimeout(
      () =>
        look()
          .catch(() => {})
          .finally(again),
      POLL_MS,
    );
    // What is watched has a process of its own that keeps this one alive.
    timer.unref();
  };
  const close = () => {
    closed = true;
    clearTimeout(timer);
  };
  again();
  return {
    watch(place) {
      places.push(place);
      for (const path of place.paths) void know(path);
    },
    close,
  };
}

function limitFor(disks: readonly Disk[]): number {
  return Math.min(DISK_LIMIT_BYTES, ...disks.map(({ freeBytes }) => Math.floor(freeBytes * DISK_LIMIT_SHARE)));
}

function isBelowFloor(now: Omit<Disk, 'path'>, start: Disk): boolean {
  // Some filesystems have no fixed number of files and say 0.
  const fewFiles = start.freeFiles > 0 && now.freeFiles < start.freeFiles * FREE_FLOOR_SHARE;
  return fewFiles || now.freeBytes < start.freeBytes * FREE_FLOOR_SHARE;
}

function floorSentence(freeBytes: number): string {
  return `the disk of this machine lost half of its free space or files while the pod ran (${bytesText(freeBytes)} are left), and the pod was ended`;
}

async function freeAt(path: string): Promise<Omit<Disk, 'path'>> {
  const { bavail, bsize, ffree } = await statfs(path);
  return { freeBytes: bavail * bsize, freeFiles: ffree };
}

/** By `du`, which follows no link and goes to any depth; what it cannot measure counts nothing. */
async function sizesOf(places: readonly Place[]): Promise<Sizes> {
  const paths = places.flatMap((place) => place.paths);
  const kibibytes = paths.length === 0 ? new Map<string, number>() : await usedBelow(paths);
  return new Map(
    places.map((place) => [place, place.paths.reduce((sum, path) => sum + (kibibytes.get(path) ?? 0), 0) * 1024]),
  );
}

function usedBelow(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return new Promise((resolve) => {
    execFile('du', ['-skx', '--', ...paths], { timeout: DU_TIMEOUT_MS }, (_error, stdout) => {
      // It fails for what vanishes under its eyes, and prints the sums all the same.
      const lines = stdout.split('\n').map((line) => /^(\d+)\t(.*)$/.exec(line));
      resolve(new Map(lines.flatMap((match) => (match ? [[match[2]!, Number(match[1])] as const] : []))));
    });
  });
}

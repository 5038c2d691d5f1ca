/** Finds the processes of the pod's other containers, which a shared process namespace shows, and tells whose they are. */
import { cleanPath } from '../workload/file-path.ts';
import type { Workload } from '../workload/workload.ts';
import type { Hands } from './attack.ts';
import { type Call, call, type Output, output, resultOf } from './probe/program.ts';
import { AT_FDCWD, O_RDONLY, STATX_BYTES, STATX_WANTED } from './probe/syscalls.ts';
import { factsOf } from './statx.ts';
import type { Neighbour, Target } from './target.ts';

/** Another container of the pod that runs at the same time. */
export type Fellow = Pick<Neighbour, 'container'> & {
  /** The engine's id, which is part of the names of its control groups. */
  readonly id: string;
};

/** The others of a pod, where their processes are seen; a string says why none is. */
export function fellowsIn(
  { podSpec }: Pick<Workload, 'podSpec'>,
  others: readonly Fellow[],
): readonly Fellow[] | string {
  if (podSpec.shareProcessNamespace !== true) return 'the pod does not share its process namespace';
  return others.length > 0 ? others : 'the pod has no other container that runs';
}

/** /proc has some 70 names besides those of processes, and each takes at most 32 bytes. */
const LISTING_BYTES = 32 * 1024;
/** Processes that are looked at: a hostile container may start thousands. The lowest numbers are the oldest ones. */
const PROCESSES = 96;
/** With control groups of version 1 the file has a dozen lines, each with the container's id. */
const CGROUP_BYTES = 4096;
/** Their reports are copied from the probe's stack: 48 × 4 KiB stay far below its limit. */
const LOOKS_AT_ONCE = 48;

/**
 * The neighbours whose processes can be seen; a string says why there are none. A process belongs to the container whose
 * id its control group names, which everybody may read; its namespaces only its own user may see. What belongs to none
 * of the pod's containers (the pause process) is left alone.
 */
export async function neighboursSeen(fellows: readonly Fellow[], hands: Hands): Promise<Target['neighbours']> {
  const pids = await processNumbers(hands);
  const found: { fellow: Fellow; pid: number; uid: number }[] = [];
  let uid = -1;
  for (let start = 0; start < pids.length; start += LOOKS_AT_ONCE) {
    const looks = pids.slice(start, start + LOOKS_AT_ONCE).map(lookAtProcess);
    const own = call('geteuid');
    const report = await hands.probe([own, ...looks.flatMap(({ calls }) => calls)]);
    uid = Number(report.value(own));
    for (const { pid, facts, looked, group, got } of looks) {
      // It may have ended in between.
      if (report.errno(looked) !== null || report.errno(got) !== null) continue;
      const text = report.bytes(group).toString('latin1', 0, Number(report.value(got)));
      const fellow = fellows.find(({ id }) => text.includes(id));
      if (fellow !== undefined) found.push({ fellow, pid, uid: factsOf(report.bytes(facts)).uid });
    }
  }
  const neighbours = fellows.flatMap(({ container }): Neighbour[] => {
    const processes = found.filter(({ fellow }) => fellow.container === container);
    // Workers may run as another user than the first process: one of this container's own user is within its reach.
    const process = processes.find((each) => each.uid === uid) ?? processes[0];
    return process === undefined ? [] : [{ container, pid: process.pid, uid: process.uid }];
  });
  return neighbours.length > 0 ? neighbours : 'no process of another container of the pod can be seen';
}

/**
 * The container's own first process where processes of others are seen as well: the oldest in the same control group. 1
 * where none is found, as everywhere else.
 */
export async function ownFirstProcess(hands: Hands): Promise<number> {
  const pids = await processNumbers(hands);
  for (let start = 0; start < pids.length; start += LOOKS_AT_ONCE) {
    const looks = pids.slice(start, start + LOOKS_AT_ONCE).map(lookAtProcess);
    const own = lookAtProcess('self');
    const report = await hands.probe([own, ...looks].flatMap(({ calls }) => calls));
    const groupOf = ({ got, group }: Look) =>
      report.errno(got) === null ? report.bytes(group).toString('latin1', 0, Number(report.value(got))) : undefined;
    const first = looks.find((look) => groupOf(look) !== undefined && groupOf(look) === groupOf(own));
    if (first !== undefined) return Number(first.pid);
  }
  return 1;
}

async function processNumbers(hands: Hands): Promise<readonly number[]> {
  const opened = call('openat', AT_FDCWD, '/proc', O_RDONLY);
  const listing = output(LISTING_BYTES);
  const got = call('getdents64', resultOf(opened), listing, LISTING_BYTES);
  const report = await hands.probe([opened, got, call('close', resultOf(opened))]);
  if (report.errno(got) !== null) return [];
  const names = namesIn(report.bytes(listing).subarray(0, Number(report.value(got))));
  return names
    .filter((name) => /^\d{1,10}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .slice(0, PROCESSES);
}

interface Look {
  readonly pid: number | 'self';
  readonly calls: readonly Call[];
  readonly facts: Output;
  readonly looked: Call;
  readonly group: Output;
  readonly got: Call;
}

function lookAtProcess<Pid extends number | 'self'>(pid: Pid): Look & { readonly pid: Pid } {
  const [facts, group] = [output(STATX_BYTES), output(CGROUP_BYTES)];
  const looked = call('statx', AT_FDCWD, `/proc/${pid}`, 0, STATX_WANTED, facts);
  const opened = call('openat', AT_FDCWD, `/proc/${pid}/cgroup`, O_RDONLY);
  const got = call('read', resultOf(opened), group, CGROUP_BYTES);
  return { pid, calls: [looked, opened, got, call('close', resultOf(opened))], facts, looked, group, got };
}

/** Offsets in `struct linux_dirent64`: inode and offset, 8 bytes each; the record's length; the type; the name with a NUL. */
const LENGTH_AT = 16;
const NAME_AT = 19;

/** The names in what getdents64 filled; a record that does not fit ends the list. */
export function namesIn(records: Buffer): readonly string[] {
  const names: string[] = [];
  let start = 0;
  while (start + NAME_AT < records.length) {
    const length = records.readUInt16LE(start + LENGTH_AT);
    const end = start + length;
    if (length <= NAME_AT || end > records.length) break;
    const name = records.subarray(start + NAME_AT, end);
    const stop = name.indexOf(0);
    names.push(name.toString('utf8', 0, stop < 0 ? name.length : stop));
    start = end;
  }
  return names;
}

/** Where images let somebody write, whom else than root as well. */
const OFTEN_WRITABLE = ['/', '/tmp', '/var/tmp', '/home', '/run'];
/** Directories of one neighbour; a hostile manifest may name any number. */
const NEIGHBOUR_DIRECTORIES = 16;

/** Directories of a neighbour as it sees them: where images let users write, where it works, and its own writable volumes. */
export function directoriesOf({ container: { spec, mounts } }: Pick<Neighbour, 'container'>): readonly string[] {
  const { workingDir } = spec;
  const writable = mounts.flatMap(({ readOnly, mountPath }) => (readOnly ? [] : [cleanPath(mountPath)]));
  const works = typeof workingDir === 'string' && workingDir.startsWith('/') ? [cleanPath(workingDir)] : [];
  return [...new Set([...OFTEN_WRITABLE, ...works, ...writable])].slice(0, NEIGHBOUR_DIRECTORIES);
}

/** A path of a neighbour as this container can name it. */
export function throughProcess({ pid }: Pick<Neighbour, 'pid'>, path: string): string {
  return path === '/' ? `/proc/${pid}/root` : `/proc/${pid}/root${path}`;
}

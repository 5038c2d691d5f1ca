/** Looks around in a container by means of the probe alone: identity, mount table, and which paths exist. */
import { posix } from 'node:path';
import { cleanPath } from '../workload/file-path.ts';
import { programsOf } from '../workload/program.ts';
import { listOf } from '../workload/value.ts';
import type { Attack, Hands } from './attack.ts';
import { writtenPath } from './basis.ts';
import { type MountPoint, parseMountInfo } from './mounts.ts';
import type { Report } from './probe/decode.ts';
import { type Call, call, type Output, output, resultOf } from './probe/program.ts';
import {
  AT_FDCWD,
  CAPABILITY_BYTES,
  CAPABILITY_HEADER,
  O_RDONLY,
  STATX_BYTES,
  STATX_WANTED,
  STDOUT,
} from './probe/syscalls.ts';
import { directoriesOf, type Fellow, neighboursSeen, ownFirstProcess, throughProcess } from './processes.ts';
import { filteredIn, telltales } from './seccomp.ts';
import { socketPaths } from './sockets.ts';
import { factsOf } from './statx.ts';
import { CONTROL_MOUNT, messagePath, type PathFacts, type Target, WORKING_DIRECTORY } from './target.ts';
import { WRITABLE_CANDIDATES } from './writability.ts';

/** The kernel hands out its table of mounts in pieces of at most one page. */
const PIECE_BYTES = 4096;
/** 256 KiB: some 700 mounts with long overlay options. */
const PIECES = 64;

/** What the attacks of the catalogue want to know of, besides what the container itself names. */
export const USUAL_DIRECTORIES: readonly string[] = [
  ...['/', '/etc', '/usr/bin', '/var/lib', '/root', '/home', '/tmp'],
  ...['/usr/lib', '/usr/local', '/opt', '/srv', '/lib', '/bin', '/sbin', '/usr', '/var', '/mnt', '/dev', '/proc/sys'],
];
export const USUAL_PROGRAMS: readonly string[] = [
  ...['/usr/bin/env', '/bin/ls', '/bin/cat', '/bin/busybox', '/bin/sh', '/bin/tar', '/usr/bin/tar', '/usr/bin/apt-get'],
];
const USUAL_FILES: readonly string[] = ['/etc/hosts'];

/** Where a program is looked for when the image sets no PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Identity = Pick<Target, 'uid' | 'gid' | 'capabilities' | 'mounts' | keyof Confinement>;
type Confinement = Pick<Target, 'userNamespace' | 'lsm' | 'noNewPrivileges' | 'filtered'>;
type Unseen = Omit<
  Target,
  keyof Identity | 'paths' | 'contents' | 'entrypoint' | 'scripts' | 'neighbours' | 'firstProcess'
>;

/**
 * What the attacks want to know of is looked at as well. `fellows`: the containers whose processes this one should see,
 * or why it should see none. Throws Failure `cannot-prove` when the probe cannot run here.
 */
export async function lookAround(
  known: Unseen,
  attacks: readonly Attack[],
  hands: Hands,
  fellows: readonly Fellow[] | string,
): Promise<Target> {
  const identity = { ...(await identify(hands, known)), ...(await confinement(hands)) };
  const neighbours = typeof fellows === 'string' ? fellows : await neighboursSeen(fellows, hands);
  const firstProcess = typeof fellows === 'string' ? 1 : await ownFirstProcess(hands);
  const candidates = entrypointCandidates(known);
  const { container, image } = known;
  const named = namedPrograms(known);
  const wanted = new Set([
    ...USUAL_DIRECTORIES,
    ...USUAL_PROGRAMS,
    ...USUAL_FILES,
    ...attacks.flatMap(({ looksAt = [], reads = [] }) => [...looksAt, ...reads]),
    ...candidates,
    ...candidates.map((path) => posix.dirname(path)),
    messagePath(container),
    WORKING_DIRECTORY,
    ...socketPaths(container),
    ...WRITABLE_CANDIDATES,
    ...named,
    ...[workingDirectory(known)].filter((path) => path !== undefined),
    ...container.mounts.map(({ mountPath }) => cleanPath(mountPath)),
    ...(image?.volumes ?? []),
    ...identity.mounts.map(({ path }) => path),
    ...(typeof neighbours === 'string' ? [] : neighbours).flatMap((neighbour) =>
      directoriesOf(neighbour).map((path) => throughProcess(neighbour, path)),
    ),
  ]);
  const paths = await lookAtPaths([...wanted].filter(isPath), hands);
  const isFile = (path: string) => paths.get(path)?.kind === 'file';
  const entrypoint = candidates.find(isFile);
  const scripts = named.filter((path) => path !== entrypoint && isFile(path));
  const wished = attacks.flatMap(({ reads = [] }) => reads).filter(isFile);
  const contents = await firstBytes([...new Set(wished)], hands);
  return { ...known, ...identity, neighbours, firstProcess, paths, contents, entrypoint, scripts };
}

/** The kernel takes no longer path, and cuts one at a NUL; manifests and images may say anything. */
const PATH_MAX = 4096;

function isPath(path: string): boolean {
  return path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) < PATH_MAX;
}

async function identify(
  hands: Hands,
  where: Pick<Target, 'outside'>,
): Promise<Pick<Identity, 'uid' | 'gid' | 'capabilities' | 'mounts'>> {
  const [uid, gid, sets] = [call('getuid'), call('getgid'), output(CAPABILITY_BYTES)];
  const table = tableOfMounts(where);
  const report = await hands.probe([uid, gid, call('capget', CAPABILITY_HEADER, sets), ...table.calls]);
  const bytes = report.bytes(sets);
  return {
    uid: Number(report.value(uid)),
    gid: Number(report.value(gid)),
    // Two records of effective, permitted and inheritable, 32 bits each.
    capabilities: BigInt(bytes.readUInt32LE(0)) | (BigInt(bytes.readUInt32LE(12)) << 32n),
    mounts: table.mounts(report),
  };
}

/** What is mounted now. Throws Failure `cannot-prove` when the probe cannot run. */
export async function mountsSeen(hands: Hands, where: Pick<Target, 'outside'>): Promise<readonly MountPoint[]> {
  const table = tableOfMounts(where);
  return table.mounts(await hands.probe(table.calls));
}

/** Nothing else may write to stdout in the same probe. */
function tableOfMounts(where: Pick<Target, 'outside'>) {
  const table = call('openat', AT_FDCWD, '/proc/self/mountinfo', O_RDONLY);
  const page = output(PIECE_BYTES);
  const copies = Array.from({ length: PIECES }, () => {
    const piece = call('read', resultOf(table), page, PIECE_BYTES);
    return [piece, call('write', STDOUT, page, resultOf(piece))];
  });
  const last = call('read', resultOf(table), page, 1);
  const mounts = (report: Report) => {
    if (report.value(last) !== 0n)
      throw new Error(`the table of mounts could not be read to its end: ${report.errno(table)}`);
    return withoutControl(parseMountInfo(report.written.toString('utf8')), where);
  };
  return { calls: [table, ...copies.flat(), last], mounts };
}

/**
 * Petrify's own scratch directory is none of the container's. Only a copy in a cluster has one; elsewhere, and where
 * something else is mounted on it, what has that name was brought by the manifest.
 */
function withoutControl(mounts: readonly MountPoint[], { outside }: Pick<Target, 'outside'>): readonly MountPoint[] {
  const others = mounts.filter(({ path }) => path !== CONTROL_MOUNT);
  const isOwn = outside?.live === false && others.length === mounts.length - 1;
  return isOwn ? others : mounts;
}

/** Enough for the head of a program, and for what /proc says of a process. */
const FIRST_BYTES = 4096;
/** Files whose first bytes are read by one probe. */
const READS_AT_ONCE = 12;

interface Reading {
  readonly calls: readonly Call[];
  readonly content: (report: Report) => Buffer | undefined;
}

/** undefined: it could not be read. */
function reading(path: string): Reading {
  const opened = call('openat', AT_FDCWD, path, O_RDONLY);
  const bytes: Output = output(FIRST_BYTES);
  const got = call('read', resultOf(opened), bytes, FIRST_BYTES);
  const content = (report: Report) =>
    report.errno(got) === null ? report.bytes(bytes).subarray(0, Number(report.value(got))) : undefined;
  return { calls: [opened, got, call('close', resultOf(opened))], content };
}

async function firstBytes(paths: readonly string[], hands: Hands): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (let start = 0; start < paths.length; start += READS_AT_ONCE) {
    const some = paths.slice(start, start + READS_AT_ONCE).map((path) => ({ path, ...reading(path) }));
    const report = await hands.probe(some.flatMap(({ calls }) => calls));
    for (const { path, content } of some) {
      const bytes = content(report);
      if (bytes !== undefined) contents.set(path, bytes);
    }
  }
  return contents;
}

/** The map of a user namespace that is the host's own: all 32-bit ids, each to itself. */
const HOST_IDS = /^\s*0\s+0\s+4294967295\s*$/;
/** What a security module calls a process that it does not confine. */
const UNCONFINED = /^(?:unconfined|kernel)?$/;

async function confinement(hands: Hands): Promise<Confinement> {
  const [status, ids, label] = ['status', 'uid_map', 'attr/current'].map((name) => reading(`/proc/self/${name}`));
  const asked = telltales();
  const report = await hands.probe([...[status!, ids!, label!].flatMap(({ calls }) => calls), ...asked.values()]);
  const said = (one: Reading) => one.content(report)?.toString('latin1') ?? '';
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(said(status!))?.[1];
  const confinedAs = said(label!).replace(/[\0\s]+$/, '');
  return {
    userNamespace: !HOST_IDS.test(said(ids!)),
    lsm: UNCONFINED.test(confinedAs) ? undefined : confinedAs,
    noNewPrivileges: field('NoNewPrivs') === '1',
    filtered: field('Seccomp') === '2' ? filteredIn(report, asked) : new Set(),
  };
}

/** Bounds of one probe's paths: each takes 256 bytes of its report and its own length of its file. */
const LOOKS_AT_ONCE = 200;
const PATH_BYTES_AT_ONCE = 32 * 1024;

/** What is there of these paths; links are followed. */
export async function lookAtPaths(paths: readonly string[], hands: Hands): Promise<ReadonlyMap<string, PathFacts>> {
  const found = new Map<string, PathFacts>();
  for (const some of inPieces(paths)) {
    const looks = some.map((path) => {
      const facts = output(STATX_BYTES);
      return { path, facts, looked: call('statx', AT_FDCWD, path, 0, STATX_WANTED, facts) };
    });
    const report = await hands.probe(looks.map(({ looked }) => looked));
    for (const { path, facts, looked } of looks) {
      if (report.errno(looked) === null) found.set(path, factsOf(report.bytes(facts)));
    }
  }
  return found;
}

function inPieces(paths: readonly string[]): string[][] {
  const pieces: string[][] = [];
  let bytes = PATH_BYTES_AT_ONCE;
  for (const path of paths) {
    bytes += Buffer.byteLength(path);
    const last = pieces.at(-1);
    if (last !== undefined && last.length < LOOKS_AT_ONCE && bytes < PATH_BYTES_AT_ONCE) last.push(path);
    else {
      pieces.push([path]);
      bytes = Buffer.byteLength(path);
    }
  }
  return pieces;
}

/** Where the application lives: what the manifest says, else the image. */
export function workingDirectory({ container, image }: Pick<Target, 'container' | 'image'>): string | undefined {
  const { workingDir } = container.spec;
  const path = typeof workingDir === 'string' && workingDir !== '' ? workingDir : image?.workingDir;
  return path === undefined || path === '' ? undefined : path;
}

/** What the container runs: what the manifest says, else the image; a `command` leaves out the image's `cmd` as well. */
function wordsOf({ container, image }: Pick<Target, 'container' | 'image'>): readonly unknown[] {
  const [command, args] = [listOf(container.spec.command), listOf(container.spec.args)];
  if (command.length > 0) return [...command, ...args];
  return [...(image?.entrypoint ?? []), ...(args.length > 0 ? args : (image?.cmd ?? []))];
}

/** A hostile manifest may name any number of them. */
const NAMED_PROGRAMS = 20;

/** The programs and scripts that those words name, by clean paths; they need not exist. */
function namedPrograms({ container, image }: Pick<Target, 'container' | 'image'>): readonly string[] {
  const workingDir = workingDirectory({ container, image }) ?? '/';
  const spec = { ...container.spec, command: wordsOf({ container, image }), args: [], workingDir };
  return programsOf({ ...container, spec }).slice(0, NAMED_PROGRAMS);
}

/** The files that the container's first word may mean, as `execvp` would look for it. */
function entrypointCandidates({ container, image }: Pick<Target, 'container' | 'image'>): readonly string[] {
  const [first] = wordsOf({ container, image });
  if (typeof first !== 'string' || first === '') return [];
  if (first.includes('/')) return [posix.resolve(workingDirectory({ container, image }) ?? '/', first)];
  const path = searchPath({ container, image });
  return path.split(':').map((directory) => posix.join('/', directory, first));
}

/** What the manifest says, else the image. */
function searchPath({ container, image }: Pick<Target, 'container' | 'image'>): string {
  const ofImage = image?.env.find((line) => line.startsWith('PATH='))?.slice('PATH='.length);
  return writtenPath(container.spec) ?? ofImage ?? DEFAULT_PATH;
}

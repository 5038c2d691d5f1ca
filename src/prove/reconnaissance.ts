/** Looks around in a container by means of the probe alone: identity, mount table, and which paths exist. */
import { posix } from 'node:path';
import { programsOf } from '../workload/program.ts';
import { listOf } from '../workload/value.ts';
import type { Hands } from './attack.ts';
import { parseMountInfo } from './mounts.ts';
import { call, output, resultOf } from './probe/program.ts';
import {
  AT_FDCWD,
  CAPABILITY_BYTES,
  CAPABILITY_HEADER,
  O_RDONLY,
  STATX_BYTES,
  STATX_WANTED,
  STDOUT,
} from './probe/syscalls.ts';
import { factsOf } from './statx.ts';
import { messagePath, type PathFacts, type Target } from './target.ts';

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

type Unseen = Omit<Target, 'uid' | 'gid' | 'capabilities' | 'mounts' | 'paths' | 'entrypoint' | 'scripts'>;

/** Throws Failure `cannot-prove` when the probe cannot run in this container. */
export async function lookAround(known: Unseen, hands: Hands): Promise<Target> {
  const identity = await identify(hands);
  const candidates = entrypointCandidates(known);
  const { container, image } = known;
  const named = namedPrograms(known);
  const wanted = new Set([
    ...USUAL_DIRECTORIES,
    ...USUAL_PROGRAMS,
    ...USUAL_FILES,
    ...candidates,
    ...candidates.map((path) => posix.dirname(path)),
    messagePath(container),
    ...named,
    ...[workingDirectory(known)].filter((path) => path !== undefined),
    ...container.mounts.map(({ mountPath }) => mountPath),
    ...(image?.volumes ?? []),
    ...identity.mounts.map(({ path }) => path),
  ]);
  const paths = await lookAt([...wanted].filter(isPath), hands);
  const isFile = (path: string) => paths.get(path)?.kind === 'file';
  const entrypoint = candidates.find(isFile);
  const scripts = named.filter((path) => path !== entrypoint && isFile(path));
  return { ...known, ...identity, paths, entrypoint, scripts };
}

/** The kernel takes no longer path, and cuts one at a NUL; manifests and images may say anything. */
const PATH_MAX = 4096;

function isPath(path: string): boolean {
  return path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) < PATH_MAX;
}

async function identify(hands: Hands): Promise<Pick<Target, 'uid' | 'gid' | 'capabilities' | 'mounts'>> {
  const [uid, gid, sets] = [call('getuid'), call('getgid'), output(CAPABILITY_BYTES)];
  const table = call('openat', AT_FDCWD, '/proc/self/mountinfo', O_RDONLY);
  const page = output(PIECE_BYTES);
  const copies = Array.from({ length: PIECES }, () => {
    const piece = call('read', resultOf(table), page, PIECE_BYTES);
    return [piece, call('write', STDOUT, page, resultOf(piece))];
  });
  const last = call('read', resultOf(table), page, 1);
  const report = await hands.probe([uid, gid, call('capget', CAPABILITY_HEADER, sets), table, ...copies.flat(), last]);
  if (report.value(last) !== 0n)
    throw new Error(`the table of mounts could not be read to its end: ${report.errno(table)}`);
  const bytes = report.bytes(sets);
  return {
    uid: Number(report.value(uid)),
    gid: Number(report.value(gid)),
    // Two records of effective, permitted and inheritable, 32 bits each.
    capabilities: BigInt(bytes.readUInt32LE(0)) | (BigInt(bytes.readUInt32LE(12)) << 32n),
    mounts: parseMountInfo(report.written.toString('utf8')),
  };
}

/** Bounds of one probe's paths: each takes 256 bytes of its report and its own length of its file. */
const LOOKS_AT_ONCE = 200;
const PATH_BYTES_AT_ONCE = 32 * 1024;

async function lookAt(paths: readonly string[], hands: Hands): Promise<ReadonlyMap<string, PathFacts>> {
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
  const path = image?.env.find((line) => line.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  return path.split(':').map((directory) => posix.join('/', directory, first));
}

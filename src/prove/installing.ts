/** Installs a package of our own by a package manager of the image, looks whether it is there, and takes it away again. */
import { posix } from 'node:path';
import type { ActedTry, Attack, Hands, Observed, Plan } from './attack.ts';
import { newName } from './dropping.ts';
import type { Report } from './probe/decode.ts';
import { isRefusal } from './probe/errno.ts';
import { type Call, call, output, resultOf } from './probe/program.ts';
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  STATX_BYTES,
  STATX_WANTED,
} from './probe/syscalls.ts';
import { refusalIn } from './refusal.ts';
import { scratchDirectory } from './scratch.ts';
import type { Target } from './target.ts';

/** One package and no network: seconds even on a slow machine. */
const TIMEOUT_MS = 60_000;
/** Gives a command its variables; the engine's way to run one has none. */
const ENV = '/usr/bin/env';
/** Of what a program said. */
const TOLD_CHARACTERS = 300;

/** A package manager, as data. */
export interface Installer {
  /** What it is called in sentences; the place of its try, where an attack has several. */
  readonly name: string;
  /** Where it may lie; the first that is there is used. */
  readonly programs: readonly string[];
  /** What it is when it works; absent: `succeeded`. */
  readonly gain?: ActedTry['gain'];
  /** The program of our package, wherever this manager may put it. */
  readonly installed: readonly string[];
  /**
   * What removing the package leaves behind, files before their directories; taken away unless it was there before.
   * A path that does not begin with `/` lies below the manager's `home`.
   */
  readonly leaves: readonly string[];
  /** Asks the manager in which directory it keeps packages, where nobody else knows. */
  home?(use: Use): readonly string[];
  /** Command lines, the action after the program, to be run one after the other; the first that fails ends it. */
  install(use: Use): readonly (readonly string[])[];
  remove(use: Use): readonly (readonly string[])[];
  variables?(use: Use): Readonly<Record<string, string>>;
}

interface Use {
  /** Which of the programs is there. */
  readonly program: string;
  /** A directory of this try's own, for caches and temporary files: it would not do to fail for want of one. */
  readonly scratch: string;
}

/** What an attack by these installers has to look at beforehand. */
export function looksAt(...installers: readonly Partial<Installer>[]): readonly string[] {
  const paths = ({ programs = [], installed = [], leaves = [] }: Partial<Installer>) => [
    ...programs,
    ...installed,
    ...leaves,
  ];
  return [ENV, ...installers.flatMap(paths)];
}

/** One try for each of the installers that the image has. */
export function planInstallation(target: Target, ...installers: readonly Installer[]): Plan {
  const plans = installers.map((installer) =>
    planOne(target, installer, installers.length === 1 ? '' : installer.name),
  );
  return { tries: plans.flatMap(({ tries }) => tries), skipped: plans.flatMap(({ skipped }) => skipped) };
}

function planOne(target: Target, installer: Installer, place: string): Plan {
  const skip = (reason: string): Plan => ({ tries: [], skipped: [{ place, reason }] });
  const isFile = (path: string) => target.paths.get(path)?.kind === 'file';
  const program = installer.programs.find(isFile);
  if (program === undefined) return skip(`the image has no ${installer.name}`);
  if (!isFile(ENV)) return skip(`the image has no ${ENV}, by which ${installer.name} gets a place for temporary files`);
  const there = installer.installed.find((path) => target.paths.has(path));
  if (there !== undefined) return skip(`the image has a file ${there} of its own`);
  return { tries: [{ place, ...installation(target, installer, program) }], skipped: [] };
}

function installation(target: Target, installer: Installer, program: string): Omit<ActedTry, 'place'> {
  const scratch = scratchOf(target, installer.name);
  const directories = [...new Set(installer.installed.map((path) => posix.dirname(path)))];
  const besides = directories.map((path) => newName(target, path));
  const leaves = installer.leaves.filter((path) => path.startsWith('/') && !target.paths.has(path));
  return {
    gain: installer.gain ?? 'succeeded',
    makes: [...installer.installed, ...leaves, ...besides, scratch],
    async act(hands) {
      const manager = commandsOf(hands, installer, { program, scratch });
      const left = await prepare(hands, scratch, await manager.leaves());
      const failed = await manager.install();
      const look = lookFor(installer.installed, besides);
      const report = await hands.probe(look.calls);
      const there = look.there(report);
      // Also what is not there: half of a package may lie in a volume. What broke off in the middle may not be removed by it.
      await manager.remove();
      await tidy(hands, scratch, [...besides, ...(failed === undefined ? [] : installer.installed), ...left]);
      if (failed === undefined && there !== undefined)
        return { result: 'won', errno: null, detail: `${posix.basename(program)} installed ${there}` };
      return judgeFailure(failed, there, look.refusal(report));
    },
  };
}

/** In a volume where there is one, as an attacker would; never on the host. */
function scratchOf(target: Target, name: string): string {
  return newName(target, scratchDirectory(target) ?? '/tmp', `-${name}`);
}

/** What a manager is told, in an environment of our own. */
function commandsOf(hands: Hands, installer: Installer, use: Use) {
  const variables = { LC_ALL: 'C', HOME: use.scratch, TMPDIR: use.scratch, ...installer.variables?.(use) };
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const run = (command: readonly string[]) => hands.exec([ENV, ...given, ...command], { timeoutMs: TIMEOUT_MS });
  /** What the first command that failed said; undefined: all went well. */
  const runAll = async (commands: readonly (readonly string[])[]) => {
    for (const command of commands) {
      const { exitCode, stdout, stderr } = await run(command);
      if (exitCode === 0) continue;
      const said = reasonIn(`${stderr}\n${stdout}`);
      return `${posix.basename(use.program)} ${command[1]} ended with exit code ${exitCode}: ${said}`;
    }
    return undefined;
  };
  return {
    install: () => runAll(installer.install(use)),
    remove: () => runAll(installer.remove(use)),
    async leaves() {
      const answer = installer.home === undefined ? undefined : await run(installer.home(use));
      const home = answer?.stdout.toString('utf8').trim() ?? '';
      const known = DIRECTORY.test(home);
      return installer.leaves.flatMap((path) => (path.startsWith('/') ? path : known ? `${home}/${path}` : []));
    },
  };
}

/** A directory that a program of the image names may be anything. */
const DIRECTORY = /^\/[\w./+-]{1,300}$/;

/** The line that names a refusal; else the first that speaks of an error, and the one behind it with the reason; else the last. */
function reasonIn(said: string): string {
  const lines = said.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  const refused = lines.find((line) => refusalIn(line) !== null);
  const error = lines.findIndex((line) => ERROR.test(line));
  const told = error < 0 ? lines.slice(-1) : lines.slice(error, error + 2);
  return (refused ?? told.join(' ')).slice(0, TOLD_CHARACTERS);
}

const ERROR = /^(?:E:|(?:npm )?ERR)/i;

/** Makes the place for temporary files; gives what of `leaves` is not there yet. */
async function prepare(hands: Hands, scratch: string, leaves: readonly string[]): Promise<readonly string[]> {
  const looks = leaves.map((path) => ({ path, looked: lookAt(path) }));
  const report = await hands.probe([call('mkdirat', AT_FDCWD, scratch, 0o700), ...looks.map(({ looked }) => looked)]);
  return looks.filter(({ looked }) => report.errno(looked) === 'ENOENT').map(({ path }) => path);
}

/** Takes these files and empty directories away, and what managers have cached. */
async function tidy(hands: Hands, scratch: string, paths: readonly string[]): Promise<void> {
  const emptied = call('unlinkat', AT_FDCWD, scratch, AT_REMOVEDIR);
  const removed = paths.flatMap((path) => [0, AT_REMOVEDIR].map((flag) => call('unlinkat', AT_FDCWD, path, flag)));
  const report = await hands.probe([...removed, emptied]);
  if (report.errno(emptied) === 'ENOTEMPTY') await hands.exec([ENV, 'rm', '-rf', scratch], { timeoutMs: TIMEOUT_MS });
}

const lookAt = (path: string) => call('statx', AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_WANTED, output(STATX_BYTES));

/** Looks for our program, and asks the kernel whether a file may be made beside it; that file has to be removed. */
function lookFor(installed: readonly string[], besides: readonly string[]) {
  const seen = installed.map((path) => ({ path, looked: lookAt(path) }));
  // It also keeps the directory: pip removes one with its last file.
  const made = besides.map((path) => call('openat', AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0o644));
  const closed = made.map((each) => call('close', resultOf(each)));
  const calls: readonly Call[] = [...seen.map(({ looked }) => looked), ...made, ...closed];
  const there = (report: Report) => seen.find(({ looked }) => report.errno(looked) === null)?.path;
  /** With which errno the kernel refuses a file in every such directory that there is; null: not in every one. */
  const refusal = (report: Report) => {
    const errnos = made.map((each) => report.errno(each)).filter((errno) => errno !== 'ENOENT');
    return errnos.every((errno) => errno !== null && isRefusal(errno)) ? (errnos[0] ?? null) : null;
  };
  return { calls, there, refusal };
}

/** By the words of the program; where they do not tell, by what the kernel says of a file beside ours. */
function judgeFailure(failed: string | undefined, there: string | undefined, kernels: string | null): Observed {
  if (failed === undefined)
    return {
      result: 'undecided',
      errno: kernels,
      detail: 'it said that the package was installed, but its file is not there',
    };
  const told = refusalIn(failed);
  if (told !== null) return { result: 'refused', errno: told, detail: failed };
  if (kernels === null || there !== undefined) return { result: 'undecided', errno: null, detail: failed };
  return {
    result: 'refused',
    errno: kernels,
    detail: `${failed}; creating a file where it would be is refused with ${kernels}`,
  };
}

/** An attack that installs a package where the image keeps them, by each of these managers that it has. */
export function installAttack(
  about: Pick<Attack, 'id' | 'title' | 'why'>,
  ...installers: readonly [Installer, ...Installer[]]
): Attack {
  return {
    ...about,
    family: 'software',
    technique: 'T1525',
    harmless: false,
    stoppedBy: ['read-only-root-filesystem'],
    looksAt: looksAt(...installers),
    plan: (target) => planInstallation(target, ...installers),
  };
}

/** Of a manager of the whole system. */
export const BRINGS_ANYTHING =
  'A package manager brings compilers, shells and scanners into a container that was shipped without them.';

/** Installs a package of our own by a package manager of the image, looks whether it is there, and takes it away again. */
import { posix } from 'node:path';
import type { ActedTry, Hands, Observed, Plan } from './attack.ts';
import type { Report } from './probe/decode.ts';
import { isRefusal } from './probe/errno.ts';
import { type Call, call, output, resultOf } from './probe/program.ts';
import { AT_FDCWD, AT_REMOVEDIR, O_CREAT, O_EXCL, O_WRONLY, STATX_BYTES, STATX_WANTED } from './probe/syscalls.ts';
import { refusalIn } from './refusal.ts';
import { type Target, writablePlaces } from './target.ts';

/** One package and no network: seconds even on a slow machine. */
const TIMEOUT_MS = 60_000;
/** Gives a command its variables; the engine's way to run one has none. */
const ENV = '/usr/bin/env';
/** Of what a program said. */
const TOLD_CHARACTERS = 300;

/** A package manager, as data. */
export interface Installer {
  /** What it is called in sentences. */
  readonly name: string;
  /** Where it may lie; the first that is there is used. */
  readonly programs: readonly string[];
  /** The program of our package, wherever this manager may put it. */
  readonly installed: readonly string[];
  /** What removing the package leaves behind, files before their directories; taken away unless it was there before. */
  readonly leaves: readonly string[];
  /** Command lines, to be run one after the other; the first that fails ends it. */
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

/** What an attack by this installer has to look at beforehand. */
export function looksAt({ programs, installed, leaves }: Installer): readonly string[] {
  return [ENV, ...programs, ...installed, ...leaves];
}

export function planInstallation(target: Target, installer: Installer): Plan {
  const skip = (reason: string): Plan => ({ tries: [], skipped: [{ place: '', reason }] });
  const isFile = (path: string) => target.paths.get(path)?.kind === 'file';
  const program = installer.programs.find(isFile);
  if (program === undefined) return skip(`the image has no ${installer.name}`);
  if (!isFile(ENV)) return skip(`the image has no ${ENV}, by which ${installer.name} gets a place for temporary files`);
  const there = installer.installed.find((path) => target.paths.has(path));
  if (there !== undefined) return skip(`the image has a file ${there} of its own`);
  return { tries: [installation(target, installer, program)], skipped: [] };
}

function installation(target: Target, installer: Installer, program: string): ActedTry {
  const use = { program, scratch: scratchOf(target, installer.name) };
  const leaves = installer.leaves.filter((path) => !target.paths.has(path));
  const besides = [...new Set(installer.installed.map((path) => `${posix.dirname(path)}/petrify-${target.token}`))];
  return {
    place: '',
    gain: 'succeeded',
    makes: [...installer.installed, ...leaves, ...besides, use.scratch],
    async act(hands) {
      await hands.probe([call('mkdirat', AT_FDCWD, use.scratch, 0o700)]);
      const failed = await runAll(hands, installer, use, installer.install(use));
      const look = lookFor(installer.installed, besides);
      const report = await hands.probe(look.calls);
      const there = look.there(report);
      if (there !== undefined) await runAll(hands, installer, use, installer.remove(use));
      await hands.probe([
        ...besides.map((path) => call('unlinkat', AT_FDCWD, path, 0)),
        // An installation that broke off in the middle is none that could be removed.
        ...(failed === undefined ? [] : installer.installed).map((path) => call('unlinkat', AT_FDCWD, path, 0)),
        ...leaves.flatMap((path) => [0, AT_REMOVEDIR].map((flag) => call('unlinkat', AT_FDCWD, path, flag))),
        call('unlinkat', AT_FDCWD, use.scratch, AT_REMOVEDIR),
      ]);
      if (failed === undefined && there !== undefined)
        return { result: 'won', errno: null, detail: `${posix.basename(program)} installed ${there}` };
      return judgeFailure(failed, there, look.refusal(report));
    },
  };
}

/** In a volume where there is one, as an attacker would; never on the host. */
function scratchOf(target: Target, name: string): string {
  const place = writablePlaces(target).find(({ facts, gain }) => facts.kind === 'directory' && gain === 'residual');
  return `${place?.mount.path ?? '/tmp'}/petrify-${target.token}-${name}`;
}

/** What the first command that failed said; undefined: all went well. */
async function runAll(
  hands: Hands,
  { variables }: Installer,
  use: Use,
  commands: readonly (readonly string[])[],
): Promise<string | undefined> {
  const all = { LC_ALL: 'C', HOME: use.scratch, TMPDIR: use.scratch, ...variables?.(use) };
  const given = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  for (const command of commands) {
    const { exitCode, stdout, stderr } = await hands.exec([ENV, ...given, ...command], { timeoutMs: TIMEOUT_MS });
    if (exitCode === 0) continue;
    const lines = `${stderr}\n${stdout}`.split('\n').filter((each) => each.trim() !== '');
    const line = lines.find((each) => refusalIn(each) !== null) ?? lines.at(0) ?? '';
    const words = command.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
    return `${posix.basename(command[0]!)} ${words[0] ?? ''} ended with exit code ${exitCode}: ${line.trim().slice(0, TOLD_CHARACTERS)}`;
  }
  return undefined;
}

/** Looks for our program, and asks the kernel whether a file may be made beside it; that file has to be removed. */
function lookFor(installed: readonly string[], besides: readonly string[]) {
  const seen = installed.map((path) => ({
    path,
    looked: call('statx', AT_FDCWD, path, 0, STATX_WANTED, output(STATX_BYTES)),
  }));
  // It also keeps the directory: pip removes one with its last file.
  const made = besides.map((path) => call('openat', AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0o644));
  const closed = made.map((each) => call('close', resultOf(each)));
  const calls: readonly Call[] = [...seen.map(({ looked }) => looked), ...made, ...closed];
  const there = (report: Report) => seen.find(({ looked }) => report.errno(looked) === null)?.path;
  /** With which errno the kernel refuses a file in every such directory that there is; null: not in every one. */
  const refusal = (report: Report) => {
    const errnos = made.map((each) => report.errno(each)).filter((errno) => errno !== 'ENOENT');
    const [first] = errnos;
    return errnos.every((errno) => errno !== null && isRefusal(errno)) ? (first ?? null) : null;
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
  return { result: 'refused', errno: kernels, detail: `${failed}; creating a file there is refused with ${kernels}` };
}

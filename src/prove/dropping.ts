/** The pieces that attacks share: a new file, a file that runs, and how it is told that it ran. */
import type { Execution, Plan, ProbeTry } from './attack.ts';
import { assemble } from './probe/assemble.ts';
import { type Argument, call, output, resultOf, spawn } from './probe/program.ts';
import { type Architecture, AT_FDCWD, O_APPEND, O_CREAT, O_EXCL, O_WRONLY } from './probe/syscalls.ts';
import { isDirectoryOnRoot, type Target, type WritablePlace } from './target.ts';

/** What a dropped file exits with: a number that nothing else would exit with by accident. */
export const PAYLOAD_EXIT_CODE = 42;

const EXECUTABLE = 0o755;
const PLAIN = 0o644;

/** The smallest program: it exits. */
export function payload(architecture: Architecture): Buffer {
  return assemble([], architecture, PAYLOAD_EXIT_CODE);
}

/** A name in a directory that only this run uses. */
export function newName(target: Target, directory: string, suffix = ''): string {
  return `${directory === '/' ? '' : directory}/petrify-${target.token}${suffix}`;
}

const S_IWUSR = 0o200;

/**
 * A directory of the root file system in which its owner may write: an image may take that from `/` itself, and whoever
 * has no capability to overrule it then learns nothing of the mount.
 */
export function ownersDirectory(target: Target): string {
  const mayWrite = (path: string) => (target.paths.get(path)!.mode & S_IWUSR) !== 0;
  return ['/', '/etc', '/usr', '/var'].find((path) => isDirectoryOnRoot(target, path) && mayWrite(path)) ?? '/';
}

/** Creates a new, empty file in a directory and removes it. O_EXCL: nothing that exists is ever opened. */
export function createFile(target: Target, directory: string, suffix = ''): ProbeTry {
  const name = newName(target, directory, suffix);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, PLAIN);
  const program = [created, call('close', resultOf(created)), call('unlinkat', AT_FDCWD, name, 0)];
  return { place: directory, gain: 'succeeded', program, decisive: [created] };
}

/** Creates a file that can be executed in a directory, executes it, and removes it. */
export function dropAndRun(target: Target, directory: string, gain: ProbeTry['gain']): ProbeTry {
  const name = newName(target, directory);
  const content = payload(target.architecture);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, EXECUTABLE);
  const wrote = call('write', resultOf(created), content, content.length);
  const run = execution(PAYLOAD_EXIT_CODE, name, [name], []);
  const program = [created, wrote, call('close', resultOf(created)), ...run.calls, call('unlinkat', AT_FDCWD, name, 0)];
  return {
    place: directory,
    gain,
    program,
    decisive: [created, wrote],
    execution: { ...run.execution, required: false },
  };
}

/** Opening for appending decides; a file with content stays as it is, an empty one is emptied again afterwards. */
function writeFile(target: Target, { mount, facts, gain }: WritablePlace): ProbeTry {
  const opened = call('openat', AT_FDCWD, mount.path, O_WRONLY | O_APPEND);
  const closed = call('close', resultOf(opened));
  if (facts.size > 0) return { place: mount.path, gain, program: [opened, closed], decisive: [opened] };
  const content = payload(target.architecture);
  const wrote = call('write', resultOf(opened), content, content.length);
  const marked = call('fchmod', resultOf(opened), 0o777);
  const run = execution(PAYLOAD_EXIT_CODE, mount.path, [mount.path], []);
  const again = call('openat', AT_FDCWD, mount.path, O_WRONLY | O_APPEND);
  const tidy = [
    call('ftruncate', resultOf(again), 0),
    call('fchmod', resultOf(again), facts.mode),
    call('close', resultOf(again)),
  ];
  return {
    place: mount.path,
    gain,
    program: [opened, wrote, marked, closed, ...run.calls, again, ...tidy],
    decisive: [opened, wrote],
    execution: { ...run.execution, required: false },
  };
}

/** A try for each place that is a directory or a regular file. */
export function writeIntoPlaces(target: Target, places: readonly WritablePlace[]): Plan {
  const special = places.filter(({ facts }) => facts.kind !== 'directory' && facts.kind !== 'file');
  return {
    tries: places.flatMap((place) => {
      if (place.facts.kind === 'directory') return [dropAndRun(target, place.mount.path, place.gain)];
      return place.facts.kind === 'file' ? [writeFile(target, place)] : [];
    }),
    // Opening a device can have effects by itself: a watchdog reboots the host.
    skipped: special.map(({ mount }) => ({ place: mount.path, reason: 'neither a directory nor a regular file' })),
  };
}

/** `execve` with these arguments in a child, and waiting for it. */
export function execution(exitCode: number, ...args: readonly Argument[]) {
  return executionOf(call('execve', ...args), exitCode);
}

export function executionOf(executed: Execution['executed'], exitCode: number) {
  const status = output(8);
  const child = spawn(executed);
  const waited = call('wait4', resultOf(child), status, 0, 0);
  return { calls: [child, waited], execution: { executed, waited, status, exitCode } };
}

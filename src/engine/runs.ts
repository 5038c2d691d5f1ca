/** Runs: everything that one call of Petrify starts carries the run's id, from which its maker can be found again. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Host directories of a run: `petrify-RUN` below `directoriesAt()`. */
export const DIRECTORY_PREFIX = 'petrify-';

/** Kernel ticks a second in /proc; fixed at 100 for every Linux user space. */
const TICKS_PER_SECOND = 100;

/** Clock steps and rounding between a process's start in /proc and the run's own time. */
const CLOCK_SLACK_MS = 2_000;

export interface Run {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly pid: number;
  /** Machine and process namespace: a pid means something only there. */
  readonly machine: string;
}

/** `START.PID.MACHINE.RANDOM`: valid as a label's value and inside names. */
export function newRun(now: number = Date.now()): string {
  return `${now.toString(36)}.${process.pid}.${machine()}.${randomBytes(4).toString('hex')}`;
}

/** Takes a run's id apart; undefined for a label that is none. */
export function parseRun(id: string): Run | undefined {
  const match = /^([0-9a-z]{6,10})\.(\d{1,10})\.([0-9a-f]{8})\.[0-9a-f]{8}$/.exec(id);
  if (!match) return undefined;
  return { id, startedAt: Number.parseInt(match[1]!, 36), pid: Number(match[2]), machine: match[3]! };
}

/** Whether the process that made this run still lives; undefined where that cannot be seen from here. */
export function isAlive(run: Run): boolean | undefined {
  if (run.machine !== machine()) return undefined;
  try {
    process.kill(run.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = processStart(run.pid);
  // A process that started after the run has only inherited the number.
  return started === undefined || started <= run.startedAt + CLOCK_SLACK_MS;
}

/** Where host directories of runs go: on disk and executable, as the kubelet's are; `/tmp` is a tmpfs on many hosts. */
export function directoriesAt(): string {
  if (process.env.TMPDIR) return process.env.TMPDIR;
  return process.platform === 'linux' && existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

export function directoryOf(run: string): string {
  return join(directoriesAt(), DIRECTORY_PREFIX + run);
}

let known: string | undefined;

function machine(): string {
  known ??= createHash('sha256')
    .update([hostname(), read('/proc/sys/kernel/random/boot_id'), link('/proc/self/ns/pid')].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return known;
}

function processStart(pid: number): number | undefined {
  const boot = /^btime (\d+)$/m.exec(read('/proc/stat'))?.[1];
  // The second field is the name in brackets and may itself hold spaces and brackets.
  const ticks = /\) (.*)$/s.exec(read(`/proc/${pid}/stat`))?.[1]?.split(' ')[19];
  if (boot === undefined || ticks === undefined) return undefined;
  return Number(boot) * 1000 + (Number(ticks) / TICKS_PER_SECOND) * 1000;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
